package ledger

import (
	"context"

	"github.com/loabatch/loabatch/batch"
)

// known is what the writer remembers from one commit to the next instead of reading it
// again. It may be trusted exactly as long as no other connection commits, be it one of
// this process or of another: then SQLite's data_version changes, which is looked at
// in every transaction before anything is written, and all is forgotten. So a run that
// another process takes over finds its fence with its next write.
type known struct {
	version int64             // SQLite's data_version
	fenced  map[int64]error   // why a run has lost its locks; nil when it holds them
	begun   map[circuit]state // of circuits with an application that is begun and not finished
}

// circuit names a circuit within the ledger.
type circuit struct {
	scope string
	key   batch.Key
}

// look forgets what others may have changed. It is called within a transaction, which
// nobody else can commit beside.
func (t *transaction) look(ctx context.Context) error {
	var version int64
	if err := t.version.QueryRowContext(ctx).Scan(&version); err != nil {
		return err
	}
	if version != t.known.version {
		t.forgetAll()
		t.known.version = version
	}
	return nil
}

// forgetAll is for when what was remembered may not stand in the database.
func (t *transaction) forgetAll() {
	t.known = known{fenced: map[int64]error{}, begun: map[circuit]state{}}
}

// remember keeps the state of a circuit while an application of it is under way, so
// that no more is kept than what is in flight.
func (k *known) remember(c circuit, s state) {
	if s.pending.run != 0 {
		k.begun[c] = s
	} else {
		delete(k.begun, c)
	}
}
