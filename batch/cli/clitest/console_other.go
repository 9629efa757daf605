//go:build !windows

package clitest

// consoleEvent is of Windows.
func consoleEvent() {}
