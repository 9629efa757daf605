package ledger

import (
	"context"
	"time"
)

// Server is what the database server of a ledger is like, as far as the role may see it.
type Server struct {
	Version string // as it says itself, such as 15.8
	Role    string
	Super   bool // the role is a superuser

	// Missing are the rights that the role lacks, as GRANT statements that give them.
	Missing []string

	Encrypted bool   // the connection is
	Protocol  string // of the encryption, such as TLS 1.3
	Verified  bool   // and the server's certificate belongs to the host that was asked for
	Local     bool   // the connection does not leave this machine

	Durable     bool   // commits and pages are written to the disk (fsync, full_page_writes)
	Commit      string // synchronous_commit of the ledger's sessions
	Synchronous string // synchronous_standby_names; empty if no commit waits for a standby
	Standbys    int    // that are connected

	Ahead     time.Duration // the server's clock, of this machine's
	RoundTrip time.Duration // the median of some queries
	Free      int           // connections that are left for ordinary roles
}

// Inspector is a ledger in a database server.
type Inspector interface {
	// Inspect asks the server about itself. It writes nothing.
	Inspect(ctx context.Context) (Server, error)
}
