package record

import (
	"slices"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/sheet"
)

// ChangedArgs are the arguments of the problem of a row that was changed after it was accepted.
func ChangedArgs(book *sheet.Workbook, c *sheet.Circuit, was ledger.Changed) []sheet.Arg {
	return plan.ChangedArgs(book, c, was.Run, was.File, plan.Change{Cells: was.Cells, Removed: was.Removed})
}

// Outcomes returns an outcome for each row of the sheet: the ledger's, or NOT_ATTEMPTED for
// rows that a killed run did not reach.
func Outcomes(book *sheet.Workbook, past *ledger.PastRun) []batch.Outcome {
	known := make(map[int]batch.Outcome, len(past.Rows))
	for _, o := range past.Rows {
		known[o.Row] = o
	}
	var leftOut []ledger.LeftOut
	var statuses map[int]string
	if past.End != nil {
		leftOut, statuses = past.End.LeftOut, past.End.Statuses
	}
	all := make([]batch.Outcome, len(book.Circuits))
	for i := range book.Circuits {
		c := &book.Circuits[i]
		o, ok := known[c.Row]
		if !ok {
			o = batch.Outcome{Row: c.Row, Key: plan.KeyOf(c), Result: sheet.NotAttempted, Reason: batch.ReasonInterrupted}
		}
		if o.Result == sheet.Skipped {
			for len(leftOut) > 0 && leftOut[0].Last < c.Row {
				leftOut = leftOut[1:]
			}
			o.Earlier = c.LastResult()
			if len(leftOut) > 0 && leftOut[0].First <= c.Row {
				o.Earlier = leftOut[0].Earlier
			}
		}
		o.CircuitState = statuses[c.Row]
		all[i] = o
	}
	return all
}

// LeftOut lists the rows that were left out, for Outcomes to find.
func LeftOut(outcomes []batch.Outcome) (list []ledger.LeftOut) {
	open := false // whether the previous row belongs to the last range of the list
	for i := range outcomes {
		o := &outcomes[i]
		switch last := len(list) - 1; {
		case o.Result != sheet.Skipped:
			open = false
		case open && list[last].Earlier == o.Earlier:
			list[last].Last = o.Row
		default:
			list, open = append(list, ledger.LeftOut{First: o.Row, Last: o.Row, Earlier: o.Earlier}), true
		}
	}
	return list
}

// Problems restores the problems that were found by comparing the rows with the ledger
// as it was then: errors from the codes of the outcomes, warnings from the end of the run.
// All others are in the workbook.
func Problems(book *sheet.Workbook, past *ledger.PastRun) (list []sheet.Problem) {
	var warned []int
	changed := map[int]ledger.Changed{}
	if past.End != nil {
		warned = past.End.Moved
		for _, c := range past.End.Changed {
			changed[c.Row] = c
		}
	}
	for _, o := range past.Rows {
		_, warns := slices.BinarySearch(warned, o.Row)
		switch {
		case o.Result == sheet.Invalid && slices.Contains([]string{batch.CodeChanged, batch.CodeLineChanged, batch.CodeMoved, batch.CodeForeign}, o.ErrorCode):
			p := pastProblem(book, o, o.ErrorCode, sheet.Error)
			if c := book.CircuitAt(o.Row); c != nil && o.ErrorCode == batch.CodeChanged {
				p.Args = ChangedArgs(book, c, changed[o.Row])
			}
			list = append(list, p)
		case warns:
			list = append(list, pastProblem(book, o, batch.CodeMoved, sheet.Warning))
		}
	}
	return list
}

// pastProblem is a problem in the row of an outcome.
func pastProblem(book *sheet.Workbook, o batch.Outcome, code string, severity sheet.Severity) sheet.Problem {
	table, column, value := &book.CircuitsTable, sheet.CircuitInstanceID, o.Key.InstanceID
	switch {
	case code == batch.CodeMoved && table.Columns[sheet.CircuitRegionID] > 0:
		column, value = sheet.CircuitRegionID, o.Key.Region
	case code == batch.CodeForeign:
		if c := book.CircuitAt(o.Row); c != nil && c.Account != "" {
			column, value = sheet.CircuitAccount, c.Account
		}
	}
	return sheet.Problem{
		Code: code, Severity: severity, Value: value, Column: table.Headers[column],
		At: sheet.Ref{Sheet: table.Sheet, Row: o.Row, Col: table.Columns[column]},
	}
}

// Moved lists the rows with a warning that their region was changed, for Problems to
// find.
func Moved(problems []sheet.Problem) (rows []int) {
	for _, p := range problems {
		if p.Code == batch.CodeMoved && p.Severity == sheet.Warning {
			rows = append(rows, p.At.Row)
		}
	}
	slices.Sort(rows)
	return rows
}
