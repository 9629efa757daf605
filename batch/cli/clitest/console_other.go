//go:build !windows

package clitest

// consoleEvent exists on Windows only.
func consoleEvent() {}
