package batch

import (
	"context"
	"sync"

	"github.com/loabatch/loabatch/sheet"
)

// MemoryLedger is a ledger kept in memory, for dry runs and tests.
// The zero value is empty and ready.
type MemoryLedger struct {
	mu       sync.Mutex
	circuits map[placedKey]memory
}

type placedKey struct {
	place Place
	key   Key
}

// memory is what the ledger knows of a circuit: the last application that ended, and
// the one that is begun and has not ended. Either may be missing.
type memory struct{ ended, begun *Record }

var _ Ledger = (*MemoryLedger)(nil)

// Past implements Ledger.
func (m *MemoryLedger) Past(_ context.Context, place Place, keys []Key) (map[Key]Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	past := map[Key]Record{}
	for _, k := range keys {
		switch c := m.circuits[placedKey{place, k}]; {
		case c.begun != nil:
			past[k] = *c.begun
		case c.ended != nil:
			past[k] = *c.ended
		}
	}
	return past, nil
}

// Begin implements Ledger. What was begun before and has not ended may have arrived.
func (m *MemoryLedger) Begin(_ context.Context, a Application) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.circuits == nil {
		m.circuits = map[placedKey]memory{}
	}
	at := placedKey{a.Operation.Place(), a.Key}
	c := m.circuits[at]
	if c.begun != nil {
		c.ended = c.begun
		c.ended.Result = sheet.Unknown
	}
	c.begun = &Record{Hash: a.Hash, Generation: a.Generation, Token: a.Token, Open: true}
	m.circuits[at] = c
	return nil
}

// Finish implements Ledger. An application that was begun but not sent counts as never
// begun.
func (m *MemoryLedger) Finish(_ context.Context, o Outcome) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := placedKey{o.Operation.Place(), o.Key}
	c := m.circuits[at]
	r := c.begun
	if r == nil {
		r = c.ended
	}
	switch {
	case r == nil || o.Result == sheet.Skipped || o.Token != r.Token || c.begun == nil && !r.Open:
		return nil // it concerns the row, not the circuit
	case !decided(o.Result):
		c.begun = nil
	default:
		*r = Record{
			Hash: r.Hash, Generation: r.Generation, Token: r.Token, Open: o.Result == sheet.Unknown,
			Result: o.Result, ErrorCode: o.ErrorCode, RequestID: o.RequestID, SubmittedAt: o.SubmittedAt, LOAStatus: o.LOAStatus,
		}
		c = memory{ended: r}
	}
	m.circuits[at] = c
	return nil
}

// decided reports whether a result concerns the circuit, and not only the row.
func decided(r sheet.Result) bool {
	switch r {
	case sheet.Submitted, sheet.Already, sheet.Refused, sheet.Failed, sheet.Unknown:
		return true
	}
	return false
}
