//go:build !(linux || windows)

package sqlite

// network is known on Linux and Windows only.
func network(string) string { return "" }
