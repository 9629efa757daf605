// Package cli is the command line: one command per file, exit codes, wiring.
package cli

// Main runs the command line of this process and gives its exit code.
func Main() int { return 0 }
