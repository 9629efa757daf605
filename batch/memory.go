package batch

import (
	"context"
	"sync"
	"time"

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

// memory is the state of a circuit. Since it dies with its process, no run can die and
// leave it behind, but in tests; there, when the circuit was begun is close enough to when
// the run died.
type memory struct {
	state LedgerState
	begun time.Time
}

var _ Ledger = (*MemoryLedger)(nil)

// Past implements Ledger.
func (m *MemoryLedger) Past(_ context.Context, place Place, keys []Key) (map[Key]Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	asked := make(map[string]bool, len(keys))
	for _, k := range keys {
		asked[k.InstanceID] = true
	}
	past := map[Key]Record{}
	for at, c := range m.circuits {
		if at.place == place && asked[at.key.InstanceID] && c.state != (LedgerState{}) {
			past[at.key] = c.state.Record("", c.begun)
		}
	}
	return past, nil
}

// memoryRun stands for every run. Their applications differ by token.
const memoryRun = 1

// Begin implements Ledger.
func (m *MemoryLedger) Begin(_ context.Context, a Application) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.circuits == nil {
		m.circuits = map[placedKey]memory{}
	}
	at := placedKey{a.Operation.Place(), a.Key}
	state, err := m.circuits[at].state.Begin(memoryRun, a)
	if err == nil {
		m.circuits[at] = memory{state, time.Now().Round(0).UTC()}
	}
	return err
}

// Finish implements Ledger.
func (m *MemoryLedger) Finish(_ context.Context, o Outcome) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o.Result == sheet.Skipped {
		return nil
	}
	at := placedKey{o.Operation.Place(), o.Key}
	c := m.circuits[at]
	run := int64(memoryRun)
	if o.Token != c.state.Pending.Token {
		run++ // it is about something else than what was begun
	}
	if c.state = c.state.Finish(run, o, true); c.state != (LedgerState{}) {
		if m.circuits == nil {
			m.circuits = map[placedKey]memory{}
		}
		m.circuits[at] = c
	} else {
		delete(m.circuits, at)
	}
	return nil
}
