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
// first problem.
func (f *findings) errorCode(o batch.Outcome) string {
	if o.ErrorCode != "" || o.Result != sheet.Invalid {
		return o.ErrorCode
	}
	if c := f.book.CircuitAt(o.Row); c != nil {
		return f.errors.Code(c)
	}
	return ""
}
