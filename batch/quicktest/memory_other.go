//go:build !linux

package quicktest

// memory returns "": only Linux is known to have a folder in memory.
func memory() string { return "" }
