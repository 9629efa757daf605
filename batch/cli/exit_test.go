package cli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/sheet"
)

func TestExitCode(t *testing.T) {
	type counts = map[sheet.Result]int
	for _, c := range []struct {
		name string
		end  exitFacts
		want int
	}{
		{"no rows", exitFacts{}, exitOK},
		{"all submitted", exitFacts{results: counts{sheet.Submitted: 3}}, exitOK},
		{"submitted before, skipped", exitFacts{results: counts{sheet.Already: 1, sheet.Skipped: 2}}, exitOK},
		{"dry run, all valid", exitFacts{results: counts{sheet.Valid: 2}, withheld: true}, exitOK},
		{"dry run, one invalid", exitFacts{results: counts{sheet.Valid: 2, sheet.Invalid: 1}, withheld: true}, exitValidation},
		{"dry run, only an engineer is wrong", exitFacts{results: counts{sheet.Valid: 2}, errors: 1, withheld: true}, exitValidation},
		{"dry run, one blocked", exitFacts{results: counts{sheet.Valid: 2, sheet.Blocked: 1}, withheld: true}, exitRows},
		{"dry run, blocked and invalid", exitFacts{results: counts{sheet.Invalid: 2, sheet.Blocked: 1}, withheld: true}, exitRows},
		{"dry run, circuits without an answer from the API", exitFacts{results: counts{sheet.Valid: 2, sheet.NotAttempted: 1}, withheld: true, unasked: 1}, exitUnfinished},
		{"dry run, no answer and invalid", exitFacts{results: counts{sheet.Invalid: 2, sheet.NotAttempted: 1}, withheld: true, unasked: 1}, exitUnfinished},
		{"dry run, no answer and blocked", exitFacts{results: counts{sheet.Blocked: 2, sheet.NotAttempted: 1}, withheld: true, unasked: 1}, exitRows},
		{"dry run, no permission", exitFacts{results: counts{sheet.NotAttempted: 3}, stop: batch.StopFatal, withheld: true, unasked: 3}, exitStopped},
		{"dry run, out of time", exitFacts{results: counts{sheet.NotAttempted: 3}, stop: batch.StopDuration, withheld: true, unasked: 3}, exitDuration},
		{"all or nothing", exitFacts{results: counts{sheet.NotAttempted: 2, sheet.Invalid: 1}, withheld: true}, exitValidation},
		{"no valid row", exitFacts{results: counts{sheet.Invalid: 3}, errors: 3}, exitValidation},
		{"some invalid", exitFacts{results: counts{sheet.Submitted: 1, sheet.Invalid: 1}, errors: 1}, exitRows},
		{"an engineer is wrong", exitFacts{results: counts{sheet.Submitted: 1}, errors: 1}, exitRows},
		{"refused beats failed", exitFacts{results: counts{sheet.Refused: 1, sheet.Failed: 1}}, exitRows},
		{"invalid beats unknown", exitFacts{results: counts{sheet.Invalid: 1, sheet.Unknown: 1}, errors: 1}, exitRows},
		{"failed", exitFacts{results: counts{sheet.Submitted: 1, sheet.Failed: 1}}, exitUnfinished},
		{"unknown", exitFacts{results: counts{sheet.Unknown: 1}}, exitUnfinished},
		{"fatal beats rows", exitFacts{results: counts{sheet.Refused: 1, sheet.NotAttempted: 1}, stop: batch.StopFatal}, exitStopped},
		{"canary", exitFacts{results: counts{sheet.Refused: 1}, stop: batch.StopCanary}, exitStopped},
		{"max failures", exitFacts{results: counts{sheet.Refused: 5}, stop: batch.StopMaxFailures}, exitStopped},
		{"a region that could not be reached", exitFacts{results: counts{sheet.Submitted: 1, sheet.NotAttempted: 1}}, exitStopped},
		{"duration", exitFacts{results: counts{sheet.NotAttempted: 1, sheet.Failed: 1}, stop: batch.StopDuration}, exitDuration},
		{"ledger", exitFacts{results: counts{sheet.NotAttempted: 1}, stop: batch.StopLedger}, exitInternal},
		{"signal", exitFacts{results: counts{sheet.NotAttempted: 1}, stop: batch.StopInterrupted, signal: exitTerminated}, exitTerminated},
		{"no copy beats all", exitFacts{results: counts{sheet.NotAttempted: 1}, signal: exitInterrupted, copyFailed: true}, exitNoCopy},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.end.code(); got != c.want {
				t.Errorf("exit code %d, want %d", got, c.want)
			}
		})
	}
}

// TestExitCodeCombinations compares every combination of facts with the table of the README,
// read from its top: the first line that applies gives the code.
func TestExitCodeCombinations(t *testing.T) {
	stops := []batch.StopReason{"", batch.StopFatal, batch.StopMaxFailures, batch.StopCanary, batch.StopDuration, batch.StopLedger, batch.StopPanic, batch.StopInterrupted}
	signals := []int{0, exitInterrupted, exitQuit, exitAborted, exitTerminated}
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
			e := exitFacts{results: results, stop: stop, signal: signal, withheld: rest&1 != 0, copyFailed: rest&2 != 0, errors: rest >> 2}
			if e.withheld {
				e.unasked = results[sheet.NotAttempted]
			}
			invalid := has(sheet.Invalid) || e.errors > 0
			passed := has(sheet.Submitted, sheet.Already, sheet.Valid, sheet.Blocked, sheet.Refused, sheet.Failed, sheet.Unknown, sheet.NotAttempted)
			want := exitOK
			switch {
			case e.copyFailed:
				want = exitNoCopy
			case signal != 0:
				want = signal
			case stop == batch.StopDuration:
				want = exitDuration
			case stop == batch.StopLedger, stop == batch.StopPanic:
				want = exitInternal
			case stop == batch.StopFatal, stop == batch.StopMaxFailures, stop == batch.StopCanary, !e.withheld && has(sheet.NotAttempted):
				want = exitStopped
			case has(sheet.Blocked) && e.withheld, has(sheet.Refused) && !e.withheld, invalid && passed && !e.withheld:
				want = exitRows
			case e.withheld && e.unasked > 0, !e.withheld && !invalid && has(sheet.Failed, sheet.Unknown):
				want = exitUnfinished
			case invalid:
				want = exitValidation
			}
			if got := e.code(); got != want {
				t.Fatalf("%+v: exit code %d, want %d", e, got, want)
			}
		}
	}
}

func TestWorstExitCode(t *testing.T) {
	const sent = true
	for _, c := range []struct {
		name string
		ends []inputExit
		want int
	}{
		{"no input", nil, exitOK},
		{"all accepted", []inputExit{{exitOK, sent}, {exitOK, sent}}, exitOK},
		{"one accepted, one without a valid row", []inputExit{{exitOK, sent}, {exitValidation, false}}, exitRows},
		{"one without a valid row, one accepted", []inputExit{{exitValidation, false}, {exitOK, sent}}, exitRows},
		{"one accepted, one unreadable", []inputExit{{exitOK, sent}, {exitUsage, false}}, exitRows},
		{"nothing sent, one without a valid row", []inputExit{{exitOK, false}, {exitValidation, false}}, exitValidation},
		{"nothing sent, one unreadable", []inputExit{{exitValidation, false}, {exitUsage, false}}, exitUsage},
		{"one unfinished, one without a valid row", []inputExit{{exitUnfinished, sent}, {exitValidation, false}}, exitRows},
	} {
		if got := worst(c.ends); got != c.want {
			t.Errorf("%s: exit code %d, want %d", c.name, got, c.want)
		}
	}
}

// TestWorstExitCodeCombinations combines up to three inputs in every way. What counts is the
// highest of 6 to 9, except that 8 and 9 outrank a signal and it outranks 6 and 7; then 1;
// then 4 and 5; 2 and 3 only if nothing was sent for any.
func TestWorstExitCodeCombinations(t *testing.T) {
	var ends []inputExit
	for _, code := range append([]int{exitOK}, ranking...) {
		ends = append(ends, inputExit{code, false}, inputExit{code, true})
	}
	check := func(list ...inputExit) {
		has := func(codes ...int) bool {
			return slices.ContainsFunc(list, func(e inputExit) bool { return slices.Contains(codes, e.code) })
		}
		sent := slices.ContainsFunc(list, func(e inputExit) bool { return e.sent })
		want := exitOK
		for _, line := range []struct {
			code    int
			applies bool
		}{
			{exitValidation, has(exitValidation) && !sent}, {exitUnfinished, has(exitUnfinished)},
			{exitRows, has(exitRows) || sent && has(exitUsage, exitValidation)}, {exitUsage, has(exitUsage) && !sent},
			{exitInternal, has(exitInternal)}, {exitStopped, has(exitStopped)}, {exitDuration, has(exitDuration)},
			{exitInterrupted, has(exitInterrupted)}, {exitQuit, has(exitQuit)}, {exitAborted, has(exitAborted)}, {exitTerminated, has(exitTerminated)},
			{exitNoCopy, has(exitNoCopy)}, {exitLocked, has(exitLocked)},
		} {
			if line.applies {
				want = line.code
			}
		}
		if got := worst(list); got != want {
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

// TestCopyPath checks where copies go by default; names do not grow from run to run.
func TestCopyPath(t *testing.T) {
	for _, c := range []struct{ in, output, want string }{
		{"dir/a.xlsx", "", "dir/a.results-20270115-020000-abcde.xlsx"},
		{"a.xlsm", "", "a.results-20270115-020000-abcde.xlsm"},
		{"a.results-20261231-020000-zzzzz.xlsx", "", "a.results-20270115-020000-abcde.xlsx"},
		{"a.results-of-may.xlsx", "", "a.results-of-may.results-20270115-020000-abcde.xlsx"},
		{"a.xlsx", "out.xlsx", "out.xlsx"},
	} {
		if got := copyPath(c.in, c.output, false, "20270115-020000-abcde"); got != filepath.FromSlash(c.want) {
			t.Errorf("copyPath(%q, %q) = %q, want %q", c.in, c.output, got, c.want)
		}
	}
	if got := copyPath("x/a.xlsx", "out", true, "r"); got != filepath.FromSlash("out/a.results-r.xlsx") {
		t.Errorf("with several inputs: %q", got)
	}
}

// A copy that cannot be written to its path goes beside it, to the folder of this run's
// ledger, or to that of temporary files.
func TestSecondPlaces(t *testing.T) {
	a := &app{env: Env{Getenv: os.Getenv}}
	ledger := filepath.Join("var", "night", "ledger.db")
	got := a.secondPlaces(filepath.Join("out", "a.xlsx"), "r1", ledger)
	var want []string
	for _, folder := range []string{"out", filepath.Dir(ledger), os.TempDir()} {
		want = append(want, filepath.Join(folder, "a.r1-2.xlsx"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestEndpointFlag checks that the flag takes what the API's side takes, and that each of
// its errors has a sentence.
func TestEndpointFlag(t *testing.T) {
	for _, tc := range []struct{ endpoint, want string }{
		{"", ""},
		{"https://vpc.example.com", ""},
		{"vpc.example.com:8443", ""},
		{"http://127.0.0.1:8080/", ""},
		{"http://LOCALHOST:1", ""},
		{"http://vpc.example.com", "endpoint-plain"},
		{"https://vpc.example.com/path", "endpoint-value"},
		{"https://vpc.example.com:70000", "endpoint-value"},
		{"ftp://vpc.example.com", "endpoint-value"},
		{"https://user:password@vpc.example.com", "endpoint-user"},
		{"https://user:pass#password@vpc.example.com", "endpoint-user"},
		{"https://user:pass/password@vpc.example.com", "endpoint-user"},
	} {
		f := serviceFlags{endpoint: tc.endpoint}
		err := f.checkEndpoint()
		if tc.want == "" {
			if err != nil {
				t.Errorf("%q: %v", tc.endpoint, err)
			}
			continue
		}
		own, ok := errors.AsType[*exitError](err)
		if !ok || own.code != tc.want || own.exit != exitUsage {
			t.Errorf("%q: %v, want %s", tc.endpoint, err, tc.want)
			continue
		}
		message, hint := prose.English.Render(own.code, own.args)
		if message == "" || hint == "" || strings.Contains(message+hint, "password@") {
			t.Errorf("%q: %q, %q", tc.endpoint, message, hint)
		}
	}
}
