package batch_test

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

func denial() *batch.CallError {
	return &batch.CallError{Class: batch.Refused, Denied: true, Code: "Forbidden.RAM", Status: 403, RequestID: "R-denied"}
}

// TestRefusedPermission refuses permission to some rows and accepts all others after a while.
func TestRefusedPermission(t *testing.T) {
	all := func(int) bool { return true }
	for _, test := range []struct {
		name        string
		rows        int
		regions     []string
		concurrency int
		denied      func(i int) bool // by the row's place in the sheet, from 0
		want        map[sheet.Result]int
		stop        batch.StopReason
		most        int // requests
	}{
		{"every row of three regions", 100, []string{"cn-hangzhou", "cn-shanghai", "cn-beijing"}, 0, all, map[sheet.Result]int{sheet.NotAttempted: 100}, batch.StopFatal, 8},
		{"every row, many calls", 200, []string{"cn-hangzhou", "cn-shanghai"}, 64, all, map[sheet.Result]int{sheet.NotAttempted: 200}, batch.StopFatal, 8},
		{"every row, one call at a time", 100, nil, 1, all, map[sheet.Result]int{sheet.NotAttempted: 100}, batch.StopFatal, 3},
		{"both rows of two", 2, nil, 0, all, map[sheet.Result]int{sheet.NotAttempted: 2}, batch.StopFatal, 2},
		{"the only row", 1, nil, 0, all, map[sheet.Result]int{sheet.NotAttempted: 1}, batch.StopFatal, 1},
		{"the first row", 50, nil, 0, func(i int) bool { return i == 0 }, map[sheet.Result]int{sheet.Refused: 1, sheet.Submitted: 49}, "", 50},
		{"the first row, one call at a time", 50, nil, 1, func(i int) bool { return i == 0 }, map[sheet.Result]int{sheet.Refused: 1, sheet.Submitted: 49}, "", 50},
		{"the first two of three", 3, nil, 0, func(i int) bool { return i < 2 }, map[sheet.Result]int{sheet.Refused: 2, sheet.Submitted: 1}, "", 3},
		{"all but the second", 20, nil, 1, func(i int) bool { return i != 1 }, map[sheet.Result]int{sheet.Refused: 19, sheet.Submitted: 1}, "", 20},
		{"the last ten", 50, nil, 0, func(i int) bool { return i >= 40 }, map[sheet.Result]int{sheet.Refused: 10, sheet.Submitted: 40}, "", 50},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.faults = func(a batch.Application) fault {
					if test.denied(a.Row - 2) {
						return fault{err: denial()}
					}
					return fault{}
				}
				l := &ledger.Memory{}
				w := workbook(test.rows, test.regions...)
				sum := summarize(t, &batch.Engine{Submitter: s, Finder: s, Ledger: l, Concurrency: test.concurrency}, t.Context(), nil, w)
				addUp(t, sum.Outcomes, test.want)
				if sum.Stop != test.stop || test.stop != "" && sum.StopCode != "Forbidden.RAM" {
					t.Errorf("stop %q %q", sum.Stop, sum.StopCode)
				}
				if sum.Requests > test.most {
					t.Errorf("%d requests, want at most %d", sum.Requests, test.most)
				}
				sent := 0
				for _, o := range sum.Outcomes {
					switch {
					case o.Result == sheet.NotAttempted && o.Attempts > 0:
						sent++
						if o.Reason != batch.ReasonRefusedAll || o.RequestID != "R-denied" {
							t.Errorf("row %d: %s %s", o.Row, o.Reason, o.RequestID)
						}
					case o.Result == sheet.NotAttempted && o.Reason != batch.ReasonStopped:
						t.Errorf("row %d, never sent: %s", o.Row, o.Reason)
					}
				}
				if test.stop != "" && sent != sum.Requests {
					t.Errorf("%d rows say that they were refused, but %d were", sent, sum.Requests)
				}
				past, _ := l.Past(t.Context(), batch.PlaceLOA, plan.Keys(w))
				for k, r := range past {
					if r.Open {
						t.Errorf("%v is still open, but the API rejected it", k)
					}
				}
			})
		})
	}
}

// A row that was refused permission holds no call: with one call at a time the next row is sent.
// Rows that are refused for other reasons do not make a refused permission concern the account.
func TestOtherRefusalsAreNoVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.faults = func(a batch.Application) fault {
			if a.Row%2 == 0 {
				return fault{err: &batch.CallError{Class: batch.Refused, Code: "IllegalParam.Si", Status: 400}}
			}
			return fault{err: denial()}
		}
		sum := summarize(t, &batch.Engine{Submitter: s, Finder: s, Concurrency: 1}, t.Context(), nil, workbook(5))
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Refused: 5})
		if sum.Stop != "" {
			t.Errorf("stop %q", sum.Stop)
		}
	})
}

// A region whose first answers do not arrive holds up another for at most a second.
func TestHangingRegionDoesNotKeepOthersFromStarting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.faults = func(a batch.Application) fault {
			if a.Key.Region == "cn-shanghai" {
				return fault{err: lostAnswer("(timeout)"), hang: true}
			}
			return fault{}
		}
		start, first := time.Now(), time.Duration(0)
		e := &batch.Engine{Submitter: s, Finder: s, MaxAttempts: 1, Observe: func(e batch.Event) {
			if e.Outcome.Result == sheet.Submitted && first == 0 {
				first = time.Since(start)
			}
		}}
		summarize(t, e, t.Context(), nil, workbook(40, "cn-shanghai", "cn-hangzhou"))
		if first > 2*time.Second {
			t.Errorf("the first row was accepted after %v", first)
		}
	})
}

// A signal that comes before the verdict ends rows that were refused permission as REFUSED.
func TestSignalBeforeTheVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.faults = func(a batch.Application) fault {
			if a.Row == 2 {
				return fault{err: denial()}
			}
			return fault{err: lostAnswer("(timeout)"), hang: true}
		}
		drain := make(chan struct{})
		time.AfterFunc(5*time.Second, func() { close(drain) })
		sum := summarize(t, &batch.Engine{Submitter: s, Finder: s, Concurrency: 2}, t.Context(), drain, workbook(30))
		if o := sum.Outcomes[0]; sum.Stop != batch.StopInterrupted || o.Result != sheet.Refused || o.ErrorCode != "Forbidden.RAM" {
			t.Errorf("stop %q, the first row is %s %s", sum.Stop, o.Result, o.ErrorCode)
		}
	})
}

// A lookup that is refused permission says nothing about the circuit: what an earlier run left open
// stays UNKNOWN, and nothing is sent for it. The other rows go on.
func TestDeniedLookupSettlesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l, w := newServer(), &ledger.Memory{}, workbook(3)
		p := plan.New(w, plan.Options{})
		if err := l.Begin(t.Context(), p.Applications[1]); err != nil {
			t.Fatal(err)
		}
		w.Circuits[1].CompanyName = "Edited Ltd"
		past, _ := l.Past(t.Context(), batch.PlaceLOA, plan.Keys(w))
		s.blind = func(batch.Key) *batch.CallError { return denial() }
		e := &batch.Engine{Submitter: s, Finder: s, Ledger: l, Rate: quota.Rate{N: 100, Per: time.Second}}
		sum, err := e.Run(t.Context(), nil, plan.New(w, plan.Options{Past: past}))
		if err != nil {
			t.Fatal(err)
		}
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Submitted: 2, sheet.Unknown: 1})
		if o := sum.Outcomes[1]; o.Result != sheet.Unknown || s.accepted[o.Key] != 0 {
			t.Errorf("row %d is %s, %d accepted", o.Row, o.Result, s.accepted[o.Key])
		}
	})
}

// A proxy that demands a sign-in ends the run and is named in the log, and nothing is sent.
func TestProxyEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.faults = func(batch.Application) fault {
			return fault{err: &batch.CallError{Class: batch.RunFatal, Code: "(proxy-sign-in)", Proxy: batch.Proxy{Variable: "HTTPS_PROXY", Host: "proxy.example.com:3128"}}}
		}
		var log bytes.Buffer
		e := &batch.Engine{Submitter: s, Finder: s, Concurrency: 1, Log: slog.New(slog.NewTextHandler(&log, nil))}
		sum := summarize(t, e, t.Context(), nil, workbook(10))
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.NotAttempted: 10})
		if sum.Stop != batch.StopFatal || sum.Outcomes[0].Reason != batch.ReasonStopped || !strings.Contains(log.String(), `proxy="HTTPS_PROXY proxy.example.com:3128"`) {
			t.Errorf("stop %q, %s, log %s", sum.Stop, sum.Outcomes[0].Reason, log.String())
		}
	})
}

func TestAWrongClockIsInTheSummary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.faults = func(batch.Application) fault {
			return fault{err: &batch.CallError{Class: batch.RunFatal, Code: "InvalidTimeStamp.Expired", Status: 400, Ahead: 23 * time.Minute}}
		}
		sum := summarize(t, &batch.Engine{Submitter: s, Finder: s}, t.Context(), nil, workbook(20))
		if sum.Stop != batch.StopFatal || sum.Ahead != 23*time.Minute {
			t.Errorf("stop %q, %v ahead", sum.Stop, sum.Ahead)
		}
	})
}

// TestPermissionProperties refuses circuits permission, refuses them otherwise, loses or accepts them
// at random, with a signal at a random time. Every run ends; it ends for a refused permission only
// if enough circuits were refused it; and then no such row is REFUSED.
func TestPermissionProperties(t *testing.T) {
	for seed := range uint64(400) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			n := 1 + random.IntN(12)
			answers := make([]int, n)
			for i := range answers {
				answers[i] = random.IntN(4)
			}
			s := newServer()
			s.latency = func() time.Duration { return time.Duration(random.IntN(2000)) * time.Millisecond }
			s.faults = func(a batch.Application) fault {
				switch answers[a.Row-2] {
				case 0, 1:
					return fault{err: denial()}
				case 2:
					return fault{err: &batch.CallError{Class: batch.Refused, Code: "IllegalParam.Si", Status: 400}}
				}
				return fault{}
			}
			drain := make(chan struct{})
			time.AfterFunc(time.Duration(random.IntN(8000))*time.Millisecond, func() { close(drain) })
			e := &batch.Engine{Submitter: s, Finder: s, Concurrency: 1 + random.IntN(10)}
			sum := summarize(t, e, t.Context(), drain, workbook(n, []string{"cn-hangzhou", "cn-shanghai"}[:1+random.IntN(2)]...))
			denied := 0
			for i, o := range sum.Outcomes {
				if answers[i] < 2 && o.Attempts > 0 {
					denied++
					fatal := sum.Stop == batch.StopFatal
					if fatal && o.Result != sheet.NotAttempted || sum.Stop == "" && o.Result != sheet.Refused || o.ErrorCode != "Forbidden.RAM" {
						t.Errorf("seed %d: row %d is %s %s in a run with stop %q", seed, o.Row, o.Result, o.ErrorCode, sum.Stop)
					}
				}
				if (o.Result == sheet.Submitted) != (s.accepted[o.Key] == 1) {
					t.Errorf("seed %d: row %d is %s, %d accepted", seed, o.Row, o.Result, s.accepted[o.Key])
				}
			}
			if sum.Stop == batch.StopFatal && denied < min(3, n) {
				t.Errorf("seed %d: stopped after %d of %d circuits", seed, denied, n)
			}
		})
	}
}

// A row shows the answer to its application, whatever the answers to its lookups.
func TestFailedLookupKeepsTheApplicationsCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.faults = func(batch.Application) fault { return fault{err: lostAnswer("Applied")} }
		s.blind = func(batch.Key) *batch.CallError { return lostAnswer("LookedUp") }
		e := &batch.Engine{Submitter: s, Finder: s, MaxAttempts: 2}
		sum, err := e.Run(t.Context(), nil, plan.New(workbook(1), plan.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		if o := sum.Outcomes[0]; o.Result != sheet.Unknown || o.ErrorCode != "Applied" {
			t.Errorf("the row is %s with code %s", o.Result, o.ErrorCode)
		}
	})
}

// Lookups count as requests, but not as retries.
func TestLookupsAreCounted(t *testing.T) {
	for _, test := range []struct {
		name                       string
		effect                     effect // of the first attempt, whose answer is lost
		requests, lookups, retries int
	}{
		{"found", before, 2, 1, 0},
		{"not found and sent again", never, 3, 1, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			attempts := 0
			s.faults = func(batch.Application) fault {
				if attempts++; attempts == 1 {
					return fault{effect: test.effect, err: lostAnswer("(timeout)")}
				}
				return fault{}
			}
			e := &batch.Engine{Submitter: s, Finder: s}
			sum := summarize(t, e, t.Context(), nil, workbook(1))
			addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Submitted: 1})
			if sum.Requests != test.requests || sum.Lookups != test.lookups || sum.Retries != test.retries {
				t.Errorf("%s: %d requests, %d lookups, %d retries", test.name, sum.Requests, sum.Lookups, sum.Retries)
			}
		})
	}
}

// After an answered lookup, the next one has all its attempts again.
func TestAnsweredLookupRenewsAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		attempts, lookups := 0, 0
		s.faults = func(batch.Application) fault {
			if attempts++; attempts == 3 {
				return fault{effect: before, err: lostAnswer("(timeout)")}
			}
			return fault{err: lostAnswer("(timeout)")}
		}
		answered := []int{3, 6, 9}
		s.blind = func(batch.Key) *batch.CallError {
			if lookups++; slices.Contains(answered, lookups) {
				return nil
			}
			return lostAnswer("(timeout)")
		}
		e := &batch.Engine{Submitter: s, Finder: s, MaxAttempts: 3}
		sum := summarize(t, e, t.Context(), nil, workbook(1))
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Submitted: 1})
		if attempts != 3 || lookups != 9 {
			t.Errorf("%d attempts and %d lookups, want 3 and 9", attempts, lookups)
		}
	})
}
