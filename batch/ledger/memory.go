package ledger

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// Memory is a ledger kept in memory, for tests.
// The zero value is empty and ready.
type Memory struct {
	mu       sync.Mutex
	circuits map[StateKey]remembered // without a scope
	loas     map[scopedKey][]LOA     // of each circuit, the earliest first
}

type scopedKey struct {
	scope Scope
	key   batch.Key
}

// remembered is the state of a circuit. Since it dies with its process, no run can die and
// leave it behind, but in tests; there, when the circuit was begun is close enough to when
// the run died.
type remembered struct {
	state State
	begun time.Time
}

var (
	_ batch.Ledger = (*Memory)(nil)
	_ LOABook      = (*Memory)(nil)
)

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
		if at.Place == place && asked[at.Key.InstanceID] && c.state != (State{}) {
			past[at.Key] = c.state.Record("", c.begun)
		}
	}
	return past, nil
}

// memoryRun is the number of every run. Their applications differ by token.
const memoryRun = 1

// Begin implements [batch.Ledger].
func (m *Memory) Begin(_ context.Context, a batch.Application) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.circuits == nil {
		m.circuits = map[StateKey]remembered{}
	}
	at := StateKey{Place: a.Operation.Place(), Key: a.Key}
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
	at := StateKey{Place: o.Operation.Place(), Key: o.Key}
	c := m.circuits[at]
	run := int64(memoryRun)
	if o.Token != c.state.Pending.Token {
		run++ // it is not about what was begun
	}
	if c.state = c.state.Finish(run, o, true); c.state != (State{}) {
		if m.circuits == nil {
			m.circuits = map[StateKey]remembered{}
		}
		m.circuits[at] = c
	} else {
		delete(m.circuits, at)
	}
	return nil
}

// SawLOAs implements [LOABook].
func (m *Memory) SawLOAs(_ context.Context, scope Scope, seen []LOA) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.loas == nil {
		m.loas = map[scopedKey][]LOA{}
	}
	for _, one := range seen {
		at := scopedKey{scope, one.Key}
		known := m.loas[at]
		var last LOA
		if len(known) > 0 {
			last = known[len(known)-1]
		}
		one.Scope = scope
		next, changed := last.After(one)
		if !changed {
			known = known[:len(known)-1]
		}
		m.loas[at] = append(known, next)
	}
	return nil
}

// KeepLetter implements [LOABook].
func (m *Memory) KeepLetter(_ context.Context, scope Scope, key batch.Key, letter Letter) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known := m.loas[scopedKey{scope, key}]; len(known) > 0 {
		known[len(known)-1].Letter = letter
	}
	return nil
}

// LOAs implements [LOABook].
func (m *Memory) LOAs(_ context.Context, scope Scope, keys []batch.Key) (map[batch.Key]LOA, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	present := map[batch.Key]LOA{}
	for at, known := range m.loas {
		if at.scope == scope && (keys == nil || slices.Contains(keys, at.key)) {
			last := known[len(known)-1]
			last.Scope = ""
			present[at.key] = last
		}
	}
	return present, nil
}

// LOAHistory implements [LOABook].
func (m *Memory) LOAHistory(context.Context) ([]LOA, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []LOA
	for _, known := range m.loas {
		list = append(list, known...)
	}
	slices.SortStableFunc(list, func(a, b LOA) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Key.Region, b.Key.Region), cmp.Compare(a.Key.InstanceID, b.Key.InstanceID))
	})
	return list, nil
}
