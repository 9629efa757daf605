// Package ledgertest is the contract of a ledger as a test suite, for every backend of
// [ledger.Store].
package ledgertest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// Open opens the same ledger again, as another process would. The store is closed
// when the test ends.
type Open func(t *testing.T) ledger.Store

// Kill makes the ledger see the process of a run as dead. The run itself does not notice.
type Kill func(t *testing.T, s ledger.Store, runID string)

// Backend is the kind of ledger under test.
type Backend struct {
	// New makes a new, empty ledger.
	New  func(t *testing.T) Open
	Kill Kill
}

// Run runs the suite, each test on a ledger of its own.
func Run(t *testing.T, b Backend) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"begun is open", begunIsOpen},
		{"accepted", accepted},
		{"open token", openToken},
		{"accepted and open", func(t *testing.T, open Open) { acceptedAndOpen(t, open, b.Kill) }},
		{"settled", func(t *testing.T, open Open) { settled(t, open, b.Kill) }},
		{"no longer void", voidNoMore},
		{"adopted", adopted},
		{"other regions", otherRegions},
		{"restarts", func(t *testing.T, open Open) { restarts(t, open, b.Kill) }},
		{"scopes are separate", scopesAreSeparate},
		{"only begun rows count", onlyBegunRowsCount},
		{"a run is read back in sheet order", runReadsBack},
		{"steps of a row", stepsOfARow},
		{"history", historyOfRuns},
		{"run without circuits", runWithoutCircuits},
		{"locks", locks},
		{"only one starts", onlyOneStarts},
		{"dead holder", func(t *testing.T, open Open) { deadHolder(t, open, b.Kill) }},
		{"other host", otherHost},
		{"concurrent rows", concurrentRows},
		{"ended run", endedRun},
		{"pruned", func(t *testing.T, open Open) { pruned(t, open, b.Kill) }},
		{"wrong calls", wrongCalls},
		{"one quota", oneQuota},
		{"quota outlives processes", quotaOutlives},
		{"LOAs", loas},
		{"many LOAs", manyLOAs},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, b.New(t)) })
	}
}

// start starts a run with the first sample circuits.
func start(t *testing.T, s ledger.Store, id string, circuits int) ledger.Run {
	t.Helper()
	run, err := s.Start(t.Context(), ledger.RunInfo{ID: id, Scope: ledger.Real, Command: "submit"}, Keys(circuits))
	must(t, err)
	return run
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// sameRecord compares records. If a run did not record its last attempt at an open one, the
// backend may choose the time, but it must give one.
func sameRecord(t *testing.T, what string, got, want batch.Record) {
	t.Helper()
	if want.Open && want.Tried.IsZero() {
		if got.Tried.IsZero() || got.Tried.Location() != time.UTC {
			t.Errorf("%s: tried at %v", what, got.Tried)
		}
		got.Tried = time.Time{}
	}
	equal(t, what, got, want)
}

// recordOf reads the record of one sample circuit.
func recordOf(t *testing.T, s ledger.Store, i int) (batch.Record, bool) {
	t.Helper()
	records, err := s.Past(t.Context(), ledger.Real, batch.PlaceLOA, []batch.Key{Key(i)})
	must(t, err)
	r, ok := records[Key(i)]
	return r, ok
}

// Key is the i-th sample circuit.
func Key(i int) batch.Key {
	return batch.Key{Region: [...]string{"cn-hangzhou", "cn-beijing", "ap-southeast-1"}[i%3], InstanceID: fmt.Sprintf("pc-sample%012d", i)}
}

// Keys are the first n sample circuits.
func Keys(n int) []batch.Key {
	keys := make([]batch.Key, n)
	for i := range keys {
		keys[i] = Key(i)
	}
	return keys
}

// Application is the application for the i-th sample circuit, of generation 0.
func Application(i int) batch.Application { return Version(i, "first", 0) }

// Version is an application for the i-th sample circuit with the given content and generation.
func Version(i int, content string, generation int) batch.Application {
	hash := hexSum(fmt.Sprint("content ", i, content))
	return batch.Application{
		Row: i + 2, Key: Key(i), Hash: hash, Generation: generation,
		Token: hexSum(fmt.Sprint("token ", hash, generation)),
	}
}

// Outcome is an outcome of an application.
func Outcome(a batch.Application, result sheet.Result) batch.Outcome {
	return batch.Outcome{
		Row: a.Row, Key: a.Key, Result: result, Reason: batch.ReasonUnsettled, Token: a.Token,
		Generation: a.Generation, RequestID: "request-" + a.Token[:8], Attempts: 1,
	}
}

// Accepted is the outcome of the i-th sample application, accepted at a time.
func Accepted(i int, at time.Time) batch.Outcome {
	o := Outcome(Application(i), sheet.Submitted)
	o.Reason, o.SubmittedAt = batch.ReasonAccepted, at.UTC().Round(0)
	return o
}

func hexSum(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
