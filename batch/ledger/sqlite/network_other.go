//go:build !linux

package sqlite

// network is known on Linux only.
func network(string) string { return "" }
