package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/postgres"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// all ends the test if any of the errors is not nil.
func all(t *testing.T, errs ...error) {
	t.Helper()
	must(t, errors.Join(errs...))
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// someKey is the n-th of the circuits of these tests.
func someKey(n int) batch.Key {
	return batch.Key{Region: "cn-hangzhou", InstanceID: "pc-" + string(rune('a'+n))}
}

func someApplication(n int, hash string) batch.Application {
	return batch.Application{Row: n + 2, Key: someKey(n), Hash: hash, Token: "token-" + hash + "-" + string(rune('a'+n))}
}

func outcome(a batch.Application, result sheet.Result) batch.Outcome {
	o := batch.Outcome{Row: a.Row, Key: a.Key, Operation: a.Operation, Token: a.Token, Generation: a.Generation, Result: result, Attempts: 1, RequestID: "R-" + a.Token}
	switch result {
	case sheet.Submitted:
		o.SubmittedAt = time.Now().Round(0).UTC()
	case sheet.Unknown:
		o.ErrorCode, o.Reason, o.Tried, o.RequestID = "(timeout)", batch.ReasonUnsettled, time.Now().Round(0).UTC(), ""
	case sheet.Refused:
		o.ErrorCode, o.Reason = "IncorrectStatus", "refused"
	}
	return o
}

const places = 12 // circuits of the ledger that is taken over

// lived is a SQLite ledger with everything that one can contain: runs that ended, died, were taken over
// and were pruned, and circuits in each state.
func lived(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	ctx := t.Context()
	keys := make([]batch.Key, places)
	for i := range keys {
		keys[i] = someKey(i)
	}
	start := func(s *sqlite.Store, id string, keys []batch.Key) ledger.Run {
		r, err := s.Start(ctx, ledger.RunInfo{ID: id, Scope: "real:1", Command: "submit", Input: "book.xlsx", InputSHA256: "ab" + id, Output: id + ".xlsx",
			Account: "1", Version: "v1", Options: json.RawMessage(`{"a":1}`), Started: time.Now().Add(-time.Hour)}, keys)
		must(t, err)
		return r
	}
	old := start(s, "pruned", keys[:2])
	for i := range 2 {
		a := someApplication(i, "old")
		all(t, old.Begin(ctx, a), old.Finish(ctx, outcome(a, sheet.Refused)))
	}
	all(t, old.End(ctx, ledger.RunEnd{ExitCode: 4, Output: "pruned.xlsx", OutputSHA256: "cd", Reports: map[string]string{"r.html": "ef"}, Requests: 2, LeftOut: []ledger.LeftOut{{First: 9, Last: 9}}}))
	_, err = s.Prune(ctx, time.Now(), nil)
	must(t, err)

	done := start(s, "done", keys)
	for i, result := range []sheet.Result{sheet.Submitted, sheet.Refused, sheet.Unknown, sheet.Failed, sheet.Already, sheet.Invalid} {
		a := someApplication(i, "first")
		if result != sheet.Invalid && result != sheet.Already {
			all(t, done.Begin(ctx, a))
		}
		all(t, done.Finish(ctx, outcome(a, result)))
	}
	complete := someApplication(0, "built") // a second step of a row
	complete.Operation = batch.Complete
	all(t, done.Begin(ctx, complete), done.Finish(ctx, outcome(complete, sheet.Submitted)))
	all(t, done.End(ctx, ledger.RunEnd{ExitCode: 5, Output: "done.xlsx", Requests: 7, Retries: 1, Slowed: time.Second, Statuses: map[int]string{3: "Approved"}}))

	// Two runs that die when their store is closed: one is taken over, the other leaves tokens open.
	for _, id := range []string{"taken", "died"} {
		other, err := sqlite.Open(ctx, path)
		must(t, err)
		r := start(other, id, keys[6:])
		a := someApplication(6, "open")
		all(t, r.Begin(ctx, a))
		if id == "died" {
			again := someApplication(7, "second")
			again.Amend().Copied = batch.Copied{Token: "token-of-a-copy", Generation: 2, Tried: time.Now().Add(-time.Hour).Round(0).UTC(), Accepted: time.Now().Add(-2 * time.Hour).Round(0).UTC()}
			again.Amend().Settled = batch.Settlement{Token: "token-of-a-copy", Result: sheet.Failed, Seen: time.Now().Round(0).UTC()}
			again.Generation = 3
			all(t, r.Begin(ctx, again))
			accepted := someApplication(8, "good")
			all(t, r.Begin(ctx, accepted), r.Finish(ctx, outcome(accepted, sheet.Submitted)))
		}
		all(t, other.Close())
	}
	all(t, s.SawLOAs(ctx, "real:1", []ledger.LOA{{Key: someKey(0), Status: "Applying", Asked: time.Now().Add(-time.Minute).Round(0).UTC(), Company: "Example"}}))
	all(t, s.SawLOAs(ctx, "real:1", []ledger.LOA{{Key: someKey(0), Status: "Available", Asked: time.Now().Round(0).UTC()}}))
	all(t, s.KeepLetter(ctx, "real:1", someKey(0), ledger.Letter{Path: "/letters/a.pdf", SHA256: "99"}))
	_, err = s.Take(ctx, quotaKey, quota.Ask{Process: 1, Number: 1, Rate: quota.DefaultRate, Burst: 60, Life: 15 * time.Second, Want: 7})
	must(t, err)
	return s
}

var quotaKey = quota.Key{Scope: "real:1", Region: "cn-hangzhou", API: "ApplyPhysicalConnectionLOA"}

// knowledge is what a ledger says about the content of lived. The bound on the last attempt of a dead
// run's open token is left out, since each ledger has its own.
func knowledge(t *testing.T, s ledger.Store) map[string]any {
	t.Helper()
	ctx, known := t.Context(), map[string]any{}
	note := func(name string, value any, err error) {
		must(t, err)
		known[name] = value
	}
	runs, err := s.Runs(ctx, 0)
	note("runs", runs, err)
	for _, r := range runs {
		run, err := s.Run(ctx, r.ID)
		note("run "+r.ID, run, err)
	}
	scopes, err := s.Scopes(ctx)
	note("scopes", scopes, err)
	var keys []batch.Key
	for i := range places {
		keys = append(keys, someKey(i))
		events, err := s.Circuit(ctx, someKey(i).InstanceID)
		note("circuit "+someKey(i).InstanceID, events, err)
	}
	for _, place := range []batch.Place{batch.Apply.Place(), batch.Complete.Place(), batch.Confirm.Place()} {
		past, err := s.Past(ctx, "real:1", place, keys)
		for key, r := range past {
			if r.RunID == "died" && r.Open {
				if r.Tried.IsZero() || time.Since(r.Tried) > 6*time.Minute || time.Until(r.Tried) > 6*time.Minute {
					t.Errorf("%v was last tried at %v", key, r.Tried)
				}
				r.Tried = time.Time{}
				past[key] = r
			}
		}
		note("past "+string(place), past, err)
	}
	loas, err := s.LOAs(ctx, "real:1", nil)
	note("loas", loas, err)
	history, err := s.LOAHistory(ctx)
	note("loa history", history, err)
	inUse, err := s.InUse(ctx, "real:1", quota.DefaultRate)
	note("in use", inUse, err)
	return known
}

// TestTakeOver takes over a ledger in a file into a database, and compares what the two know.
func TestTakeOver(t *testing.T) {
	ctx, folder := t.Context(), t.TempDir()
	file := lived(t, filepath.Join(folder, "ledger.db"))
	to := open(t, database(t), postgres.Silence)
	want := knowledge(t, file)
	taken, err := ledger.Move(ctx, file, to, to.Path())
	must(t, err)
	if want := (ledger.Taken{ID: taken.ID, Source: file.Path(), Host: taken.Host, At: taken.At, Runs: 4, Rows: 11, Circuits: 8, Open: 3, LOAs: 2, Quotas: 1}); taken != want {
		t.Errorf("taken %+v,\n want %+v", taken, want)
	}
	got := knowledge(t, to)
	for name, value := range want {
		if !reflect.DeepEqual(got[name], value) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got[name], value)
		}
	}

	// A run continues where the last one died: under the open token, and no other.
	r, err := to.Start(ctx, ledger.RunInfo{ID: "next", Scope: "real:1"}, []batch.Key{someKey(6), someKey(2)})
	must(t, err)
	for i, open := range map[int]string{6: "open", 2: "first"} {
		if err := r.Begin(ctx, someApplication(i, "edited")); !isA[*batch.OpenTokenError](err) {
			t.Errorf("circuit %d: another token was begun: %v", i, err)
		}
		all(t, r.Begin(ctx, someApplication(i, open)), r.Finish(ctx, outcome(someApplication(i, open), sheet.Submitted)))
	}
	all(t, r.End(ctx, ledger.RunEnd{}))

	again, err := ledger.Move(ctx, file, to, to.Path())
	if !isA[*ledger.TakenError](err) || again != taken {
		t.Errorf("a second time: %v, %+v, want %+v", err, again, taken)
	}
	if _, err := file.Start(ctx, ledger.RunInfo{ID: "behind", Scope: "real:1"}, nil); !isA[*ledger.MovedError](err) {
		t.Errorf("the file is still used: %v", err)
	}
}

// TestTakeOverRefused checks that a database refuses what it knows from elsewhere, and that both
// ledgers stay unchanged.
func TestTakeOverRefused(t *testing.T) {
	ctx, folder := t.Context(), t.TempDir()
	path := filepath.Join(folder, "ledger.db")
	file := lived(t, path)
	all(t, file.Close())
	content, err := os.ReadFile(path)
	must(t, err)
	all(t, os.WriteFile(filepath.Join(folder, "copy.db"), content, 0o600), os.CopyFS(filepath.Join(folder, "copy.db.locks"), os.DirFS(path+".locks")))
	reopen := func(name string) *sqlite.Store {
		s, err := sqlite.Open(ctx, filepath.Join(folder, name))
		must(t, err)
		t.Cleanup(func() { s.Close() })
		return s
	}

	to := open(t, database(t), postgres.Silence)
	r, err := to.Start(ctx, ledger.RunInfo{ID: "early", Scope: "real:1"}, []batch.Key{someKey(1), someKey(11)})
	must(t, err)
	a := someApplication(1, "here")
	all(t, r.Begin(ctx, a), r.Finish(ctx, outcome(a, sheet.Submitted)), r.End(ctx, ledger.RunEnd{}))
	file = reopen("ledger.db")
	_, err = ledger.Move(ctx, file, to, to.Path())
	if known, ok := errors.AsType[*ledger.KnownError](err); !ok || known.Circuits != 1 || known.Circuit != someKey(1) || known.Scope != "real:1" {
		t.Errorf("%v, want one known circuit", err)
	}
	if runs, err := to.Runs(ctx, 0); err != nil || len(runs) != 1 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
	next, err := file.Start(ctx, ledger.RunInfo{ID: "next", Scope: "real:1"}, []batch.Key{someKey(6)})
	must(t, err) // it may still be used
	if _, err := ledger.Move(ctx, file, to, to.Path()); !isA[*ledger.LockedError](err) {
		t.Errorf("beside a run in progress: %v", err)
	}
	all(t, next.End(ctx, ledger.RunEnd{}))

	// A circuit that a batch holds counts as known, though nothing has happened to it yet.
	other := open(t, database(t), postgres.Silence)
	held, err := other.Start(ctx, ledger.RunInfo{ID: "held", Scope: "real:1"}, []batch.Key{someKey(8)})
	must(t, err)
	if _, err := ledger.Move(ctx, file, other, other.Path()); !isA[*ledger.KnownError](err) {
		t.Errorf("beside a batch with one of its circuits: %v", err)
	}
	all(t, held.End(ctx, ledger.RunEnd{}))
	_, err = ledger.Move(ctx, file, other, other.Path())
	must(t, err)
	_, err = ledger.Move(ctx, reopen("copy.db"), other, other.Path())
	if known, ok := errors.AsType[*ledger.KnownError](err); !ok || known.Run != "pruned" {
		t.Errorf("a copy of the file: %v", err)
	}
}

// TestTakeOverOfTwoFiles takes over the ledgers of two hosts, which then share one quota.
func TestTakeOverOfTwoFiles(t *testing.T) {
	ctx, folder := context.Background(), t.TempDir()
	to := open(t, database(t), postgres.Silence)
	for i, name := range []string{"one.db", "two.db"} {
		s, err := sqlite.Open(ctx, filepath.Join(folder, name))
		must(t, err)
		r, err := s.Start(ctx, ledger.RunInfo{ID: name, Scope: "real:1"}, []batch.Key{someKey(i)})
		must(t, err)
		a := someApplication(i, "h")
		all(t, r.Begin(ctx, a), r.Finish(ctx, outcome(a, sheet.Submitted)), r.End(ctx, ledger.RunEnd{}))
		_, err = s.Take(ctx, quotaKey, quota.Ask{Process: uint64(i), Number: 1, Rate: quota.DefaultRate, Burst: 60, Life: 15 * time.Second, Want: 5})
		must(t, err)
		_, err = ledger.Move(ctx, s, to, to.Path())
		all(t, err, s.Close())
	}
	uses, err := to.InUse(ctx, "real:1", quota.DefaultRate)
	if err != nil || len(uses) != 1 || uses[0].Requests != 10 {
		t.Errorf("%+v, %v, want 10 requests", uses, err)
	}
	past, err := to.Past(ctx, "real:1", batch.PlaceLOA, []batch.Key{someKey(0), someKey(1)})
	if err != nil || len(past) != 2 {
		t.Errorf("%+v, %v", past, err)
	}
}
