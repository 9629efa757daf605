package exit_test

import (
	"slices"
	"testing"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/sheet"
)

func TestExitCode(t *testing.T) {
	type counts = map[sheet.Result]int
	for _, c := range []struct {
		name string
		end  exit.Run
		want int
	}{
		{"no rows", exit.Run{}, exit.OK},
		{"all submitted", exit.Run{Results: counts{sheet.Submitted: 3}}, exit.OK},
		{"submitted before, skipped", exit.Run{Results: counts{sheet.Already: 1, sheet.Skipped: 2}}, exit.OK},
		{"dry run, all valid", exit.Run{Results: counts{sheet.Valid: 2}, Withheld: true}, exit.OK},
		{"dry run, one invalid", exit.Run{Results: counts{sheet.Valid: 2, sheet.Invalid: 1}, Withheld: true}, exit.Validation},
		{"dry run, only an engineer is wrong", exit.Run{Results: counts{sheet.Valid: 2}, Errors: 1, Withheld: true}, exit.Validation},
		{"dry run, one blocked", exit.Run{Results: counts{sheet.Valid: 2, sheet.Blocked: 1}, Withheld: true}, exit.Rows},
		{"dry run, blocked and invalid", exit.Run{Results: counts{sheet.Invalid: 2, sheet.Blocked: 1}, Withheld: true}, exit.Rows},
		{"dry run, circuits without an answer from the API", exit.Run{Results: counts{sheet.Valid: 2, sheet.NotAttempted: 1}, Withheld: true, Unasked: 1}, exit.Unfinished},
		{"dry run, no answer and invalid", exit.Run{Results: counts{sheet.Invalid: 2, sheet.NotAttempted: 1}, Withheld: true, Unasked: 1}, exit.Unfinished},
		{"dry run, no answer and blocked", exit.Run{Results: counts{sheet.Blocked: 2, sheet.NotAttempted: 1}, Withheld: true, Unasked: 1}, exit.Rows},
		{"dry run, no permission", exit.Run{Results: counts{sheet.NotAttempted: 3}, Stop: batch.StopFatal, Withheld: true, Unasked: 3}, exit.Stopped},
		{"dry run, out of time", exit.Run{Results: counts{sheet.NotAttempted: 3}, Stop: batch.StopDuration, Withheld: true, Unasked: 3}, exit.Duration},
		{"all or nothing", exit.Run{Results: counts{sheet.NotAttempted: 2, sheet.Invalid: 1}, Withheld: true}, exit.Validation},
		{"no valid row", exit.Run{Results: counts{sheet.Invalid: 3}, Errors: 3}, exit.Validation},
		{"some invalid", exit.Run{Results: counts{sheet.Submitted: 1, sheet.Invalid: 1}, Errors: 1}, exit.Rows},
		{"an engineer is wrong", exit.Run{Results: counts{sheet.Submitted: 1}, Errors: 1}, exit.Rows},
		{"refused beats failed", exit.Run{Results: counts{sheet.Refused: 1, sheet.Failed: 1}}, exit.Rows},
		{"invalid beats unknown", exit.Run{Results: counts{sheet.Invalid: 1, sheet.Unknown: 1}, Errors: 1}, exit.Rows},
		{"failed", exit.Run{Results: counts{sheet.Submitted: 1, sheet.Failed: 1}}, exit.Unfinished},
		{"unknown", exit.Run{Results: counts{sheet.Unknown: 1}}, exit.Unfinished},
		{"fatal beats rows", exit.Run{Results: counts{sheet.Refused: 1, sheet.NotAttempted: 1}, Stop: batch.StopFatal}, exit.Stopped},
		{"canary", exit.Run{Results: counts{sheet.Refused: 1}, Stop: batch.StopCanary}, exit.Stopped},
		{"max failures", exit.Run{Results: counts{sheet.Refused: 5}, Stop: batch.StopMaxFailures}, exit.Stopped},
		{"a region that could not be reached", exit.Run{Results: counts{sheet.Submitted: 1, sheet.NotAttempted: 1}}, exit.Stopped},
		{"duration", exit.Run{Results: counts{sheet.NotAttempted: 1, sheet.Failed: 1}, Stop: batch.StopDuration}, exit.Duration},
		{"ledger", exit.Run{Results: counts{sheet.NotAttempted: 1}, Stop: batch.StopLedger}, exit.Internal},
		{"signal", exit.Run{Results: counts{sheet.NotAttempted: 1}, Stop: batch.StopInterrupted, Signal: exit.Terminated}, exit.Terminated},
		{"no copy beats all", exit.Run{Results: counts{sheet.NotAttempted: 1}, Signal: exit.Interrupted, CopyFailed: true}, exit.NoCopy},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.end.Code(); got != c.want {
				t.Errorf("exit code %d, want %d", got, c.want)
			}
		})
	}
}

// TestExitCodeCombinations compares every combination of facts with the table of the README,
// read from its top: the first line that applies gives the code.
func TestExitCodeCombinations(t *testing.T) {
	stops := []batch.StopReason{"", batch.StopFatal, batch.StopMaxFailures, batch.StopCanary, batch.StopDuration, batch.StopLedger, batch.StopPanic, batch.StopInterrupted}
	signals := []int{0, exit.Interrupted, exit.Quit, exit.Aborted, exit.Terminated}
	for present := range 1 << len(sheet.AllResults) {
		results := map[sheet.Result]int{}
		for i, r := range sheet.AllResults {
			if present>>i&1 == 1 {
				results[r] = 1
			}
		}
		has := func(list ...sheet.Result) bool {
			return slices.ContainsFunc(list, func(r sheet.Result) bool { return results[r] > 0 })
		}
		for n := range len(stops) * len(signals) * 8 {
			stop, signal, rest := stops[n%len(stops)], signals[n/len(stops)%len(signals)], n/len(stops)/len(signals)
			e := exit.Run{Results: results, Stop: stop, Signal: signal, Withheld: rest&1 != 0, CopyFailed: rest&2 != 0, Errors: rest >> 2}
			if e.Withheld {
				e.Unasked = results[sheet.NotAttempted]
			}
			invalid := has(sheet.Invalid) || e.Errors > 0
			passed := has(sheet.Submitted, sheet.Already, sheet.Valid, sheet.Blocked, sheet.Refused, sheet.Failed, sheet.Unknown, sheet.NotAttempted)
			want := exit.OK
			switch {
			case e.CopyFailed:
				want = exit.NoCopy
			case signal != 0:
				want = signal
			case stop == batch.StopDuration:
				want = exit.Duration
			case stop == batch.StopLedger, stop == batch.StopPanic:
				want = exit.Internal
			case stop == batch.StopFatal, stop == batch.StopMaxFailures, stop == batch.StopCanary, !e.Withheld && has(sheet.NotAttempted):
				want = exit.Stopped
			case has(sheet.Blocked) && e.Withheld, has(sheet.Refused) && !e.Withheld, invalid && passed && !e.Withheld:
				want = exit.Rows
			case e.Withheld && e.Unasked > 0, !e.Withheld && !invalid && has(sheet.Failed, sheet.Unknown):
				want = exit.Unfinished
			case invalid:
				want = exit.Validation
			case e.Withheld && has(sheet.Unknown):
				want = exit.Unfinished
			}
			if got := e.Code(); got != want {
				t.Fatalf("%+v: exit code %d, want %d", e, got, want)
			}
		}
	}
}

func TestWorstExitCode(t *testing.T) {
	const sent = true
	for _, c := range []struct {
		name string
		ends []exit.Input
		want int
	}{
		{"no input", nil, exit.OK},
		{"all accepted", []exit.Input{{exit.OK, sent}, {exit.OK, sent}}, exit.OK},
		{"one accepted, one without a valid row", []exit.Input{{exit.OK, sent}, {exit.Validation, false}}, exit.Rows},
		{"one without a valid row, one accepted", []exit.Input{{exit.Validation, false}, {exit.OK, sent}}, exit.Rows},
		{"one accepted, one unreadable", []exit.Input{{exit.OK, sent}, {exit.Usage, false}}, exit.Rows},
		{"nothing sent, one without a valid row", []exit.Input{{exit.OK, false}, {exit.Validation, false}}, exit.Validation},
		{"nothing sent, one unreadable", []exit.Input{{exit.Validation, false}, {exit.Usage, false}}, exit.Usage},
		{"one unfinished, one without a valid row", []exit.Input{{exit.Unfinished, sent}, {exit.Validation, false}}, exit.Rows},
	} {
		if got := exit.Worst(c.ends); got != c.want {
			t.Errorf("%s: exit code %d, want %d", c.name, got, c.want)
		}
	}
}

// TestWorstExitCodeCombinations combines up to three inputs in every way. What counts is the
// highest of 6 to 9, except that 8 and 9 outrank a signal and it outranks 6 and 7; then 1;
// then 4 and 5; 2 and 3 only if nothing was sent for any.
func TestWorstExitCodeCombinations(t *testing.T) {
	var ends []exit.Input
	for _, code := range append([]int{exit.OK}, exit.Ranking...) {
		ends = append(ends, exit.Input{code, false}, exit.Input{code, true})
	}
	check := func(list ...exit.Input) {
		has := func(codes ...int) bool {
			return slices.ContainsFunc(list, func(e exit.Input) bool { return slices.Contains(codes, e.Code) })
		}
		sent := slices.ContainsFunc(list, func(e exit.Input) bool { return e.Sent })
		want := exit.OK
		for _, line := range []struct {
			code    int
			applies bool
		}{
			{exit.Validation, has(exit.Validation) && !sent}, {exit.Unfinished, has(exit.Unfinished)},
			{exit.Rows, has(exit.Rows) || sent && has(exit.Usage, exit.Validation)}, {exit.Usage, has(exit.Usage) && !sent},
			{exit.Internal, has(exit.Internal)}, {exit.Stopped, has(exit.Stopped)}, {exit.Duration, has(exit.Duration)},
			{exit.Interrupted, has(exit.Interrupted)}, {exit.Quit, has(exit.Quit)}, {exit.Aborted, has(exit.Aborted)}, {exit.Terminated, has(exit.Terminated)},
			{exit.NoCopy, has(exit.NoCopy)}, {exit.Locked, has(exit.Locked)},
		} {
			if line.applies {
				want = line.code
			}
		}
		if got := exit.Worst(list); got != want {
			t.Errorf("worst of %v is %d, want %d", list, got, want)
		}
	}
	for _, a := range ends {
		check(a)
		for _, b := range ends {
			check(a, b)
			for _, c := range ends {
				check(a, b, c)
			}
		}
	}
}
