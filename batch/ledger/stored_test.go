package ledger

import (
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// TestStored checks that stored values read back unchanged, and that each field has a column.
func TestStored(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 20, 30, 5, time.UTC)
	of := StateKey{Simulated, batch.Key{Region: "cn-x", InstanceID: "pc-1"}, batch.PlaceCompletion}
	state := State{
		Last:             Submission{Run: 3, Hash: "hash", Generation: 2, Token: "token"},
		Pending:          Submission{Run: 4, Hash: "pending", Generation: 5, Token: "next"},
		PendingOperation: batch.Complete, PendingPhase: PhaseLeft, Tried: at, Accepted: at.Add(1), Others: "a\nb",
		Result: sheet.Refused, ErrorCode: "Code", RequestID: "request", SubmittedAt: at.Add(2), LOAStatus: "Rejected",
	}
	stored := state.Store(of)
	if key, read, err := stored.State(); err != nil || read != state || key != of.Key {
		t.Errorf("state %+v, %+v, %v", key, read, err)
	}

	outcome := batch.Outcome{
		Row: 7, Key: of.Key, Operation: batch.Confirm, Result: sheet.Unknown, Reason: batch.ReasonSettling, ErrorCode: "Code", RequestID: "request",
		Token: "token", Generation: 2, Attempts: 3, SubmittedAt: at, LOAStatus: "Available", Tried: at.Add(1),
	}
	step := StoreStep(9, &outcome, at)
	if read, err := step.Outcome(); err != nil || !reflect.DeepEqual(read, outcome) || step.Run != 9 || !Instant(step.Finished).Equal(at) {
		t.Errorf("step %+v, %v", read, err)
	}
	begun := StoredStep{Row: 7}
	if read, err := begun.Outcome(); err != nil || read.Result != sheet.Unknown || read.Reason != batch.ReasonUnsettled {
		t.Errorf("a step that was begun is %+v, %v", read, err)
	}

	for columns, fields := range map[string]int{
		StateColumns: len(stored.Fields()), StepColumns: len(step.Fields()), InfoColumns: len(RunInfo{}.Values()),
		RunColumns: len(new(StoredRun).Fields()), LOAColumns: len(LOA{}.Values(Real)),
	} {
		if n := strings.Count(columns, ",") + 1; n != fields {
			t.Errorf("%d columns and %d fields: %s", n, fields, columns)
		}
	}
}

// TestTally: a row with several steps counts once, by what it shows.
func TestTally(t *testing.T) {
	tally := Tally{Results: map[sheet.Result]int{sheet.Invalid: 1}}
	for _, step := range []struct {
		row       int
		operation string
		result    sheet.Result
	}{
		{2, "apply", sheet.Submitted}, {2, "complete", sheet.NotAttempted},
		{3, "", sheet.Already}, {3, "complete", sheet.Submitted}, {3, "confirm", sheet.Refused},
		{4, "apply", sheet.Failed},
	} {
		if err := tally.Scan(columns(step.row, step.operation, step.result)); err != nil {
			t.Fatal(err)
		}
	}
	want := map[sheet.Result]int{sheet.Invalid: 1, sheet.Submitted: 1, sheet.Refused: 1, sheet.Failed: 1}
	if !maps.Equal(tally.Results, want) {
		t.Errorf("results %v, want %v", tally.Results, want)
	}
	if tally.Scan(columns(5, "dance", sheet.Failed)) == nil {
		t.Error("an unknown operation is counted")
	}
}

// columns scans a row of a query.
func columns(row int, operation string, result sheet.Result) func(...any) error {
	return func(into ...any) error {
		*into[0].(*int), *into[1].(*string), *into[2].(*sheet.Result) = row, operation, result
		return nil
	}
}
