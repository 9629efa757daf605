package histories

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// report adds a failure.
func (w *world) report(kind, format string, values ...any) {
	w.service.mu.Lock()
	defer w.service.mu.Unlock()
	w.service.failures = append(w.service.failures, failure{kind, fmt.Sprintf(format, values...)})
}

// check compares the outcomes of one book with the truth, and writes them into the book if its users
// continue with the results copy.
func (p *process) check(b *book, outcomes []batch.Outcome) {
	if len(outcomes) != len(b.rows) {
		p.w.report("lost: a row without a result", "%d outcomes of %d rows", len(outcomes), len(b.rows))
		return
	}
	uses := p.dice.at(99).chance(0.5) || p.w.carried()
	for i := range b.rows {
		o := &outcomes[i]
		p.trace("  %s %s %s %s", o.Key.InstanceID, o.Result, o.Reason, o.ErrorCode)
		if o.Row != i+2 || o.Result == "" {
			p.w.report("lost: a row without a result", "row %d: %+v", i+2, o)
		}
		past, err := p.ledger.past(scopeOf(p.command.endpoint), []batch.Key{o.Key})
		if err != nil {
			p.w.report("ledger", "%v", err)
			return
		}
		if why := p.w.wrong(p, b, &b.rows[i], o, knownOf(past[o.Key])); why != "" {
			p.w.report("wrong: "+why, "p%d: %s is %s (%s %s)", p.id, o.Key.InstanceID, o.Result, o.Reason, o.ErrorCode)
		}
		if uses && o.Result != sheet.Skipped {
			b.rows[i].keep(o)
		}
	}
	if uses {
		p.w.mu.Lock()
		defer p.w.mu.Unlock()
		copy(b.of.rows, b.rows)
	}
}

// wrong says how an outcome contradicts the truth, if it does.
func (w *world) wrong(p *process, b *book, r *bookRow, o *batch.Outcome, k known) string {
	w.service.mu.Lock()
	defer w.service.mu.Unlock()
	c := w.service.circuits[r.instance]
	valid := c.valid()
	switch o.Result {
	case sheet.Failed, sheet.Refused, sheet.NotAttempted:
		if !w.forgetful {
			w.service.claims[r.instance] = claim{string(o.Result), time.Now(), p, r.region}
		}
	}
	switch o.Result {
	case sheet.Submitted, sheet.Already:
		switch {
		case len(c.letters) == 0:
			return string(o.Result) + " without an LOA"
		case o.Result == sheet.Submitted && valid == nil && o.Reason == batch.ReasonAnswerLost && w.allowed("stale") && w.forgetful && !w.history.survey:
			// Nobody knows about the earlier LOA any more, and nobody asked before the application was sent. So
			// if a lookup shows it as valid afterwards, that is taken for the application's.
		case o.Result == sheet.Submitted && valid == nil && !slices.ContainsFunc(c.letters, func(l *letter) bool { return l.content.token == o.Token }):
			return "SUBMITTED without a valid LOA"
		case !w.forgetful && !slices.ContainsFunc(c.letters, func(l *letter) bool { return w.sameContent(r, l) }):
			return string(o.Result) + ", and the edit is dropped"
		}
	case sheet.Failed:
		if valid != nil && !w.forgetful {
			return "FAILED with a valid LOA"
		}
	case sheet.Refused:
		if valid != nil && o.ErrorCode == "InvalidInstanceId.NotFound" && valid.content.region != r.region && valid.at.After(b.read) {
			break // applied for meanwhile, in its own region; it is still true that it is not in this one
		}
		if valid != nil && !w.forgetful && !strings.HasPrefix(o.ErrorCode, "IllegalParam") && !batch.Void(o.LOAStatus) {
			return "REFUSED with a valid LOA"
		}
	case sheet.Invalid:
		if n := len(c.letters); n > 0 && !w.forgetful && o.ErrorCode == batch.CodeChanged && c.letters[n-1].content.region == r.region && w.sameContent(r, c.letters[n-1]) {
			return "INVALID, and nothing was changed"
		}
	case sheet.NotAttempted:
		if valid != nil && !w.forgetful && !k.accepted {
			return "NOT_ATTEMPTED with a valid LOA"
		}
	}
	return ""
}

// sameContent reports whether an LOA was applied for with the content of a row.
func (w *world) sameContent(r *bookRow, l *letter) bool {
	b := book{rows: []bookRow{*r}}
	sheet := b.workbook()
	a := batch.Application{Key: batch.Key{Region: r.region, InstanceID: r.instance}, Circuit: &sheet.Circuits[0]}
	for _, n := range sheet.Circuits[0].Engineers {
		a.Engineers = append(a.Engineers, &sheet.Engineers[n])
	}
	return requestOf(&a).parameters == l.content.parameters
}

// quietNights ends a history: the service is free of faults, and every book is submitted in each of
// several nights that are further apart than the settling time. After that, every row has a true
// final result. What was rejected is applied for again in the fourth night. That may replace what
// the ledger knew of a circuit in one region, which explained a results copy's UNKNOWN in another;
// such a row waits again, until the fifth night.
func (w *world) quietNights(t *testing.T, d dice) {
	w.trace("quiet nights")
	w.service.mu.Lock()
	for _, c := range w.service.circuits {
		c.ready = w.started
	}
	w.service.mu.Unlock()
	var end map[*book][]batch.Outcome
	waits := func(outcomes []batch.Outcome) bool {
		return slices.ContainsFunc(outcomes, func(o batch.Outcome) bool { return o.Result == sheet.Unknown && o.Reason == batch.ReasonSettling })
	}
	const first, last = 3, 4 // of the nights in which what is rejected is applied for again
	for night := range uint64(last + 1) {
		if night == last && !slices.ContainsFunc(w.books, func(b *book) bool { return waits(end[b]) }) {
			return
		}
		time.Sleep(11 * time.Minute)
		again := night >= first
		p := &process{w: w, ledger: w.ledgers[0], night: 1000 + night, id: 1000 + night, dice: d.at(night), weather: calm, calls: map[string]uint64{}, drain: make(chan struct{})}
		p.ctx, p.cancel = context.WithCancel(context.Background())
		p.command = command{endpoint: endpoints[0], concurrency: 1, attempts: 5, reapply: again}
		end = map[*book][]batch.Outcome{}
		for _, b := range w.books {
			read := w.snapshot(b)
			p.trace("submits %s", read)
			outcomes, err := p.submit(read)
			if err != nil {
				t.Errorf("seed %d: %v", w.history.seed, err)
				return
			}
			p.check(read, outcomes)
			end[b] = outcomes
		}
		p.cancel()
		p.gone()
		if night >= 2 {
			for _, b := range w.books {
				if night != first || !waits(end[b]) {
					w.checkEnd(t, b, end[b], again)
				}
			}
		}
	}
}

// checkEnd compares the final results of a book with the truth.
func (w *world) checkEnd(t *testing.T, b *book, outcomes []batch.Outcome, again bool) {
	for i := range outcomes {
		r, o := &b.rows[i], &outcomes[i]
		past, err := w.ledgers[0].past(scopeOf(endpoints[0]), []batch.Key{o.Key})
		if err != nil {
			t.Error(err)
			return
		}
		if why := w.wrongEnd(r, o, knownOf(past[o.Key]), again); why != "" {
			w.report("end: "+why, "%s is %s (%s %s)", r.instance, o.Result, o.Reason, o.ErrorCode)
		}
	}
}

// wrongEnd says how a final result contradicts the truth, if it does.
func (w *world) wrongEnd(r *bookRow, o *batch.Outcome, k known, again bool) string {
	w.service.mu.Lock()
	defer w.service.mu.Unlock()
	c := w.service.circuits[r.instance]
	valid := c.valid()
	switch o.Result {
	case sheet.Submitted, sheet.Already:
		if !k.accepted && !w.forgetful {
			return string(o.Result) + ", and the ledger does not know it"
		}
	case sheet.Invalid:
		if len(c.letters) == 0 && r.region == c.home && !r.broken {
			return "INVALID without an LOA"
		}
	case sheet.Refused:
		switch {
		case r.bad, r.region != c.home:
		case valid == nil && len(c.letters) > 0 && !again: // it was rejected or deleted, and nobody asked for another one
		case valid != nil && (!w.forgetful || w.history.survey && !w.allowed("region")):
			return "REFUSED with a valid LOA"
		case valid == nil && !w.forgetful: // else the refusals of earlier tokens may be remembered
			return "REFUSED, and nothing prevents the application"
		}
	default:
		return string(o.Result) + " after quiet nights"
	}
	return ""
}
