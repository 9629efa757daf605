package batch_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// settling is a little longer than the settling time.
const settling = 11 * time.Minute

// history is what happens to one circuit over several nights, on a server that never refuses a second
// application: only the token prevents one.
type history struct {
	*testing.T
	server *server
	ledger *ledger.Memory
	book   *sheet.Workbook
	tokens []string // distinct tokens that were sent, in order

	answers []fault          // to the next attempts; then it is up to the server
	mute    *batch.CallError // to every lookup
	lag     bool             // lookups show no LOA
	shown   *batch.LOA       // lookups show this outdated one
}

func newHistory(t *testing.T) *history {
	h := &history{T: t, server: newServer(), ledger: &ledger.Memory{}, book: workbook(1)}
	h.server.doubles = true
	h.server.faults = func(a batch.Application) (f fault) {
		if n := len(h.tokens); n == 0 || h.tokens[n-1] != a.Token {
			h.tokens = append(h.tokens, a.Token)
		}
		if len(h.answers) > 0 {
			f, h.answers = h.answers[0], h.answers[1:]
		}
		return f
	}
	h.server.blind = func(batch.Key) *batch.CallError { return h.mute }
	h.server.stale = func() bool { return h.lag }
	h.server.shown = func() *batch.LOA { return h.shown }
	return h
}

// night runs once. If kill is above 0, the process dies after that long.
func (h *history) night(o plan.Options, kill time.Duration) (batch.Outcome, *batch.Plan) {
	h.Helper()
	past, err := h.ledger.Past(h.Context(), batch.PlaceLOA, plan.Keys(h.book))
	if err != nil {
		h.Fatal(err)
	}
	o.Past = past
	p := plan.New(h.book, o)
	ctx, cancel := context.WithCancel(h.Context())
	defer cancel()
	l := ledgerOf(h.ledger)
	if kill > 0 {
		time.AfterFunc(kill, func() { l.die(); cancel() })
	}
	e := &batch.Engine{Submitter: h.server, Finder: h.server, Ledger: l, Rate: quota.DefaultRate}
	sum, err := e.Run(ctx, nil, p)
	if err != nil && kill == 0 {
		h.Error(err)
	}
	return sum.Outcomes[0], p
}

// want runs once and checks the outcome, how many tokens have been sent by then, and how
// many applications have taken effect.
func (h *history) want(what string, o plan.Options, result sheet.Result, tokens, accepted int) batch.Outcome {
	h.Helper()
	got, _ := h.night(o, 0)
	n := 0
	for _, times := range h.server.accepted {
		n += times
	}
	if got.Result != result || len(h.tokens) != tokens || n != accepted {
		h.Errorf("%s: %s (%s %s), %d tokens, %d accepted; want %s, %d tokens, %d accepted",
			what, got.Result, got.Reason, got.ErrorCode, len(h.tokens), n, result, tokens, accepted)
	}
	return got
}

// copy makes the next night start from the results copy of an outcome.
func (h *history) copy(o batch.Outcome) {
	h.book.Circuits[0].Past = new(pastOf(o))
}

// pastOf is what a results copy says about an outcome.
func pastOf(o batch.Outcome) sheet.Past {
	at := o.SubmittedAt
	if o.Result == sheet.Unknown {
		at = o.Tried
	}
	return sheet.Past{
		Result: string(o.Result), ClientToken: o.Token, RequestID: o.RequestID, LOAStatus: o.LOAStatus,
		SubmittedAt: at.UTC().Truncate(time.Second),
	}
}

func (h *history) edit() { h.book.Circuits[0].Si += " & Sons" }

// quiet lets the settling time pass, after which everything gets a clean answer.
func (h *history) quiet() {
	h.answers, h.mute, h.lag, h.shown = nil, nil, false, nil
	time.Sleep(settling)
}

var (
	lostApplied   = fault{effect: before, err: lostAnswer("(timeout)")}
	failedApplied = fault{effect: before, err: &batch.CallError{Class: batch.MaybeReceived, Code: "ServiceUnavailable", Status: 503, Unsettled: true}}
	notAllocated  = fault{err: &batch.CallError{Class: batch.Refused, Code: "IncorrectStatus.PhysicalConnection", Status: 400}}
	mismatch      = fault{err: &batch.CallError{Class: batch.Refused, Code: "IdempotentParameterMismatch", Status: 400}}
	unlisted      = &batch.CallError{Class: batch.Refused, Code: "InvalidParameter.Unlisted", Status: 400}
	hollow        = &batch.CallError{Class: batch.MaybeReceived, Code: "(odd-answer)", Status: 200}
)

// always is the same answer to more attempts than a run makes.
func always(f fault) []fault { return []fault{f, f, f, f, f, f, f, f} }

// TestHistories plays histories in which a circuit was once accepted under two tokens or a row got a
// wrong result, and others like them.
func TestHistories(t *testing.T) {
	reapply := plan.Options{Reapply: true}
	playAll(t, map[string]func(*history){
		"lost, edited, and lookups are refused": func(h *history) {
			h.answers, h.mute = always(lostApplied), unlisted
			h.want("first", plan.Options{}, sheet.Unknown, 1, 1)
			h.answers = nil
			h.edit()
			h.want("edited", plan.Options{}, sheet.Unknown, 1, 1)
			time.Sleep(settling)
			h.want("later", plan.Options{}, sheet.Unknown, 1, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Invalid, 1, 1)
		},
		"killed, edited, and lookups are refused": func(h *history) {
			h.answers = []fault{{effect: before, err: lostAnswer("(timeout)"), hang: true}}
			h.night(plan.Options{}, time.Second)
			h.mute = unlisted
			h.edit()
			h.want("edited", plan.Options{}, sheet.Unknown, 1, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Invalid, 1, 1)
		},
		"lost, edited, and lookups say nothing": func(h *history) {
			h.answers, h.mute = always(lostApplied), hollow
			h.want("first", plan.Options{}, sheet.Unknown, 1, 1)
			h.answers = nil
			h.edit()
			h.want("edited", plan.Options{}, sheet.Unknown, 1, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Invalid, 1, 1)
		},
		"lost without effect, edited, and sent once it is settled": func(h *history) {
			h.answers = always(fault{err: lostAnswer("(timeout)")})
			h.want("first", plan.Options{}, sheet.Unknown, 1, 0)
			h.answers = nil
			h.edit()
			if o := h.want("edited", plan.Options{}, sheet.Unknown, 1, 0); o.Reason != "reason-settling" {
				h.Errorf("the reason is %s", o.Reason)
			}
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Submitted, 2, 1)
		},
		"lost, then refused, and lookups lag": func(h *history) {
			h.answers, h.lag = []fault{lostApplied, notAllocated}, true
			h.want("first", plan.Options{}, sheet.Unknown, 1, 1)
			h.answers = always(notAllocated)
			h.want("again", plan.Options{}, sheet.Unknown, 1, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Already, 1, 1)
		},
		"lost, then refused, and lookups are refused": func(h *history) {
			h.answers, h.mute = []fault{lostApplied, notAllocated}, unlisted
			h.want("first", plan.Options{}, sheet.Unknown, 1, 1)
			h.answers = always(notAllocated)
			h.want("again", plan.Options{}, sheet.Unknown, 1, 1)
			h.edit()
			h.want("edited", plan.Options{}, sheet.Unknown, 1, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Invalid, 1, 1)
		},
		"lost without effect, then refused": func(h *history) {
			h.answers = []fault{{err: lostAnswer("(timeout)")}, notAllocated}
			h.want("first", plan.Options{}, sheet.Unknown, 1, 0)
			h.quiet()
			h.answers = always(notAllocated)
			h.want("later", plan.Options{}, sheet.Refused, 1, 0)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Submitted, 2, 1)
		},
		"applied despite 503, and lookups lag": func(h *history) {
			h.answers, h.lag = always(failedApplied), true
			h.want("first", plan.Options{}, sheet.Unknown, 1, 1)
			h.answers = nil
			h.edit()
			h.want("edited", plan.Options{}, sheet.Unknown, 1, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Invalid, 1, 1)
		},
		"a user's token, the ledger lost, edited, and lookups lag": func(h *history) {
			h.book.Circuits[0].ClientToken = "chosen-by-a-user"
			h.copy(h.want("first", plan.Options{}, sheet.Submitted, 1, 1))
			h.ledger = &ledger.Memory{}
			h.edit()
			h.lag = true
			h.copy(h.want("edited", plan.Options{}, sheet.Unknown, 1, 1))
			h.copy(h.want("again", plan.Options{}, sheet.Unknown, 1, 1))
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Already, 1, 1)
			h.server.misused = nil // nothing tells with which content a user's token was sent
		},
		"a reapplication killed in flight": func(h *history) {
			h.want("first", plan.Options{}, sheet.Submitted, 1, 1)
			h.quiet()
			h.reject()
			h.answers = []fault{{effect: delayed, err: lostAnswer("(timeout)"), hang: true}}
			h.night(reapply, 500*time.Millisecond)
			time.Sleep(time.Minute)
			h.lag = true
			h.want("again", reapply, sheet.Submitted, 2, 2)
			h.quiet()
			h.want("quiet", reapply, sheet.Already, 2, 2)
		},
		"a reapplication killed before it was sent": func(h *history) {
			h.want("first", plan.Options{}, sheet.Submitted, 1, 1)
			h.quiet()
			h.reject()
			h.answers = []fault{{err: lostAnswer("(timeout)"), hang: true}}
			h.night(reapply, 500*time.Millisecond)
			h.answers = nil
			h.want("without confirmation", plan.Options{}, sheet.Unknown, 2, 1)
			h.want("again", reapply, sheet.Submitted, 2, 2)
		},
		"an accepted circuit, and one lookup finds none": func(h *history) {
			h.want("first", plan.Options{}, sheet.Submitted, 1, 1)
			h.lag = true
			h.want("again", reapply, sheet.Already, 1, 1)
			h.edit()
			h.want("edited", reapply, sheet.Invalid, 1, 1)
		},
		"an accepted circuit, and one lookup says nothing": func(h *history) {
			h.want("first", plan.Options{}, sheet.Submitted, 1, 1)
			once := h.server.blind
			h.server.blind = func(batch.Key) *batch.CallError { h.server.blind = once; return hollow }
			h.want("again", reapply, sheet.Already, 1, 1)
			h.mute = hollow
			h.want("never", reapply, sheet.NotAttempted, 1, 1)
			h.quiet()
			h.reject()
			h.want("rejected", reapply, sheet.Submitted, 2, 2)
		},
		"a reapplication is accepted, and lookups show the earlier LOA": func(h *history) {
			h.want("first", plan.Options{}, sheet.Submitted, 1, 1)
			h.quiet()
			old := h.reject()
			h.want("rejected", reapply, sheet.Submitted, 2, 2)
			h.shown = old
			h.want("again", reapply, sheet.Already, 2, 2)
			h.edit()
			h.want("edited", reapply, sheet.Invalid, 2, 2)
			h.quiet()
			h.want("quiet", reapply, sheet.Invalid, 2, 2)
			h.reject()
			h.want("rejected once more", reapply, sheet.Submitted, 3, 3)
		},
		"a reapplication is lost and found, and lookups show the earlier LOA": func(h *history) {
			h.want("first", plan.Options{}, sheet.Submitted, 1, 1)
			old := h.reject()
			h.quiet()
			h.server.blind = func(batch.Key) *batch.CallError {
				if len(h.tokens) > 1 {
					return h.mute
				}
				return nil
			}
			h.answers, h.mute = always(lostApplied), hollow
			h.want("lost", reapply, sheet.Unknown, 2, 2)
			h.answers, h.mute = nil, nil
			time.Sleep(2 * time.Minute)
			h.want("found", reapply, sheet.Submitted, 2, 2)
			h.shown = old
			h.want("again", reapply, sheet.Already, 2, 2)
		},
		"lost and found, and lookups show an older LOA": func(h *history) {
			h.answers, h.mute = always(lostApplied), hollow
			h.want("first", plan.Options{}, sheet.Unknown, 1, 1)
			h.answers, h.mute = nil, nil
			time.Sleep(2 * time.Minute)
			h.want("found", plan.Options{}, sheet.Already, 1, 1)
			h.shown = &batch.LOA{Status: batch.LOARejected}
			h.want("again", reapply, sheet.Already, 1, 1)
			h.quiet()
			h.reject()
			h.want("rejected", reapply, sheet.Submitted, 2, 2)
		},
		"rejected while it was unknown, and sent again before a lookup said so": func(h *history) {
			h.answers, h.mute = always(lostApplied), hollow
			h.want("first", plan.Options{}, sheet.Unknown, 1, 1)
			h.quiet()
			h.reject()
			h.answers = []fault{notAllocated}
			h.server.blind = func(batch.Key) *batch.CallError {
				if len(h.answers) > 0 {
					return hollow
				}
				return nil
			}
			h.want("rejected", reapply, sheet.Submitted, 2, 2)
		},
		"the ledger is lost, the row edited, and lookups lag": func(h *history) {
			o := h.want("first", plan.Options{}, sheet.Submitted, 1, 1)
			h.copy(o)
			h.ledger = &ledger.Memory{}
			h.edit()
			h.lag = true
			h.want("edited", plan.Options{}, sheet.Unknown, 1, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Invalid, 1, 1)
			h.want("again", plan.Options{}, sheet.Invalid, 1, 1)
		},
		"lookups show an LOA that was deleted as valid": func(h *history) {
			h.want("first", plan.Options{}, sheet.Submitted, 1, 1)
			key := plan.Keys(h.book)[0]
			old := h.server.loas[key]
			h.server.loas[key] = batch.LOA{Status: batch.LOADeleted}
			h.quiet()
			h.answers = always(fault{err: lostAnswer("(timeout)")})
			h.server.shown = func() *batch.LOA {
				if len(h.tokens) > 1 {
					return h.shown
				}
				return nil
			}
			h.shown = &old
			h.want("lost", reapply, sheet.Unknown, 2, 1)
			h.want("again", plan.Options{}, sheet.Unknown, 2, 1)
			h.answers = nil
			h.want("sent", reapply, sheet.Submitted, 2, 2)
		},
		"rejected while it was unknown and edited, and valid after all": func(h *history) {
			h.answers, h.mute = always(lostApplied), hollow
			h.want("first", plan.Options{}, sheet.Unknown, 1, 1)
			h.quiet()
			si := h.book.Circuits[0].Si
			h.edit()
			h.shown = &batch.LOA{Status: batch.LOARejected}
			h.want("rejected", plan.Options{}, sheet.Refused, 1, 1)
			h.shown = nil
			h.want("valid, perhaps before it was rejected", plan.Options{}, sheet.Refused, 1, 1)
			h.quiet()
			h.want("valid", plan.Options{}, sheet.Invalid, 1, 1)
			h.want("again", plan.Options{}, sheet.Invalid, 1, 1)
			h.book.Circuits[0].Si = si
			h.want("edited back", plan.Options{}, sheet.Already, 1, 1)
		},
		"rejected, edited and refused, and lookups show the earlier status": func(h *history) {
			h.want("first", plan.Options{}, sheet.Submitted, 1, 1)
			valid := h.server.loas[plan.Keys(h.book)[0]]
			h.quiet()
			h.reject()
			h.edit()
			h.answers = []fault{notAllocated}
			h.want("edited", reapply, sheet.Refused, 2, 1)
			h.shown = &valid
			h.want("again", reapply, sheet.Refused, 2, 1)
			h.quiet()
			h.want("quiet", reapply, sheet.Submitted, 3, 2)
		},
		"refused, lost, edited, refused and edited back": func(h *history) {
			remembered := map[string]bool{}
			count := h.server.faults
			h.server.faults = func(a batch.Application) fault {
				f := count(a)
				if remembered[a.Token] {
					return notAllocated
				}
				remembered[a.Token] = f.err != nil && f.err.Class == batch.Refused
				return f
			}
			for n := range 3 {
				h.answers = always(notAllocated)
				h.want("refused", plan.Options{}, sheet.Refused, n+1, 0)
			}
			h.answers = append([]fault{{err: lostAnswer("(timeout)")}}, always(notAllocated)...)
			h.want("lost and refused", plan.Options{}, sheet.Unknown, 4, 0)
			si := h.book.Circuits[0].Si
			h.edit()
			h.quiet()
			h.answers = always(notAllocated)
			h.want("edited", plan.Options{}, sheet.Refused, 5, 0)
			h.book.Circuits[0].Si = si
			h.answers = nil
			h.want("edited back", plan.Options{}, sheet.Submitted, 6, 1)
		},
		"the token was used before, and there is an LOA": func(h *history) {
			key := plan.Keys(h.book)[0]
			h.server.loas[key] = batch.LOA{Status: "Applying", Si: "Other Builders"}
			h.answers = always(mismatch)
			h.want("first", plan.Options{}, sheet.Already, 1, 0)
		},
		"the token was used before, and there is no LOA": func(h *history) {
			h.answers = always(mismatch)
			h.want("first", plan.Options{}, sheet.Unknown, 1, 0)
			h.quiet()
			h.answers = always(mismatch)
			h.want("later", plan.Options{}, sheet.Refused, 1, 0)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Submitted, 2, 1)
		},
		"unknown, edited, and there is an LOA": func(h *history) {
			h.answers, h.mute = always(lostApplied), hollow
			h.want("first", plan.Options{}, sheet.Unknown, 1, 1)
			h.quiet()
			h.edit()
			for _, night := range []string{"second", "third"} {
				o := h.want(night, plan.Options{}, sheet.Invalid, 1, 1)
				if o.ErrorCode != "circuit-changed-after-submission" || o.LOAStatus != "Applying" || o.Token != "" {
					h.Errorf("%s: %+v", night, o)
				}
			}
		},
		"the region is edited": func(h *history) {
			h.want("first", plan.Options{}, sheet.Submitted, 1, 1)
			h.book.Circuits[0].RegionID = "cn-shanghai"
			for _, night := range []string{"second", "third"} {
				if o := h.want(night, plan.Options{}, sheet.Invalid, 1, 1); o.ErrorCode != "circuit-region-changed-after-submission" {
					h.Errorf("the code is %s", o.ErrorCode)
				}
			}
		},
		"the region is edited while it is open, and there is an LOA": func(h *history) {
			h.answers, h.mute = always(lostApplied), hollow
			h.want("first", plan.Options{}, sheet.Unknown, 1, 1)
			h.answers = nil
			h.book.Circuits[0].RegionID = "cn-shanghai"
			h.want("second", plan.Options{}, sheet.Unknown, 1, 1)
			h.quiet()
			for _, night := range []string{"third", "fourth"} {
				if o := h.want(night, plan.Options{}, sheet.Invalid, 1, 1); o.ErrorCode != "circuit-region-changed-after-submission" {
					h.Errorf("the code is %s", o.ErrorCode)
				}
			}
			h.book.Circuits[0].RegionID = "cn-hangzhou"
			h.want("edited back", plan.Options{}, sheet.Already, 1, 1)
		},
		"the region is edited while it is open, and there is no LOA": func(h *history) {
			h.answers = always(fault{err: lostAnswer("(timeout)")})
			h.want("first", plan.Options{}, sheet.Unknown, 1, 0)
			h.answers = nil
			h.book.Circuits[0].RegionID = "cn-shanghai"
			h.want("second", plan.Options{}, sheet.Unknown, 1, 0)
			h.quiet()
			h.want("third", plan.Options{}, sheet.Submitted, 2, 1)
			h.book.Circuits[0].RegionID = "cn-hangzhou"
			h.want("edited back", plan.Options{}, sheet.Invalid, 2, 1)
		},
	})
}

func playAll(t *testing.T, histories map[string]func(*history)) {
	for name, play := range histories {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHistory(t)
				play(h)
				if len(h.server.misused) > 0 {
					t.Errorf("tokens used with other parameters: %v", h.server.misused)
				}
			})
		})
	}
}

// elsewhere plays a part of a history with another ledger, and continues with its results copy.
func (h *history) elsewhere(play func() batch.Outcome) {
	h.Helper()
	here := h.ledger
	h.ledger = &ledger.Memory{}
	h.copy(play())
	h.ledger = here
}

// tries makes attempts fail without an effect, and the lookups after them find nothing.
func tries(h *history, err *batch.CallError) { h.answers = always(fault{err: err}) }

var busy = &batch.CallError{Class: batch.TryLater, Code: "SystemBusy", Status: 400}

// TestHistoriesOfSeveralLedgers plays histories in which a results copy shows an application that is
// not in the ledger: another user's or host's, or one from before the ledger was lost.
func TestHistoriesOfSeveralLedgers(t *testing.T) {
	reapply := plan.Options{Reapply: true}
	playAll(t, map[string]func(*history){
		"failed here, open there, and edited": func(h *history) {
			tries(h, busy)
			h.want("here", plan.Options{}, sheet.Failed, 1, 0)
			h.edit()
			h.elsewhere(func() batch.Outcome {
				h.answers, h.mute = always(lostApplied), hollow
				return h.want("there", plan.Options{}, sheet.Unknown, 2, 1)
			})
			h.answers, h.mute, h.lag = nil, nil, true
			h.edit()
			h.want("edited", plan.Options{}, sheet.Unknown, 2, 1)
			h.book.Circuits[0].Past = &sheet.Past{} // the ledger knows it now
			h.want("without the copy", plan.Options{}, sheet.Unknown, 2, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Invalid, 2, 1)
			h.want("again", plan.Options{}, sheet.Invalid, 2, 1)
		},
		"refused here, open there without effect, and edited": func(h *history) {
			h.answers = always(notAllocated)
			h.want("here", plan.Options{}, sheet.Refused, 1, 0)
			h.edit()
			h.elsewhere(func() batch.Outcome {
				tries(h, lostAnswer("(timeout)"))
				h.mute = hollow
				return h.want("there", plan.Options{}, sheet.Unknown, 2, 0)
			})
			h.answers, h.mute = nil, nil
			h.edit()
			past := h.book.Circuits[0].Past
			h.want("edited", plan.Options{}, sheet.Unknown, 2, 0)
			time.Sleep(settling)
			h.answers = always(notAllocated)
			h.want("later", plan.Options{}, sheet.Refused, 3, 0)
			h.edit()
			h.book.Circuits[0].Past = past
			h.answers = nil
			h.want("the old copy again", plan.Options{}, sheet.Submitted, 4, 1)
		},
		"failed here, accepted there, and edited": func(h *history) {
			tries(h, busy)
			h.want("here", plan.Options{}, sheet.Failed, 1, 0)
			h.edit()
			h.elsewhere(func() batch.Outcome {
				h.answers = nil
				return h.want("there", plan.Options{}, sheet.Submitted, 2, 1)
			})
			h.edit()
			h.lag = true
			h.want("edited", plan.Options{}, sheet.Unknown, 2, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Invalid, 2, 1)
			h.want("again", plan.Options{}, sheet.Invalid, 2, 1)
		},
		"failed here, accepted there, and not edited": func(h *history) {
			tries(h, busy)
			h.want("here", plan.Options{}, sheet.Failed, 1, 0)
			h.edit()
			h.elsewhere(func() batch.Outcome {
				h.answers = nil
				return h.want("there", plan.Options{}, sheet.Submitted, 2, 1)
			})
			h.want("here again", plan.Options{}, sheet.Already, 2, 1)
			h.want("and again", plan.Options{}, sheet.Already, 2, 1)
		},
		"refused here, and the same application is open there": func(h *history) {
			h.answers = always(notAllocated)
			h.want("here", plan.Options{}, sheet.Refused, 1, 0)
			h.elsewhere(func() batch.Outcome {
				h.answers, h.mute = always(lostApplied), hollow
				return h.want("there", plan.Options{}, sheet.Unknown, 1, 1)
			})
			h.answers, h.mute, h.lag = nil, nil, true
			h.want("here again", plan.Options{}, sheet.Unknown, 1, 1)
			h.book.Circuits[0].Past = &sheet.Past{}
			h.edit()
			h.want("without the copy, edited", plan.Options{}, sheet.Unknown, 1, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Invalid, 1, 1)
		},
		"failed here, and the same application is open there without effect": func(h *history) {
			tries(h, busy)
			h.want("here", plan.Options{}, sheet.Failed, 1, 0)
			h.elsewhere(func() batch.Outcome {
				tries(h, lostAnswer("(timeout)"))
				h.mute = hollow
				return h.want("there", plan.Options{}, sheet.Unknown, 1, 0)
			})
			h.answers, h.mute = nil, nil
			h.edit()
			h.want("edited", plan.Options{}, sheet.Unknown, 1, 0)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Submitted, 2, 1)
		},
		"open here, then the same application was sent there": func(h *history) {
			tries(h, lostAnswer("(timeout)"))
			h.mute = hollow
			h.want("here", plan.Options{}, sheet.Unknown, 1, 0)
			time.Sleep(8 * time.Minute)
			h.elsewhere(func() batch.Outcome {
				h.answers = always(lostApplied)
				return h.want("there", plan.Options{}, sheet.Unknown, 1, 1)
			})
			time.Sleep(4 * time.Minute)
			h.answers, h.mute, h.lag = nil, nil, true
			h.edit()
			h.want("edited", plan.Options{}, sheet.Unknown, 1, 1)
			h.book.Circuits[0].Past = &sheet.Past{}
			h.want("without the copy", plan.Options{}, sheet.Unknown, 1, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Invalid, 1, 1)
		},
		"refused here, and the same application was accepted there": func(h *history) {
			h.answers = always(notAllocated)
			h.want("here", plan.Options{}, sheet.Refused, 1, 0)
			h.elsewhere(func() batch.Outcome {
				h.answers = nil
				return h.want("there", plan.Options{}, sheet.Submitted, 1, 1)
			})
			h.lag = true
			h.want("here again", plan.Options{}, sheet.Unknown, 1, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Already, 1, 1)
		},
		"a copy that does not say when": func(h *history) {
			tries(h, busy)
			h.want("here", plan.Options{}, sheet.Failed, 1, 0)
			h.edit()
			h.elsewhere(func() batch.Outcome {
				h.answers, h.mute = always(lostApplied), hollow
				return h.want("there", plan.Options{}, sheet.Unknown, 2, 1)
			})
			past := *h.book.Circuits[0].LastRun()
			past.SubmittedAt = time.Time{}
			h.book.Circuits[0].Past = &past
			h.answers, h.mute, h.lag = nil, nil, true
			time.Sleep(settling)
			h.edit()
			h.want("edited", plan.Options{}, sheet.Unknown, 2, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Invalid, 2, 1)
		},
		"accepted here, and a reapplication is open there": func(h *history) {
			h.want("here", plan.Options{}, sheet.Submitted, 1, 1)
			h.quiet()
			old := h.reject()
			past := plan.Keys(h.book)
			h.elsewhere(func() batch.Outcome {
				key := past[0]
				h.server.loas[key] = *old
				h.server.blind = func(batch.Key) *batch.CallError {
					if len(h.tokens) > 1 {
						return h.mute
					}
					return nil
				}
				h.answers, h.mute = always(lostApplied), hollow
				return h.want("there", reapply, sheet.Unknown, 2, 2)
			})
			h.answers, h.mute, h.shown = nil, nil, old
			h.edit()
			h.want("edited", reapply, sheet.Unknown, 2, 2)
			h.want("without confirmation", plan.Options{}, sheet.Unknown, 2, 2)
			h.quiet()
			h.want("quiet", reapply, sheet.Invalid, 2, 2)
		},
		"open here and open there": func(h *history) {
			si := h.book.Circuits[0].Si
			tries(h, lostAnswer("(timeout)"))
			h.mute = hollow
			h.want("here", plan.Options{}, sheet.Unknown, 1, 0)
			h.edit()
			h.elsewhere(func() batch.Outcome {
				h.answers = always(lostApplied)
				return h.want("there", plan.Options{}, sheet.Unknown, 2, 1)
			})
			time.Sleep(2 * time.Minute)
			h.answers, h.mute, h.lag = nil, nil, true
			h.book.Circuits[0].Si = si
			h.want("edited back", plan.Options{}, sheet.Unknown, 2, 1)
			h.want("again", plan.Options{}, sheet.Unknown, 2, 1)
			h.book.Circuits[0].Past = &sheet.Past{}
			h.want("without the copy", plan.Options{}, sheet.Unknown, 2, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Already, 2, 1)
		},
		"open here and open there, and neither has an effect": func(h *history) {
			si := h.book.Circuits[0].Si
			tries(h, lostAnswer("(timeout)"))
			h.mute = hollow
			h.want("here", plan.Options{}, sheet.Unknown, 1, 0)
			h.edit()
			h.elsewhere(func() batch.Outcome {
				tries(h, lostAnswer("(timeout)"))
				return h.want("there", plan.Options{}, sheet.Unknown, 2, 0)
			})
			h.answers, h.mute = nil, nil
			h.book.Circuits[0].Si = si
			h.want("edited back", plan.Options{}, sheet.Unknown, 2, 0)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Submitted, 3, 1)
		},
		"two copies of two ledgers": func(h *history) {
			tries(h, lostAnswer("(timeout)"))
			h.mute = hollow
			h.elsewhere(func() batch.Outcome { return h.want("first", plan.Options{}, sheet.Unknown, 1, 0) })
			first := h.book.Circuits[0].Past
			h.edit()
			time.Sleep(8 * time.Minute)
			h.elsewhere(func() batch.Outcome {
				h.book.Circuits[0].Past = &sheet.Past{}
				h.answers = always(lostApplied)
				return h.want("second", plan.Options{}, sheet.Unknown, 2, 1)
			})
			second := h.book.Circuits[0].Past
			h.edit()
			h.answers, h.mute, h.lag = nil, nil, true
			h.book.Circuits[0].Past = first
			h.want("with the first", plan.Options{}, sheet.Unknown, 2, 1)
			time.Sleep(4 * time.Minute)
			h.book.Circuits[0].Past = second
			h.want("with the second", plan.Options{}, sheet.Unknown, 2, 1)
			h.book.Circuits[0].Past = first
			h.want("with the first again", plan.Options{}, sheet.Unknown, 2, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Already, 2, 1)
		},
		"the copy is of the earlier region": func(h *history) {
			h.answers = always(notAllocated)
			h.want("here", plan.Options{}, sheet.Refused, 1, 0)
			h.book.Circuits[0].RegionID = "cn-shanghai"
			h.elsewhere(func() batch.Outcome {
				h.answers, h.mute = always(lostApplied), hollow
				return h.want("there", plan.Options{}, sheet.Unknown, 2, 1)
			})
			h.server.loas[plan.Keys(workbook(1))[0]] = h.server.loas[plan.Keys(h.book)[0]] // a circuit exists once
			h.answers, h.mute, h.lag = nil, nil, true
			h.book.Circuits[0].RegionID = "cn-hangzhou"
			h.edit()
			h.want("edited back", plan.Options{}, sheet.Unknown, 2, 1)
			h.quiet()
			h.want("quiet", plan.Options{}, sheet.Invalid, 2, 1)
		},
		"a reapplication is accepted, the ledger is lost, and lookups show the earlier LOA": func(h *history) {
			h.want("first", plan.Options{}, sheet.Submitted, 1, 1)
			h.quiet()
			old := h.reject()
			h.copy(h.want("rejected", reapply, sheet.Submitted, 2, 2))
			h.ledger = &ledger.Memory{}
			h.shown = old
			h.copy(h.want("again", reapply, sheet.Unknown, 2, 2))
			h.copy(h.want("and again", reapply, sheet.Unknown, 2, 2))
			h.quiet()
			h.copy(h.want("quiet", reapply, sheet.Already, 2, 2))
			h.reject()
			h.quiet()
			h.want("rejected once more", reapply, sheet.Submitted, 3, 3)
		},
		"the same, and it is rejected as well": func(h *history) {
			h.want("first", plan.Options{}, sheet.Submitted, 1, 1)
			h.quiet()
			old := h.reject()
			h.copy(h.want("rejected", reapply, sheet.Submitted, 2, 2))
			h.ledger = &ledger.Memory{}
			h.shown = old
			h.copy(h.want("again", reapply, sheet.Unknown, 2, 2))
			h.quiet()
			h.reject()
			h.want("rejected once more", reapply, sheet.Submitted, 3, 3)
		},
		"an LOA was seen, the ledger is lost, and lookups show the earlier LOA": func(h *history) {
			h.want("first", plan.Options{}, sheet.Submitted, 1, 1)
			h.quiet()
			old := h.reject()
			h.want("rejected", reapply, sheet.Submitted, 2, 2)
			h.quiet()
			past := h.want("seen", reapply, sheet.Already, 2, 2)
			past.Token, past.SubmittedAt = "", time.Time{} // by a survey
			h.copy(past)
			h.ledger = &ledger.Memory{}
			h.shown = old
			h.copy(h.want("again", reapply, sheet.Unknown, 2, 2))
			h.quiet()
			h.want("quiet", reapply, sheet.Already, 2, 2)
		},
		"the ledger is lost, the row edited, and the API says that there is an LOA": func(h *history) {
			h.want("first", plan.Options{}, sheet.Submitted, 1, 1)
			h.ledger = &ledger.Memory{}
			h.edit()
			h.answers = always(loaExists)
			h.want("edited", plan.Options{}, sheet.Already, 2, 1)
			h.edit()
			h.want("edited once more", plan.Options{}, sheet.Already, 2, 1) // the content of its application is not known
		},
	})
}

var loaExists = fault{err: &batch.CallError{Class: batch.Refused, Code: "IncorrectStatus.PhysicalConnectionLOA", Status: 400}}

// reject rejects the LOA as the operator, and returns it.
func (h *history) reject() *batch.LOA {
	var rejected batch.LOA
	for key, loa := range h.server.loas {
		loa.Status = batch.LOARejected
		h.server.loas[key], rejected = loa, loa
	}
	return &rejected
}

// TestClockSetBack sets the clock back between two nights: the time since the last attempt counts from
// when that was noticed.
func TestClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHistory(t)
		h.answers = always(fault{err: lostAnswer("(timeout)")})
		h.want("first", plan.Options{}, sheet.Unknown, 1, 0)
		h.quiet()
		past, err := h.ledger.Past(t.Context(), batch.PlaceLOA, plan.Keys(h.book))
		if err != nil {
			t.Fatal(err)
		}
		h.edit()
		for key, r := range past {
			r.Tried = time.Now().Add(time.Hour)
			past[key] = r
		}
		e := &batch.Engine{Submitter: h.server, Finder: h.server, Ledger: h.ledger, Rate: quota.DefaultRate}
		sum, err := e.Run(t.Context(), nil, plan.New(h.book, plan.Options{Past: past}))
		if err != nil {
			t.Fatal(err)
		}
		if o := sum.Outcomes[0]; o.Result != sheet.Unknown || time.Since(o.Tried) > time.Minute || o.Tried.After(time.Now()) {
			t.Errorf("%s, tried at %v", o.Result, o.Tried)
		}
		h.quiet()
		h.want("quiet", plan.Options{}, sheet.Submitted, 2, 1)
	})
}

// TestOpenStaysUnknown interrupts a run before it gets to open rows, whatever their content.
func TestOpenStaysUnknown(t *testing.T) {
	for _, changed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			h := newHistory(t)
			h.answers = []fault{{effect: before, err: lostAnswer("(timeout)"), hang: true}}
			h.night(plan.Options{}, time.Second)
			if changed {
				h.edit()
			}
			past, _ := h.ledger.Past(t.Context(), batch.PlaceLOA, plan.Keys(h.book))
			drain := make(chan struct{})
			close(drain)
			e := &batch.Engine{Submitter: h.server, Finder: h.server, Ledger: h.ledger, Rate: quota.DefaultRate}
			sum, err := e.Run(t.Context(), drain, plan.New(h.book, plan.Options{Past: past}))
			if err != nil || sum.Outcomes[0].Result != sheet.Unknown || sum.Outcomes[0].Token != h.tokens[0] || sum.Outcomes[0].Tried.IsZero() {
				t.Errorf("%+v, %v", sum.Outcomes[0], err)
			}
			after, _ := h.ledger.Past(t.Context(), batch.PlaceLOA, plan.Keys(h.book))
			if r := after[sum.Outcomes[0].Key]; !r.Open || r.Token != h.tokens[0] {
				t.Errorf("the ledger says %+v", r)
			}
		})
	}
}
