// Package reasons puts into words why rows have their results, and what to do: from the outcome
// of a row and the problems of its workbook it makes a message, a hint and a code.
package reasons

import (
	"cmp"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// Unlisted is the entry of error codes of the API that the catalogue does not have.
const Unlisted = "api-unlisted"

// maxMessages bounds how many problems a row's Message names; the Errors sheet has all.
const maxMessages = 3

// Reasons are why the rows of a workbook have their results.
type Reasons struct {
	Errors *sheet.RowErrors // the problems of the rows that are errors

	book *sheet.Workbook
}

// New returns the reasons for the rows of a workbook with these problems.
func New(book *sheet.Workbook, problems []sheet.Problem) *Reasons {
	return &Reasons{Errors: sheet.NewRowErrors(book, problems), book: book}
}

// Message renders what is known of an outcome without its workbook.
func Message(w *prose.Catalogue, o *batch.Outcome) (message, hint string) {
	return New(&sheet.Workbook{}, nil).Message(w, o)
}

// Message renders why a row has its result, and what to do: for an invalid row its
// first problems with their cells, for a refused one what the API's code means.
func (r *Reasons) Message(w *prose.Catalogue, o *batch.Outcome) (message, hint string) {
	if o.Result == sheet.Invalid {
		if c := r.book.CircuitAt(o.Row); c != nil {
			if list := r.Errors.Of(c); len(list) > 0 {
				return r.problemsMessage(w, list)
			}
		}
	}
	if o.Result == sheet.Skipped && o.Earlier != "" {
		return r.leftOut(w, o)
	}
	meaning, apiHint := "", ""
	if _, known := w.Entry(o.ErrorCode); known {
		meaning, apiHint = w.Render(variant(w, o.ErrorCode, o), nil)
	} else if o.Reason == batch.ReasonRefused {
		_, apiHint = w.Render(Unlisted, nil)
	}
	if o.Result == sheet.Blocked || o.Reason == batch.ReasonUnasked || o.Reason == batch.ReasonSettling || o.Reason == batch.ReasonLOARejected || o.Reason == batch.ReasonNoLOA {
		apiHint = "" // it is about an application, and there was none, or it is not final
	}
	code := string(o.Reason)
	if o.Result == sheet.Refused && o.CircuitState != "" {
		code, apiHint = "rows-not-allocated", "" // it says more than the API's code
		if report.Locked(o.CircuitState) {
			code = "rows-locked"
		}
	}
	if o.Reason == batch.ReasonAccount && o.ErrorCode == strings.ToLower(o.ErrorCode) {
		meaning, apiHint = "", "" // it is a code of ours, whose sentence needs more
	}
	code = variant(w, code, o)
	message, hint = w.RenderFunc(code, func(name string) (string, bool) {
		switch name {
		case "profile":
			if c := r.book.CircuitAt(o.Row); c != nil && c.Account != "" {
				return c.Account, true
			}
			return w.Line("account-own"), true
		case "code":
			return o.ErrorCode, true
		case "meaning":
			return cmp.Or(meaning, o.ErrorCode), true
		case "loa":
			return w.Vocabulary().State(o.LOAStatus), true
		case "instance":
			return o.Key.InstanceID, true
		case "region":
			return o.Key.Region, true
		case "circuit":
			return o.CircuitState, true
		case "after":
			return settledFrom(o).Format("15:04"), !o.Tried.IsZero()
		}
		return "", false
	})
	switch o.Reason {
	case batch.ReasonAttempts, batch.ReasonUnsettled, batch.ReasonSettling, batch.ReasonRegion, batch.ReasonAccount:
		if meaning != "" {
			message = w.Line("report-with-cause", sheet.Arg{Name: "message", Value: message}, sheet.Arg{Name: "meaning", Value: meaning})
		}
	}
	return message, cmp.Or(apiHint, hint)
}

// variant returns the code of a sentence as worded for the operation of an outcome, if that
// differs from an application. An offline dry run predicts no operation.
func variant(w *prose.Catalogue, code string, o *batch.Outcome) string {
	if !o.Operation.FollowsUp() || o.Reason == batch.ReasonValid && o.LOAStatus == "" {
		return code
	}
	if both := w.For(code, "both"); o.Completed && both != code {
		return both
	}
	return w.For(code, o.Operation.String())
}

// leftOut says what is known about a row that --only left out: its last result and, if that
// had an error code, what it means and what to do.
func (r *Reasons) leftOut(w *prose.Catalogue, o *batch.Outcome) (message, hint string) {
	switch o.Earlier {
	case sheet.Submitted, sheet.Already, sheet.Skipped:
		message, _ = w.Render("rows-left-out", map[string]string{"result": w.Vocabulary().Result(o.Earlier)})
		return message, ""
	}
	_, again := w.Render(string(o.Reason), nil)
	if _, known := w.Entry(r.Code(o)); known {
		meaning, todo := w.Render(r.Code(o), nil)
		message, _ = w.Render("rows-left-out-why", map[string]string{"result": w.Vocabulary().Result(o.Earlier), "meaning": meaning})
		return message, cmp.Or(todo, again)
	}
	message, _ = w.Render("rows-left-out", map[string]string{"result": w.Vocabulary().Result(o.Earlier)})
	return message, again
}

// settledFrom is when a lookup settles an UNKNOWN row, in UTC, rounded up to a minute.
func settledFrom(o *batch.Outcome) time.Time {
	return o.Tried.Add(batch.SettlingTime + time.Minute - 1).Truncate(time.Minute).UTC()
}

func (r *Reasons) problemsMessage(w *prose.Catalogue, list []sheet.Problem) (message, hint string) {
	unlisted := 0
	for _, p := range list {
		unlisted += int(p.More)
	}
	var b strings.Builder
	for i, p := range list {
		if i > 0 {
			b.WriteString(w.Line("mark-clause"))
		}
		if i == maxMessages {
			b.WriteString(w.Line("rows-more", sheet.Count("n", len(list)-i)))
			break
		}
		text, todo := w.Problem(p)
		b.WriteString(w.Colon(p.At.String(), text))
		hint = cmp.Or(hint, todo)
	}
	if unlisted > 0 {
		b.WriteString(w.Line("mark-clause") + w.Line("rows-unlisted", sheet.Count("n", unlisted)))
	}
	return b.String(), hint
}

// Code returns the code for the row's Error code column: the API's, or that of the
// first problem. That of a row that is left out is its last one, from the ledger or else
// from the workbook.
func (r *Reasons) Code(o *batch.Outcome) string {
	c := r.book.CircuitAt(o.Row)
	switch {
	case o.ErrorCode != "" || c == nil:
		return o.ErrorCode
	case o.Result == sheet.Invalid:
		return r.Errors.Code(c)
	case o.Result == sheet.Skipped && string(o.Earlier) == c.LastRun().Result && isCode(c.LastRun().ErrorCode):
		return c.LastRun().ErrorCode
	}
	return ""
}

// isCode reports whether a cell holds the code of a rule or of an API error, and not what
// somebody typed there.
func isCode(text string) bool {
	_, known := prose.English.Entry(text)
	return known
}
