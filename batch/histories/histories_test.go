// Package histories plays random histories of a batch against the real plan, engine and
// ledgers, in virtual time: what people do to their workbooks, how processes end, and
// how the API answers, over several nights. It checks the two promises that no single run
// can keep: no circuit is applied for twice, and no accepted application is forgotten.
//
// The package has only tests. service_test.go models the API from its documentation;
// faults_test.go its behaviour and failures; people_test.go what is done to workbooks;
// nights_test.go which processes are started; process_test.go one process, killed or
// interrupted at any of its steps; ledgers_test.go the ledgers; check_test.go says what is
// wrong; adapter_test.go is the rest of the program as the model calls it.
package histories

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/loabatch/loabatch/batch/quicktest"
)

var (
	from    = flag.Uint64("histories.from", 0, "seed of the first history")
	count   = flag.Uint64("histories.n", 0, "number of histories; 0 means 5,000, or 500 with -short")
	backend = flag.String("histories.ledger", "", "memory, states, sqlite or disk; empty means a mix")
	with    = flag.String("histories.with", "", "what histories contain beyond the usual, separated by commas: foreign, for rejected or deleted LOAs that another program applied for before; stale, for lookups that tell an old status; unguarded, for lost ledgers where the service accepts doubles; ledgers, for several users with a ledger each, who know of each other by results copies alone where the service accepts doubles")
	without = flag.String("histories.without", "", "what histories do not contain: region, ledger, endpoint, quota, survey, separated by commas")
	strict  = flag.Bool("histories.strict", false, "report tolerated failures too")
	verbose = flag.Bool("histories.trace", false, "print the trace of every history")
)

func TestMain(m *testing.M) { os.Exit(quicktest.M{M: m}.Run()) }

// options are what the flags say.
type options struct {
	ledger   string // empty means a mix
	switches map[string]bool
}

func readOptions() options {
	o := options{ledger: *backend, switches: map[string]bool{"region": true, "ledger": true, "endpoint": true, "quota": true, "survey": true}}
	for name := range strings.SplitSeq(*with, ",") {
		o.switches[name] = true
	}
	for name := range strings.SplitSeq(*without, ",") {
		delete(o.switches, name)
	}
	return o
}

// backend is the ledger of a history: SQLite is slower, so it has a smaller share.
func (o options) backend(seed uint64) string {
	switch {
	case o.ledger != "":
		return o.ledger
	case seed%100 == 99:
		return "sqlite"
	case seed%5 == 4:
		return "memory"
	}
	return "states"
}

// TestHistories plays random histories. A history that fails is reduced to what is needed
// for the failure and printed; it replays exactly with -histories.from=SEED -histories.n=1.
func TestHistories(t *testing.T) {
	n := *count
	switch {
	case n > 0:
	case testing.Short():
		n = 500
	default:
		n = 5000
	}
	o := readOptions()
	o.playAll(t, n)
	if *verbose {
		for i := range n {
			var trace strings.Builder
			play(t, newHistory(*from+i, o), &trace)
			t.Log(trace.String())
		}
	}
}

// TestKnownHistories plays histories that once failed, as long as their seeds draw the same: a lookup
// without an answer and then one that showed the earlier LOA; an application that was open in
// another region while the ledger had lost what was accepted in the row's own; a reapplication in a
// wrong region that held up one in the right region; a lookup there that showed the LOA as it was
// before it was rejected here; a results copy of another region, whose record a reapplication there
// had replaced; a lookup that showed the status before the rejection; and two false alarms about two
// processes in two regions. Then copies of other ledgers: NOT_ATTEMPTED for an accepted row, UNKNOWN
// for one sent under a token that the ledger knew as refused or accepted, ALREADY without a date,
// INVALID since then, a row of a region in which the ledger knows of a failure, a row sent again
// after its region was changed, UNKNOWN for one accepted an hour ago, and one adopted in a wrong
// region before the right one was restored.
func TestKnownHistories(t *testing.T) {
	for seed, with := range map[uint64]string{
		1006815: "unguarded", 1009741: "unguarded", 66198: "", 4015452: "stale", 5565608: "", 7031: "ledgers", 20050518: "ledgers",
		22888: "", 98312: "", 60676181: "", 20041151: "ledgers", 20060855: "ledgers", 9000219: "ledgers", 9000971: "ledgers", 9102270: "ledgers", 10409161: "ledgers", 10411613: "ledgers", 11405581: "ledgers", 11414506: "ledgers", 11415130: "ledgers", 12404767: "ledgers", 14401030: "ledgers", 14114295: "stale", 14117406: "stale", 62063406: "stale", 63075264: "foreign", 10215206: "unguarded", 7002263: "stale", 5355898: "stale",
	} {
		o := options{switches: map[string]bool{"region": true, "ledger": true, "endpoint": true, "quota": true, "survey": true, with: true}}
		for _, f := range play(t, newHistory(seed, o), nil) {
			t.Errorf("seed %d: %s: %s", seed, f.kind, f.text)
		}
	}
}

// TestHistoriesOfSeveralLedgers plays a tenth as many with several users, each with their own ledger.
func TestHistoriesOfSeveralLedgers(t *testing.T) {
	n := *count
	switch {
	case n > 0:
	case testing.Short():
		n = 500
	default:
		n = 5000
	}
	o := readOptions()
	o.switches["ledgers"] = true
	o.playAll(t, (n+9)/10)
}

// TestHistoriesOnDisk plays histories with a SQLite file on a disk that fills up, and that loses or tears
// what is not synced when the power fails.
func TestHistoriesOnDisk(t *testing.T) {
	o := readOptions()
	o.ledger = "disk"
	switch {
	case *count > 0:
		o.playAll(t, *count)
	case testing.Short():
		o.playAll(t, 10)
	default:
		o.playAll(t, 60)
	}
}

// playAll plays n histories and reports what fails.
func (o options) playAll(t *testing.T, n uint64) {
	var next atomic.Uint64
	var mu sync.Mutex
	failed := map[string][]uint64{}
	var shards sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		shards.Go(func() {
			for i := next.Add(1) - 1; i < n; i = next.Add(1) - 1 {
				seed := *from + i
				for _, f := range play(t, newHistory(seed, o), nil) {
					mu.Lock()
					if list := failed[f.kind]; len(list) == 0 || list[len(list)-1] != seed {
						failed[f.kind] = append(list, seed)
					}
					mu.Unlock()
				}
			}
		})
	}
	shards.Wait()
	for _, kind := range slices.Sorted(maps.Keys(failed)) {
		seeds := failed[kind]
		slices.Sort(seeds)
		if slices.Contains(tolerated, kind) && !*strict {
			t.Logf("%s: %d of %d histories, such as %v: tolerated", kind, len(seeds), n, seeds[:min(8, len(seeds))])
			continue
		}
		t.Errorf("%s: %d of %d histories, such as %v\n%s", kind, len(seeds), n, seeds[:min(8, len(seeds))], explain(t, seeds[0], kind, o))
	}
}

// play runs a history, and adds a failure if it does not end.
func play(t *testing.T, h *history, trace *strings.Builder) []failure { return h.run(t, trace) }

// explain returns the trace of the shortest failing history that is found by leaving out happenings.
func explain(t *testing.T, seed uint64, kind string, o options) string {
	h := newHistory(seed, o)
	if !h.fails(t, kind) {
		return "it did not happen again when the history was replayed"
	}
	for i := len(h.happening) - 1; i >= 0; i-- {
		shorter := *h
		shorter.happening = slices.Delete(slices.Clone(h.happening), i, i+1)
		if shorter.fails(t, kind) {
			h = &shorter
		}
	}
	for h.circuits > 1 {
		smaller := *h
		smaller.circuits--
		if !smaller.fails(t, kind) {
			break
		}
		h = &smaller
	}
	var trace strings.Builder
	for _, f := range play(t, h, &trace) {
		fmt.Fprintf(&trace, "FAILURE %s: %s\n", f.kind, f.text)
	}
	return trace.String()
}

func (h *history) fails(t *testing.T, kind string) bool {
	return slices.ContainsFunc(play(t, h, nil), func(f failure) bool { return f.kind == kind })
}

// TestHistoriesReplay checks that the same seed makes the same history, step by step. With quotas, the
// order of processes that wait for the same one may differ, and so may, now and then, that of
// goroutines that are due at the same instant: one of a few replays has to be the same. The race
// detector shuffles goroutines on purpose, and runs the short tests.
func TestHistoriesReplay(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector runs goroutines in another order each time")
	}
	const replays = 4
	o := readOptions()
	delete(o.switches, "quota")
	for i := range uint64(300) {
		seed := *from + i
		var one strings.Builder
		play(t, newHistory(seed, o), &one)
		var difference string
		for range replays {
			var again strings.Builder
			play(t, newHistory(seed, o), &again)
			if difference = firstDifference(one.String(), again.String()); difference == "" {
				break
			}
		}
		if difference != "" {
			t.Errorf("seed %d differs in %s", seed, difference)
		}
	}
}

// firstDifference returns the first line in which two texts differ, "" if there is none.
func firstDifference(one, two string) string {
	again := strings.Split(two, "\n")
	for i, line := range strings.Split(one, "\n") {
		if i >= len(again) || again[i] != line {
			return fmt.Sprintf("line %d:\n%s\n%s", i, line, again[min(i, len(again)-1)])
		}
	}
	return ""
}
