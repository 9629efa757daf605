package cli

import (
	"cmp"
	"slices"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/sheet"
)

// maxMessages bounds how many problems a row's Message names; the Errors sheet has all.
const maxMessages = 3

// findings finds the problems of each row: its own, and those of the engineers of a
// circuit.
type findings struct {
	book      *sheet.Workbook
	circuits  map[int][]sheet.Problem // by row of the Circuits sheet
	engineers map[int][]sheet.Problem // by row of the Engineers sheet
}

func newFindings(book *sheet.Workbook, problems []sheet.Problem) *findings {
	f := &findings{book: book, circuits: map[int][]sheet.Problem{}, engineers: map[int][]sheet.Problem{}}
	for _, p := range problems {
		if p.Severity != sheet.Error || p.At.Row == 0 {
			continue
		}
		switch p.At.Sheet {
		case book.CircuitsTable.Sheet:
			f.circuits[p.At.Row] = append(f.circuits[p.At.Row], p)
		case book.EngineersTable.Sheet:
			f.engineers[p.At.Row] = append(f.engineers[p.At.Row], p)
		}
	}
	return f
}

// of lists the errors that stand against a circuit: those of its own row, then those
// of its engineers' rows.
func (f *findings) of(c *sheet.Circuit) []sheet.Problem {
	list := slices.Clone(f.circuits[c.Row])
	for _, i := range c.Engineers {
		list = append(list, f.engineers[f.book.Engineers[i].Row]...)
	}
	return list
}

// circuitByRow finds a circuit of the workbook by its row.
func circuitByRow(book *sheet.Workbook, row int) *sheet.Circuit {
	i, ok := slices.BinarySearchFunc(book.Circuits, row, func(c sheet.Circuit, row int) int { return cmp.Compare(c.Row, row) })
	if !ok {
		return nil
	}
	return &book.Circuits[i]
}

// message renders why a row has its result, and what to do: for an invalid row its
// first problems with their cells, for a refused one what the API's code means.
func (f *findings) message(w *prose.Catalogue, o batch.Outcome) (message, hint string) {
	if o.Result == sheet.Invalid {
		if c := circuitByRow(f.book, o.Row); c != nil {
			if list := f.of(c); len(list) > 0 {
				return f.problemsMessage(w, list)
			}
		}
	}
	meaning, apiHint := "", ""
	if _, known := w.Entry(o.ErrorCode); known {
		meaning, apiHint = w.Render(o.ErrorCode, nil)
	}
	if o.Result == sheet.Blocked {
		apiHint = "" // the reason's own says what stands against the row
	}
	message, hint = w.Render(string(o.Reason), map[string]string{
		"code": o.ErrorCode, "meaning": cmp.Or(meaning, o.ErrorCode), "loa": o.LOAStatus, "instance": o.Key.InstanceID, "region": o.Key.Region, "circuit": o.CircuitState,
	})
	return message, cmp.Or(apiHint, hint)
}

func (f *findings) problemsMessage(w *prose.Catalogue, list []sheet.Problem) (message, hint string) {
	for i, p := range list {
		if i == maxMessages {
			message += "; " + w.Line("rows-more", count("n", len(list)-i))
			break
		}
		text, todo := w.Problem(p)
		if i > 0 {
			message += "; "
		}
		message += p.At.String() + ": " + text
		hint = cmp.Or(hint, todo)
	}
	return message, hint
}

// errorCode gives the code that stands in the row's column: the API's, or that of the
// first problem.
func (f *findings) errorCode(o batch.Outcome) string {
	if o.ErrorCode != "" || o.Result != sheet.Invalid {
		return o.ErrorCode
	}
	if c := circuitByRow(f.book, o.Row); c != nil {
		if list := f.of(c); len(list) > 0 {
			return list[0].Code
		}
	}
	return ""
}
