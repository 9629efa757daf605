package sheet

import "strings"

// totalsRow: the row of totals of a table is no row of data.
var totalsRow = Rule{Code: "totals-row", Severity: Note, Sheet: BothSheets, Column: NoColumn}

// readTotals finds the rows of totals in a sheet. A table that does not cover the
// instance IDs is not the one with the data.
func (d *decoder) readTotals(t *Table) error {
	d.totals = nil
	ranges, err := d.book.Totals(t.Sheet)
	if err != nil {
		return err
	}
	for _, r := range ranges {
		if col := d.fields[0].at.Col; col >= r.Col1 && col <= r.Col2 {
			d.totals = append(d.totals, r)
		}
	}
	return nil
}

// isTotals reports whether the row at hand is one of totals, and tells of it. One that
// names a circuit is data whatever the table says: no row is lost.
func (d *decoder) isTotals() bool {
	f := &d.fields[0]
	for _, r := range d.totals {
		if d.row < r.Row1 || d.row > r.Row2 {
			continue
		}
		if id := trimOuter(f.cell.Value); id == "*" || strings.HasPrefix(strings.ToLower(id), "pc-") {
			return false
		}
		d.add(&totalsRow, Problem{At: f.at, Column: f.header, Value: d.show(f, f.cell.Value)})
		return true
	}
	return false
}
