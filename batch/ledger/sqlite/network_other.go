//go:build !(linux || windows)

package sqlite

// network is known only on Linux and Windows.
func network(string) string { return "" }
