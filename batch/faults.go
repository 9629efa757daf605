package batch

import "github.com/loabatch/loabatch/sheet"

// faults gives the first error of each row of both sheets.
type faults struct {
	workbook  *sheet.Workbook
	circuits  map[int]string // by row
	engineers map[int]string
}

func faultsByRow(w *sheet.Workbook) faults {
	f := faults{workbook: w, circuits: map[int]string{}, engineers: map[int]string{}}
	for _, p := range w.Problems {
		if p.Severity != sheet.Error {
			continue
		}
		switch p.At.Sheet {
		case w.CircuitsTable.Sheet:
			first(f.circuits, p.At.Row, p.Code)
		case w.EngineersTable.Sheet:
			first(f.engineers, p.At.Row, p.Code)
		}
		if p.Also.Row > 0 && p.Also.Sheet == w.CircuitsTable.Sheet {
			first(f.circuits, p.Also.Row, p.Code)
		}
	}
	return f
}

func first(codes map[int]string, row int, code string) {
	if _, have := codes[row]; !have {
		codes[row] = code
	}
}

// code gives the code that an INVALID circuit shows: its own first error, else the
// first of one of its engineers.
func (f faults) code(c *sheet.Circuit) string {
	if code, ok := f.circuits[c.Row]; ok {
		return code
	}
	for _, n := range c.Engineers {
		if code, ok := f.engineers[f.workbook.Engineers[n].Row]; ok {
			return code
		}
	}
	return ""
}
