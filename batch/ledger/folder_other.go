//go:build !unix

package ledger

// syncFolder does nothing: Windows keeps names durable by itself.
func syncFolder(string) error { return nil }
