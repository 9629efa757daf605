package postgres_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/ledgertest"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/sheet"
)

var stories = flag.Uint64("same.n", 5, "stories of TestSameAsSQLite")

// TestSameAsSQLite plays random stories of runs, some of them killed, on a ledger of either
// kind, and compares every answer and all that is known in the end.
func TestSameAsSQLite(t *testing.T) {
	t.Parallel()
	for seed := range *stories {
		p := &pair{T: t, seed: seed, random: rand.New(rand.NewPCG(seed, 15)), address: database(t), path: filepath.Join(t.TempDir(), "ledger.db")}
		p.play()
	}
}

// pair is one ledger of each kind. Each run opens its own store of either, as processes do.
type pair struct {
	*testing.T
	seed    uint64
	random  *rand.Rand
	address string
	path    string
	runs    []*twins
	n       int
}

// twins are a run in both ledgers.
type twins struct {
	id     string
	stores [2]ledger.Store
	runs   [2]ledger.Run
	begun  map[string]bool // tokens
}

const circuits = 3

func (p *pair) open() (stores [2]ledger.Store) {
	p.Helper()
	s, err := sqlite.Open(p.Context(), p.path)
	must(p.T, err)
	return [2]ledger.Store{s, open(p.T, p.address, time.Minute)}
}

func (p *pair) play() {
	for range 60 {
		switch n := p.random.IntN(12); {
		case len(p.runs) == 0 || n == 0:
			p.start()
		case n == 1:
			p.end()
		case n == 2: // killed
			r := p.take()
			p.same("close", r.stores[0].Close(), r.stores[1].Close())
		case n < 7:
			p.begin()
		default:
			p.finish()
		}
	}
	for len(p.runs) > 0 {
		p.end()
	}
	p.compare()
}

// take removes and returns a run.
func (p *pair) take() *twins {
	i := p.random.IntN(len(p.runs))
	r := p.runs[i]
	p.runs = append(p.runs[:i], p.runs[i+1:]...)
	return r
}

func (p *pair) start() {
	r := &twins{id: fmt.Sprint("run ", p.n), stores: p.open(), begun: map[string]bool{}}
	info := ledger.RunInfo{ID: r.id, Scope: ledger.Real, Command: "submit", Host: "desk", PID: 7, Started: time.Date(2026, 11, 24, 2, 0, p.n, 5, time.UTC), Options: json.RawMessage(`{"a":1}`)}
	p.n++
	keys := ledgertest.Keys(circuits)[p.random.IntN(circuits):]
	var errs [2]error
	for i, s := range r.stores {
		r.runs[i], errs[i] = s.Start(p.Context(), info, keys)
	}
	if p.same("start", errs[0], errs[1]); errs[0] != nil {
		must(p.T, errors.Join(r.stores[0].Close(), r.stores[1].Close()))
		return
	}
	p.runs = append(p.runs, r)
}

func (p *pair) end() {
	r := p.take()
	end := ledger.RunEnd{Ended: time.Now().UTC().Round(0), ExitCode: p.random.IntN(8), Requests: p.random.IntN(9)}
	p.same("end", r.runs[0].End(p.Context(), end), r.runs[1].End(p.Context(), end))
	must(p.T, errors.Join(r.stores[0].Close(), r.stores[1].Close()))
}

func (p *pair) application() batch.Application {
	a := ledgertest.Version(p.random.IntN(circuits), [...]string{"first", "changed"}[p.random.IntN(2)], p.random.IntN(2))
	a.Operation = [...]batch.Operation{batch.Apply, batch.Apply, batch.Reapply, batch.Complete}[p.random.IntN(4)]
	a.Token = a.Token[:20] + a.Operation.String()
	return a
}

func (p *pair) begin() {
	r, a := p.runs[p.random.IntN(len(p.runs))], p.application()
	if r.begun[a.Token] {
		return // only once for each token of a run, as the contract says
	}
	if p.random.IntN(4) == 0 {
		past, err := r.runs[0].Past(p.Context(), a.Operation.Place(), []batch.Key{a.Key})
		must(p.T, err)
		a.Amend().Settled = batch.Settlement{Token: past[a.Key].Token, Result: sheet.Failed}
	}
	errs := [2]error{r.runs[0].Begin(p.Context(), a), r.runs[1].Begin(p.Context(), a)}
	if p.same("begin", errs[0], errs[1]); errs[0] == nil {
		r.begun[a.Token] = true
	}
}

func (p *pair) finish() {
	r, a := p.runs[p.random.IntN(len(p.runs))], p.application()
	o := ledgertest.Outcome(a, sheet.AllResults[p.random.IntN(len(sheet.AllResults))])
	o.Operation = a.Operation
	at := time.Date(2026, 11, 24, 2, 30, p.random.IntN(60), 5, time.UTC)
	switch {
	case o.Result == sheet.Submitted:
		o.SubmittedAt = at
	case o.Result == sheet.Unknown:
		o.Tried = at
	}
	if p.random.IntN(3) == 0 {
		o.LOAStatus = [...]string{batch.LOAApplying, batch.LOARejected, batch.LOAAvailable}[p.random.IntN(3)]
	}
	if p.random.IntN(5) == 0 {
		o.Settled = batch.Settlement{Token: a.Token, Result: sheet.Already, Seen: at}
	}
	if p.random.IntN(8) == 0 {
		o.Copied = batch.Copied{Token: "copied", Tried: at}
	}
	p.same("finish", r.runs[0].Finish(p.Context(), o), r.runs[1].Finish(p.Context(), o))
}

// same compares errors by what callers do about them.
func (p *pair) same(what string, a, b error) {
	p.Helper()
	if reflect.TypeOf(a) != reflect.TypeOf(b) || a != nil && a.Error() != b.Error() {
		p.Fatalf("seed %d: %s: %v, and %v", p.seed, what, a, b)
	}
}

// compare compares what both ledgers know, except for times, which differ.
func (p *pair) compare() {
	stores := p.open()
	for _, place := range []batch.Place{batch.PlaceLOA, batch.PlaceCompletion} {
		p.both(string(place), stores, func(s ledger.Store) (any, error) {
			past, err := s.Past(p.Context(), ledger.Real, place, ledgertest.Keys(circuits))
			for key, r := range past {
				if r.Open && time.Since(r.Tried).Abs() < time.Hour { // of a run that was killed
					r.Tried = time.Time{}
				}
				past[key] = r
			}
			return past, err
		})
	}
	p.both("runs", stores, func(s ledger.Store) (any, error) { return s.Runs(p.Context(), 0) })
	for n := range p.n {
		p.both("run", stores, func(s ledger.Store) (any, error) {
			run, err := s.Run(p.Context(), fmt.Sprint("run ", n))
			if errors.Is(err, ledger.ErrNoRun) { // it could not start
				err = nil
			}
			return run, err
		})
	}
	for i := range circuits {
		p.both("circuit", stores, func(s ledger.Store) (any, error) {
			events, err := s.Circuit(p.Context(), ledgertest.Key(i).InstanceID)
			for i := range events {
				for _, at := range []*time.Time{&events[i].Begun, &events[i].Finished} {
					if !at.IsZero() {
						*at = time.Unix(1, 0)
					}
				}
			}
			return events, err
		})
	}
	must(p.T, errors.Join(stores[0].Close(), stores[1].Close()))
}

func (p *pair) both(what string, stores [2]ledger.Store, ask func(ledger.Store) (any, error)) {
	p.Helper()
	a, err := ask(stores[0])
	must(p.T, err)
	b, err := ask(stores[1])
	must(p.T, err)
	if !reflect.DeepEqual(a, b) {
		p.Fatalf("seed %d: %s:\nSQLite     %+v\nPostgreSQL %+v", p.seed, what, a, b)
	}
}
