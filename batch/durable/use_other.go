//go:build !windows

package durable

// InUse is known on Windows only: elsewhere a file can be replaced while it is open.
func InUse(string) bool { return false }

// IsInUse is known on Windows only.
func IsInUse(error) bool { return false }

// Absent is known on Windows only.
func Absent(string) bool { return false }

// MappedDrive is known on Windows only.
func MappedDrive(string) string { return "" }
