package sheet

import (
	"slices"
	"strconv"
)

// worstFirst orders results from what needs a person most to what needs nobody.
var worstFirst = []Result{Invalid, Refused, Failed, Unknown, Blocked, NotAttempted, Skipped, Submitted, Already, Valid}

func worse(a, b Result) bool { return slices.Index(worstFirst, a) < slices.Index(worstFirst, b) }

// sum is what the circuits of one engineer came to.
type sum struct {
	circuits int
	worst    int32 // index into the results of the first circuit with the worst one
	alike    int   // circuits with that result
}

// sumEngineers sums up the circuits of every engineer.
func sumEngineers(w *Workbook, r *resulter) []sum {
	sums := make([]sum, len(w.Engineers))
	for i := range w.Circuits {
		c := &w.Circuits[i]
		k, found := r.byRow.at(c.Row)
		if !found {
			continue
		}
		for _, e := range c.Engineers {
			s := &sums[e]
			switch {
			case s.circuits == 0 || worse(r.results[k].Result, r.results[s.worst].Result):
				s.worst, s.alike = int32(k), 1
			case r.results[k].Result == r.results[s.worst].Result:
				s.alike++
			}
			s.circuits++
		}
	}
	return sums
}

// engineerCells gives the cells of a row of the engineers, or nil.
func (r *resulter) engineerCells(number int) []PutCell {
	i, found := r.engineers.at(number)
	if !found {
		return nil
	}
	e, s := &r.w.Engineers[i], &r.sums[i]
	cells := r.engineerResult(e, s)
	if s.circuits != 1 || e.Invalid {
		cells[ColAttempts] = PutCell{}
	}
	return cells
}

func (r *resulter) engineerResult(e *Engineer, s *sum) []PutCell {
	if e.Invalid {
		out := RowResult{Result: Invalid}
		if list := r.engineerErrors.at(e.Row); len(list) > 0 {
			out.Message, out.ErrorCode = r.message(list, r.w.EngineersTable.Sheet), r.w.Problems[list[0]].Code
		}
		return cellsOf(out)
	}
	if s.circuits == 0 {
		return cellsOf(RowResult{Result: Skipped, Message: r.words.Line("rows-no-circuit")})
	}
	worst := r.complete(&r.results[s.worst])
	circuit := Ref{Sheet: r.w.CircuitsTable.Sheet, Row: worst.Row, Col: r.w.CircuitsTable.Columns[CircuitInstanceID]}
	if s.circuits == 1 {
		worst.Message = r.words.Line("rows-one-circuit", Arg{"cell", circuit.String()}, Arg{"message", worst.Message})
		return cellsOf(worst)
	}
	message := r.words.Line("rows-circuits", Arg{"n", strconv.Itoa(s.alike)}, Arg{"of", strconv.Itoa(s.circuits)}, Arg{"result", string(worst.Result)}, Arg{"cell", circuit.String()}, Arg{"message", worst.Message})
	return cellsOf(RowResult{Result: worst.Result, Message: message, ErrorCode: worst.ErrorCode})
}
