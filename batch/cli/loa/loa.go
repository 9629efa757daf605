// Package loa tracks the LOA of each row of a workbook for the command status: what the API
// answered last, what was known before, and what that means for the row. It makes no calls.
package loa

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/batch/waiting"
	"github.com/loabatch/loabatch/sheet"
)

// Plan plans a dry run that reads the state of every circuit named in a row, valid or not.
func Plan(book *sheet.Workbook) *batch.Plan {
	p := &batch.Plan{DryRun: true}
	for i := range book.Circuits {
		c := &book.Circuits[i]
		key := plan.KeyOf(c)
		if key.Region == "" || key.InstanceID == "" {
			p.Settled = append(p.Settled, batch.Outcome{Row: c.Row, Key: key, Result: sheet.Invalid, Reason: batch.ReasonInvalid})
			continue
		}
		p.Applications = append(p.Applications, batch.Application{Row: c.Row, Key: key, Circuit: c})
	}
	return p
}

// Row is what is known about the LOA of one row.
type Row struct {
	Outcome batch.Outcome // of the last question that was answered, or else of the last one
	At      time.Time     // of that answer, UTC; zero if there is none
	Before  string        // the previous status, NoLOA if there was no LOA; empty if unknown
	Since   time.Time     // when the ledger first saw the status, UTC; zero if unknown
	Letter  ledger.Letter // of the LOA; zero if none was fetched
}

// Waits reports whether a row may have another status soon.
func (r *Row) Waits() bool {
	switch r.Outcome.LOAStatus {
	case batch.LOAApplying, batch.LOACompleting:
		return true
	}
	return r.Outcome.Result == sheet.NotAttempted && r.Outcome.Reason == batch.ReasonUnasked
}

// Note notes the outcome of a question that was asked at a time, UTC. It reports whether the
// outcome is an answer, and whether that differs from the one before.
func (r *Row) Note(o batch.Outcome, at time.Time) (answered, changed bool) {
	if o.Result == sheet.NotAttempted || o.Result == sheet.Invalid {
		if r.At.IsZero() {
			r.Outcome = o
		}
		return false, false
	}
	was := r.Before
	if !r.At.IsZero() {
		was = cmp.Or(r.Outcome.LOAStatus, report.NoLOA)
		r.Before = cmp.Or(r.Before, was)
	}
	r.Outcome, r.At = o, at
	return true, was != "" && was != cmp.Or(o.LOAStatus, report.NoLOA)
}

// Unasked reports whether the API has given no answer about a row that has a circuit to ask about.
func (r *Row) Unasked() bool { return r.At.IsZero() && r.Outcome.Result != sheet.Invalid }

// Result combines the result that an earlier run wrote into the row with the status that the
// API reports now. Without an answer, the earlier status is kept.
func (r *Row) Result(c *sheet.Circuit) batch.Outcome {
	o := batch.Outcome{
		Row: c.Row, Key: r.Outcome.Key, Result: sheet.Result(c.LastRun().Result), Reason: reason, ErrorCode: r.Outcome.ErrorCode,
		RequestID: c.LastRun().RequestID, Token: c.LastRun().ClientToken, LOAStatus: cmp.Or(r.Outcome.LOAStatus, report.NoLOA),
	}
	if r.At.IsZero() {
		o.LOAStatus = c.LastRun().LOAStatus
	}
	if o.Result == "" {
		o.Result = sheet.NotAttempted
		if r.Outcome.LOAStatus != "" {
			o.Result = sheet.Already
		}
	}
	return o
}

// reason is the reason of every row of the command.
const reason batch.Reason = "status-row"

// Describe adds to a row of a document what is known about its LOA: since when it has had its
// status, what that was the last time, and who is being waited for.
func (r *Row) Describe(app *report.Application, words *prose.Catalogue) {
	app.Before = &r.Before
	app.Letter, app.LetterSHA256 = r.Letter.Path, r.Letter.SHA256
	if r.At.IsZero() {
		return
	}
	app.LOAAskedAt, app.WaitingFor = &report.Instant{Time: r.At.Truncate(time.Second)}, string(waiting.For(r.Outcome.LOAStatus))
	code, args := string(reason), map[string]string{"loa": words.Vocabulary().State(app.LOAStatus)}
	if !r.Since.IsZero() {
		app.LOASince = &report.Instant{Time: r.Since.Truncate(time.Second)}
		code, args["since"] = "status-row-since", r.Since.Format("2006-01-02 15:04")
	}
	app.Message, _ = words.Render(code, args)
	if meaning := report.LOAMeaning(app.LOAStatus); meaning != "" {
		_, app.Hint = words.Render(meaning, nil)
	}
}

// Concerns reports whether the message of a row is about its LOA. A row that needs attention for
// another reason keeps the message that says so.
func (r *Row) Concerns(c *sheet.Circuit) bool {
	if r.At.IsZero() || r.Outcome.LOAStatus == "" {
		return false
	}
	switch sheet.Result(c.LastRun().Result) {
	case sheet.Invalid, sheet.Refused, sheet.Failed:
		return batch.Void(r.Outcome.LOAStatus)
	}
	return true
}

// Awaits says what a circuit is waiting for, and who has to act, while its LOA has a status.
func Awaits(words *prose.Catalogue, status string) string {
	if waiting.For(status) == waiting.Nobody {
		return words.Line("awaits-nobody")
	}
	return words.Line("awaits-" + strings.ToLower(cmp.Or(status, report.NoLOA)))
}

// maxSaid is how many changes of a round are printed one by one.
const maxSaid = 50

// SayChanged prints a line for each LOA whose status has changed.
func SayChanged(lines *console.Lines, changed []ledger.LOA) {
	words := lines.Words
	for _, l := range changed[:min(maxSaid, len(changed))] {
		lines.Say("watch-change", map[string]string{
			"time": l.Asked.Format("15:04:05"), "circuit": sheet.MaskNumbers(l.Key.InstanceID),
			"loa": words.Vocabulary().State(cmp.Or(l.Status, report.NoLOA)), "awaits": Awaits(words, l.Status),
		})
	}
	if more := len(changed) - maxSaid; more > 0 {
		lines.Say("watch-more", map[string]string{"count": strconv.Itoa(more)})
	}
}
