package batch

import (
	"context"
	"sync"

	"github.com/loabatch/loabatch/sheet"
)

// MemoryLedger is a ledger that lives as long as the process: for dry runs and tests.
// The zero value is empty and ready.
type MemoryLedger struct {
	mu      sync.Mutex
	records map[Key]Record
}

var _ Ledger = (*MemoryLedger)(nil)

// Past implements Ledger.
func (m *MemoryLedger) Past(_ context.Context, keys []Key) (map[Key]Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	past := map[Key]Record{}
	for _, k := range keys {
		if r, ok := m.records[k]; ok {
			past[k] = r
		}
	}
	return past, nil
}

// Begin implements Ledger.
func (m *MemoryLedger) Begin(_ context.Context, a Application) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.records == nil {
		m.records = map[Key]Record{}
	}
	m.records[a.Key] = Record{Hash: a.Hash, Generation: a.Generation, Token: a.Token, Open: true}
	return nil
}

// Finish implements Ledger.
func (m *MemoryLedger) Finish(_ context.Context, o Outcome) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, known := m.records[o.Key]
	if !known || !decided(o.Result) && !(r.Open && r.Token == o.Token && o.Result == sheet.NotAttempted) {
		return nil // it tells of the row, not of the circuit
	}
	r.Open = o.Result == sheet.Unknown
	r.Result, r.ErrorCode, r.RequestID, r.LOAStatus = o.Result, o.ErrorCode, o.RequestID, o.LOAStatus
	if !o.SubmittedAt.IsZero() {
		r.SubmittedAt = o.SubmittedAt
	}
	m.records[o.Key] = r
	return nil
}

// decided reports whether a result tells of the circuit, and not only of the row.
func decided(r sheet.Result) bool {
	switch r {
	case sheet.Submitted, sheet.Already, sheet.Refused, sheet.Failed, sheet.Unknown:
		return true
	}
	return false
}
