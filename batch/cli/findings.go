package cli

import (
	"cmp"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/sheet"
)

// maxMessages bounds how many problems a row's Message names; the Errors sheet has all.
const maxMessages = 3

// findings renders why rows have their results.
type findings struct {
	book   *sheet.Workbook
	errors *sheet.RowErrors
}

func newFindings(book *sheet.Workbook, problems []sheet.Problem) *findings {
	return &findings{book: book, errors: sheet.NewRowErrors(book, problems)}
}

// message renders why a row has its result, and what to do: for an invalid row its
// first problems with their cells, for a refused one what the API's code means.
func (f *findings) message(w *prose.Catalogue, o batch.Outcome) (message, hint string) {
	if o.Result == sheet.Invalid {
		if c := f.book.CircuitAt(o.Row); c != nil {
			if list := f.errors.Of(c); len(list) > 0 {
				return f.problemsMessage(w, list)
			}
		}
	}
	if o.Result == sheet.Skipped && o.Earlier != "" {
		return f.leftOut(w, o)
	}
	meaning, apiHint := "", ""
	if _, known := w.Entry(o.ErrorCode); known {
		meaning, apiHint = w.Render(o.ErrorCode, nil)
	}
	if o.Result == sheet.Blocked || o.Reason == batch.ReasonUnasked || o.Reason == batch.ReasonSettling {
		apiHint = "" // it is about an application, and there was none, or it is not the last word
	}
	message, hint = w.Render(string(o.Reason), map[string]string{
		"code": o.ErrorCode, "meaning": cmp.Or(meaning, o.ErrorCode), "loa": o.LOAStatus, "instance": o.Key.InstanceID, "region": o.Key.Region, "circuit": o.CircuitState,
		"after": settledFrom(o).Format("15:04"),
	})
	return message, cmp.Or(apiHint, hint)
}

// leftOut says what is known of a row that --only left out: its last result and, if that
// had an error code, what it means and what to do.
func (f *findings) leftOut(w *prose.Catalogue, o batch.Outcome) (message, hint string) {
	switch o.Earlier {
	case sheet.Submitted, sheet.Already, sheet.Skipped:
		message, _ = w.Render("rows-left-out", map[string]string{"result": string(o.Earlier)})
		return message, ""
	}
	_, again := w.Render(string(o.Reason), nil)
	if _, known := w.Entry(f.errorCode(o)); known {
		meaning, todo := w.Render(f.errorCode(o), nil)
		message, _ = w.Render("rows-left-out-why", map[string]string{"result": string(o.Earlier), "meaning": meaning})
		return message, cmp.Or(todo, again)
	}
	message, _ = w.Render("rows-left-out", map[string]string{"result": string(o.Earlier)})
	return message, again
}

// settledFrom is when a lookup settles an UNKNOWN row, in UTC, rounded up to a minute.
func settledFrom(o batch.Outcome) time.Time {
	return o.Tried.Add(batch.SettlingTime + time.Minute - 1).Truncate(time.Minute).UTC()
}

func (f *findings) problemsMessage(w *prose.Catalogue, list []sheet.Problem) (message, hint string) {
	unlisted := 0
	for _, p := range list {
		unlisted += int(p.More)
	}
	var b strings.Builder
	for i, p := range list {
		if i == maxMessages {
			b.WriteString("; " + w.Line("rows-more", count("n", len(list)-i)))
			break
		}
		text, todo := w.Problem(p)
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(p.At.String() + ": " + text)
		hint = cmp.Or(hint, todo)
	}
	if unlisted > 0 {
		b.WriteString("; " + w.Line("rows-unlisted", count("n", unlisted)))
	}
	return b.String(), hint
}

// errorCode returns the code for the row's Error code column: the API's, or that of the
// first problem. That of a row that is left out is its last one, from the ledger or else
// from the workbook.
func (f *findings) errorCode(o batch.Outcome) string {
	c := f.book.CircuitAt(o.Row)
	switch {
	case o.ErrorCode != "" || c == nil:
		return o.ErrorCode
	case o.Result == sheet.Invalid:
		return f.errors.Code(c)
	case o.Result == sheet.Skipped && string(o.Earlier) == c.Past.Result && isCode(c.Past.ErrorCode):
		return c.Past.ErrorCode
	}
	return ""
}

// isCode reports whether a cell holds the code of a rule or of an API error, and not what
// somebody typed there.
func isCode(text string) bool {
	_, known := prose.English.Entry(text)
	return known
}
