package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// service is an API that records what it accepted, and under which token. Half of its
// calls fail, before or after they took effect.
type service struct {
	mu       sync.Mutex
	random   *rand.Rand
	accepted map[batch.Key]int
	token    map[batch.Key]string
	misused  []string
	content  map[string]string // by token
}

func (s *service) Submit(ctx context.Context, a batch.Application) (batch.Receipt, error) {
	if ctx.Err() != nil {
		return batch.Receipt{}, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	lost := &batch.CallError{Class: batch.MaybeReceived, Code: "(connection-reset)", Unsettled: true}
	luck := s.random.IntN(4)
	if luck == 0 {
		return batch.Receipt{}, lost
	}
	if known, used := s.content[a.Token]; used && known != a.Hash {
		s.misused = append(s.misused, a.Token)
	}
	s.content[a.Token] = a.Hash
	switch {
	case s.accepted[a.Key] == 0 || s.token[a.Key] != a.Token:
		s.accepted[a.Key]++
		s.token[a.Key] = a.Token
	}
	if luck == 1 {
		return batch.Receipt{}, lost
	}
	return batch.Receipt{RequestID: "request", At: time.Now()}, nil
}

func (s *service) Find(ctx context.Context, key batch.Key) (batch.LOA, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.random.IntN(4) == 0 {
		return batch.LOA{}, false, &batch.CallError{Class: batch.TryLater, Code: "ServiceUnavailable", Status: 503}
	}
	return batch.LOA{Status: "Applying"}, s.accepted[key] > 0, nil
}

// crashingRun is a run whose process crashes at some call: from then on it writes nothing.
type crashingRun struct {
	ledger.Run
	crashed atomic.Bool
	calls   atomic.Int64
	crashAt int64 // this call
}

var errCrashed = errors.New("the process has crashed")

func (m *crashingRun) call() error {
	if m.calls.Add(1) >= m.crashAt {
		m.crashed.Store(true)
	}
	if m.crashed.Load() {
		return errCrashed
	}
	return nil
}

func (m *crashingRun) Begin(ctx context.Context, a batch.Application) error {
	if err := m.call(); err != nil {
		return err
	}
	return m.Run.Begin(ctx, a)
}

func (m *crashingRun) Finish(ctx context.Context, o batch.Outcome) error {
	if err := m.call(); err != nil {
		return err
	}
	return m.Run.Finish(ctx, o)
}

// TestEngineKeepsExactlyOnceOnThisLedger runs the engine again and again, with a crash at
// any of the ledger's calls, until a run ends by itself.
func TestEngineKeepsExactlyOnceOnThisLedger(t *testing.T) {
	seeds := uint64(12)
	if testing.Short() {
		seeds = 3
	}
	crashes := 0
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 7))
			s := &service{random: rand.New(rand.NewPCG(seed, 8)), accepted: map[batch.Key]int{}, token: map[batch.Key]string{}, content: map[string]string{}}
			store, err := sqlite.Temporary(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			book := circuits(40)
			for n := 0; ; n++ {
				run, err := store.Start(t.Context(), ledger.RunInfo{ID: fmt.Sprint(n), Scope: ledger.Real}, plan.Keys(book))
				if err != nil {
					t.Fatal(err)
				}
				m := &crashingRun{Run: run, crashAt: 1 << 40}
				if n < 8 {
					m.crashAt = 1 + random.Int64N(60)
				}
				summary := runOnce(t, m, s, book)
				if m.crashed.Load() {
					crashes++
					if err := store.Kill(t.Context(), run.Info().ID); err != nil {
						t.Fatal(err)
					}
					continue
				}
				if err := run.End(t.Context(), ledger.RunEnd{}); err != nil {
					t.Fatal(err)
				}
				if settled(summary.Outcomes) {
					check(t, seed, store, s, book)
					return
				}
				if n > 60 {
					t.Fatalf("seed %d: no end after %d runs", seed, n)
				}
			}
		})
	}
	t.Logf("%d seeds, %d crashes", seeds, crashes)
}

func runOnce(t *testing.T, m *crashingRun, s *service, book *sheet.Workbook) *batch.Summary {
	t.Helper()
	past, err := m.Past(t.Context(), batch.PlaceLOA, plan.Keys(book))
	if err != nil {
		t.Fatal(err)
	}
	e := &batch.Engine{Submitter: s, Finder: s, Ledger: m, Rate: quota.Rate{N: 300, Per: time.Minute}}
	summary, err := e.Run(t.Context(), nil, plan.New(book, plan.Options{Past: past}))
	if err != nil && !errors.Is(err, errCrashed) {
		t.Fatal(err)
	}
	return summary
}

func settled(outcomes []batch.Outcome) bool {
	for _, o := range outcomes {
		if o.Result != sheet.Submitted && o.Result != sheet.Already {
			return false
		}
	}
	return true
}

// check compares what the ledger knows with what the service accepted.
func check(t *testing.T, seed uint64, store *sqlite.Store, s *service, book *sheet.Workbook) {
	t.Helper()
	past, err := store.Past(t.Context(), ledger.Real, batch.PlaceLOA, plan.Keys(book))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range plan.Keys(book) {
		r := past[key]
		if s.accepted[key] != 1 || r.Open || r.Token != s.token[key] || r.Result != sheet.Submitted && r.Result != sheet.Already {
			t.Errorf("seed %d, %s: accepted %d times under %.8s, but the ledger says %+v", seed, key.InstanceID, s.accepted[key], s.token[key], r)
		}
	}
	if len(s.misused) > 0 {
		t.Errorf("seed %d: tokens were used for other content: %q", seed, s.misused)
	}
}

// circuits makes a workbook of n circuits and one engineer.
func circuits(n int) *sheet.Workbook {
	w := &sheet.Workbook{
		CircuitsTable: sheet.Table{Sheet: sheet.CircuitsName, HeaderRow: 1, Columns: map[sheet.ColumnID]int{sheet.CircuitInstanceID: 1}},
		Engineers: []sheet.Engineer{{Row: 2, All: true, Name: "Made Up", CertificateType: "IDCard",
			CertificateNo: "000000199001010000", Gender: "Female", Contact: "00000000000"}},
	}
	for i := range n {
		w.Circuits = append(w.Circuits, sheet.Circuit{
			Row: i + 2, InstanceID: fmt.Sprintf("pc-%04d", i), RegionID: []string{"cn-hangzhou", "cn-beijing"}[i%2], CompanyName: "Example Ltd",
			LineType: "FIBRE", Si: "Example Builders", ConstructionTime: time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC), Engineers: []int32{0},
		})
	}
	return w
}
