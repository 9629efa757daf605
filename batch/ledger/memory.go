package ledger

import (
	"context"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// Memory is a ledger kept in memory, for tests.
// The zero value is empty and ready.
type Memory struct {
	mu       sync.Mutex
	circuits map[placedKey]remembered
}

type placedKey struct {
	place batch.Place
	key   batch.Key
}

// remembered is the state of a circuit. Since it dies with its process, no run can die and
// leave it behind, but in tests; there, when the circuit was begun is close enough to when
// the run died.
type remembered struct {
	state State
	begun time.Time
}

var _ batch.Ledger = (*Memory)(nil)

// Past implements [batch.Ledger].
func (m *Memory) Past(_ context.Context, place batch.Place, keys []batch.Key) (map[batch.Key]batch.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	asked := make(map[string]bool, len(keys))
	for _, k := range keys {
		asked[k.InstanceID] = true
	}
	past := map[batch.Key]batch.Record{}
	for at, c := range m.circuits {
		if at.place == place && asked[at.key.InstanceID] && c.state != (State{}) {
			past[at.key] = c.state.Record("", c.begun)
		}
	}
	return past, nil
}

// memoryRun stands for every run. Their applications differ by token.
const memoryRun = 1

// Begin implements [batch.Ledger].
func (m *Memory) Begin(_ context.Context, a batch.Application) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.circuits == nil {
		m.circuits = map[placedKey]remembered{}
	}
	at := placedKey{a.Operation.Place(), a.Key}
	state, err := m.circuits[at].state.Begin(memoryRun, a)
	if err == nil {
		m.circuits[at] = remembered{state, time.Now().Round(0).UTC()}
	}
	return err
}

// Finish implements [batch.Ledger].
func (m *Memory) Finish(_ context.Context, o batch.Outcome) error {
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
	if c.state = c.state.Finish(run, o, true); c.state != (State{}) {
		if m.circuits == nil {
			m.circuits = map[placedKey]remembered{}
		}
		m.circuits[at] = c
	} else {
		delete(m.circuits, at)
	}
	return nil
}
