package ledger

import (
	"context"
	"time"
)

// Server describes the database server of a ledger, as far as the role may see it.
type Server struct {
	Version string // as reported by the server, such as 15.8
	Role    string
	Super   bool // the role is a superuser

	// Missing are the rights that the role lacks, as GRANT statements.
	Missing []string

	Encrypted bool   // the connection is encrypted
	Protocol  string // of the encryption, such as TLS 1.3
	Verified  bool   // the server's certificate was verified for the requested host
	Local     bool   // the connection does not leave this machine

	Durable     bool   // commits and pages are written to the disk (fsync, full_page_writes)
	Commit      string // synchronous_commit of the ledger's sessions
	Synchronous string // synchronous_standby_names; empty if no commit waits for a standby
	Standbys    int    // connected standbys

	Ahead     time.Duration // how far the server's clock is ahead of this machine's
	RoundTrip time.Duration // the median of some queries
	Free      int           // connections left for ordinary roles
}

// Inspector is a ledger in a database server.
type Inspector interface {
	// Inspect asks the server about itself. It writes nothing.
	Inspect(ctx context.Context) (Server, error)
}
