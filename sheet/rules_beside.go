package sheet

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/loabatch/loabatch/sheet/internal/labels"
)

// headerApart: without an Excel table around the data, a known header beside an empty
// column may belong to another list. Nobody guesses, so no row is read.
var headerApart = besideRules.add(Rule{Code: "header-apart", Severity: Error, Column: NoColumn, Input: true})

// headerAfterHidden: hidden empty columns do not show, so what follows them is read.
var headerAfterHidden = besideRules.add(Rule{Code: "header-after-hidden", Severity: Warning, Column: NoColumn})

// apart reports the data columns that empty columns separate from the rest. The data reach
// from the first column that a workbook must have to the last, over any spacers; what lies
// beyond an empty column or in another Excel table may be a list of the user's own. It
// needs the stray values and the merged ranges, which are known once the sheet was read.
func (d *decoder) apart(l *layout) {
	if l.bounds != nil {
		return
	}
	groups := d.groups(l)
	var core []group
	for i, h := range l.all {
		if l.slot(h.col).use == useData && needed(columnOf(h.id), d.opts) {
			core = append(core, groups[i])
		}
	}
	first, last := core[0], core[len(core)-1]
	for i, h := range l.all {
		if l.slot(h.col).use != useData {
			continue
		}
		p := Problem{At: Ref{Sheet: l.table.Sheet, Row: l.table.HeaderRow, Col: h.col}, Column: h.text}
		switch g := groups[i]; {
		case d.opts.Purpose == ForApplication && stageOf(h.id) == completionOnly: // another list's or not, it is not sent
		case g.visible < first.visible || g.visible > last.visible:
			p.Code, p.Severity = headerApart.Code, Error
			d.input = append(d.input, p)
		case g.all < first.all || g.all > last.all:
			d.record(headerAfterHidden, p)
		}
	}
}

// group numbers a run of columns by the gaps before it.
type group struct {
	visible int // gaps that can be seen, and edges of other lists
	all     int // hidden ones too
}

// groups returns the group of each header of a layout.
func (d *decoder) groups(l *layout) []group {
	used := slices.Clone(l.filled)
	for _, s := range d.strays {
		used = append(used, s.col)
	}
	for _, r := range d.book.Merged(l.table.Sheet) {
		if l.table.HeaderRow >= r.Row1 && l.table.HeaderRow <= r.Row2 {
			for col := r.Col1; col <= min(r.Col2, l.table.LastCol); col++ {
				used = append(used, col)
			}
		}
	}
	slices.Sort(used)
	var list []group
	var g group
	place := 0
	for i, h := range l.all {
		for ; place < len(used) && used[place] < h.col; place++ {
			d.gap(l, &g, used[place], used[place+1])
		}
		if i > 0 && l.otherList(l.all[i-1].col) != l.otherList(h.col) {
			g.visible++
			g.all++
		}
		list = append(list, g)
	}
	return list
}

// gap counts a gap between two columns in use, if there is one.
func (d *decoder) gap(l *layout, g *group, from, to int) {
	if to-from < 2 {
		return
	}
	g.all++
	for col := from + 1; col < to; col++ {
		if !d.book.HiddenColumn(l.table.Sheet, col) {
			g.visible++
			return
		}
	}
}

// otherList returns the index of the Excel table that a column belongs to if the table has
// nothing that a workbook needs, or -1.
func (l *layout) otherList(col int) int {
	i := l.tableAt(col)
	for _, h := range l.all {
		if i >= 0 && l.tableAt(h.col) == i && l.slot(h.col).use == useData && columnOf(h.id).Required {
			return -1
		}
	}
	return i
}

// strayValue: a value belongs to a column with a header.
var strayValue = besideRules.add(Rule{Code: "stray-value", Severity: Warning, Column: NoColumn})

// reportStrays reports the values in columns without a header. Columns that go on below the
// data hold a list, which is reported once.
func (d *decoder) reportStrays(t *Table) {
	lists := map[int]bool{}
	for _, s := range d.strays {
		lists[s.col] = lists[s.col] || s.row > d.lastData
	}
	report := func(at Ref, count int, cells string) {
		d.record(strayValue, Problem{At: at, Column: ColName(at.Col), Args: []Arg{{"n", strconv.Itoa(count)}, {"range", cells}}})
	}
	var first Ref
	var list Range
	count := 0
	for _, s := range d.strays {
		at := Ref{Sheet: t.Sheet, Row: s.row, Col: s.col}
		if !lists[s.col] {
			report(at, 1, at.Cell())
			continue
		}
		if count++; count == 1 {
			first, list = at, Range{s.row, s.col, s.row, s.col}
		}
		list = Range{min(list.Row1, s.row), min(list.Col1, s.col), max(list.Row2, s.row), max(list.Col2, s.col)}
	}
	switch {
	case count == 1:
		report(first, 1, first.Cell())
	case count > 1:
		report(first, count, list.Cells())
	}
}

// valuesBelow: a list in one of our columns that goes on below the data is not one row of
// data after another.
var valuesBelow = besideRules.add(Rule{Code: "values-below-data", Severity: Warning, Column: NoColumn})

// heldRow is a row that may turn out to lie below the data.
type heldRow struct {
	row  Row
	past Past
	cell Ref // its first value
}

// hold holds the current row back if it is below the data so far and is too little for a
// data row if none follows: it names no circuit and has values in one column only, or only
// in columns that may be empty.
func (d *decoder) hold(row *Row, past Past) bool {
	if row.Number <= d.lastData {
		return false
	}
	var first Ref
	count, required := 0, 0
	for i := range d.fields {
		f := &d.fields[i]
		if !hasValue(&f.cell) {
			continue
		}
		if i == 0 && (f.cell.Type != TextCell || likeOneID(f.cell.Value)) {
			return false
		}
		if count++; count == 1 {
			first = f.at
		}
		if f.col.Required {
			required++
		}
	}
	if count > 1 && required > 0 {
		return false
	}
	kept := Row{Number: row.Number, Hidden: row.Hidden, Cells: slices.Clone(row.Cells)}
	d.held = append(d.held, heldRow{row: kept, past: past, cell: first})
	return true
}

// likeOneID reports whether a text was probably meant as instance IDs rather than as a remark.
func likeOneID(s string) bool {
	s = trimOuter(s)
	return s == "*" || s == "＊" || likeInstanceID(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || isEastAsian(r) })
}

// releaseHeld reads the rows that were held back, as a data row follows them.
func (d *decoder) releaseHeld() {
	held := d.held
	d.held = nil
	strays := len(d.strays)
	for i := range held {
		d.load(&held[i].row)
		d.dataRow(&held[i].row, held[i].past)
	}
	d.strays = d.strays[:strays]
}

// reportHeld reports the rows that no data row follows.
func (d *decoder) reportHeld(t *Table) {
	if len(d.held) == 0 {
		return
	}
	if d.lastData == 0 { // there are no data above them either
		d.releaseHeld()
		return
	}
	first, last := &d.held[0], &d.held[len(d.held)-1]
	f := &d.fields[slices.IndexFunc(d.fields, func(f field) bool { return f.at.Col == first.cell.Col })]
	d.record(valuesBelow, Problem{At: first.cell, Column: f.header, Args: []Arg{
		{"n", strconv.Itoa(len(d.held))}, {"last", strconv.Itoa(last.row.Number)}, {"data", strconv.Itoa(d.lastData)},
	}})
	for _, h := range d.held {
		d.clearResult(t, h.row.Number, h.past)
	}
	d.held = nil
}

// totalsRow: the totals row of a table is not a data row.
var totalsRow = besideRules.add(Rule{Code: "totals-row", Severity: Note, Column: NoColumn})

// findTotals finds the totals rows of a sheet. A table that does not include the instance
// IDs is not the one with the data.
func (d *decoder) findTotals(l *layout) {
	d.totals = nil
	for _, table := range l.onSheet {
		r := table.Range
		if col := d.fields[0].at.Col; table.Totals > 0 && col >= r.Col1 && col <= r.Col2 {
			r.Row1 = max(r.Row1, r.Row2-table.Totals+1)
			d.totals = append(d.totals, r)
		}
	}
}

// isTotals reports whether the current row is a totals row, and records that. A row that
// names a circuit is a data row whatever the table says: no row is lost.
func (d *decoder) isTotals() bool {
	f := &d.fields[0]
	for _, r := range d.totals {
		if d.row < r.Row1 || d.row > r.Row2 {
			continue
		}
		if namesCircuit(&f.cell) {
			return false
		}
		d.record(totalsRow, Problem{At: f.at, Column: f.header, Value: d.show(f, f.cell.Value)})
		return true
	}
	return false
}

// namesCircuit reports whether a cell holds an instance ID, in any width and case, or *.
func namesCircuit(c *Cell) bool {
	if strings.HasPrefix(c.Value, "pc-") || c.Value == "*" {
		return true
	}
	if c.Type != TextCell {
		return false
	}
	for part := range strings.FieldsFuncSeq(c.Value, isSeparator) {
		part = strings.ToLower(strings.Map(narrow, trimOuter(part)))
		if part == "*" || strings.HasPrefix(part, "pc-") || strings.HasPrefix(foldKey(part), "pc") && strings.ContainsFunc(part, unicode.IsDigit) {
			return true
		}
	}
	return false
}

// summaryRow: a row with sums is not a data row.
var summaryRow = besideRules.add(Rule{Code: "summary-row", Severity: Warning, Column: NoColumn})

// signatureRow: a line for signatures or a date is not a data row.
var signatureRow = besideRules.add(Rule{Code: "signature-row", Severity: Warning, Column: NoColumn})

// headerRowRepeated: a row that repeats the headers is not a data row.
var headerRowRepeated = besideRules.add(Rule{Code: "header-row-repeated", Severity: Warning, Column: NoColumn})

// isAside reports whether the current row, which names no circuit, is one of those that
// people put between and below their data, and records that.
func (d *decoder) isAside(row *Row) bool {
	id := &d.fields[0]
	switch {
	case id.cell.Type == TextCell && strings.ContainsFunc(id.cell.Value, unicode.IsLetter):
		if isHeaderText(d.layout.id, id.cell.Value) && d.repeatsHeaders() {
			d.record(headerRowRepeated, Problem{At: id.at, Column: id.header})
			return true
		}
		return d.isLabelled(&id.cell)
	case d.words()*2 > len(requiredHeaders(d.layout.id, &Options{})):
		return false
	}
	for i := range row.Cells {
		if c := &row.Cells[i]; d.layout.slot(c.Col).use != useResult && d.isLabelled(c) {
			return true
		}
	}
	return false
}

// words counts the required columns in which the current row has more than figures.
func (d *decoder) words() (n int) {
	for i := range d.fields {
		if f := &d.fields[i]; f.col.Required && f.cell.Type == TextCell && strings.ContainsFunc(f.cell.Value, unicode.IsLetter) {
			n++
		}
	}
	return n
}

// isLabelled reports whether a cell says that its row has sums or signatures, and records
// that. The name of whoever signed is not quoted.
func (d *decoder) isLabelled(c *Cell) bool {
	if c.Type != TextCell || len(c.Value) > labels.Max {
		return false
	}
	p := Problem{At: Ref{Sheet: d.layout.table.Sheet, Row: d.row, Col: c.Col}, Column: d.layout.headerAt(c.Col)}
	switch labelOf(c.Value) {
	case labels.Totals:
		d.record(summaryRow, p)
	case labels.Signature:
		p.Masked = true
		d.record(signatureRow, p)
	default:
		return false
	}
	return true
}

// labelOf returns what a text labels, whatever its case and width.
func labelOf(s string) labels.Kind {
	return labels.Of(strings.ToLower(strings.Map(narrow, trimOuter(s))))
}

// repeatsHeaders reports whether all values of the current row are headers.
func (d *decoder) repeatsHeaders() bool {
	headers, values := 0, 0
	for i := range d.fields {
		if c := &d.fields[i].cell; hasValue(c) {
			values++
			if c.Type == TextCell && isHeaderText(d.layout.id, c.Value) {
				headers++
			}
		}
	}
	return headers == values || headers >= 2 && headers*2 > values
}

// fillWords are what people write below a header, folded.
var fillWords = []string{"required", "mandatory", "optional", "必填", "必填项", "选填", "选填项", "可选", "非必填", "必須", "選填"}

// isHeaderText reports whether a text is a header of the sheet, or what people write below
// one: whether the column must be filled in.
func isHeaderText(id SheetID, s string) bool {
	if len(s) > labels.Max {
		return false
	}
	if _, found := columnByHeader(id, s); found {
		return true
	}
	return slices.Contains(fillWords, foldKey(s))
}

// headerAt returns the header of any column, or its letters.
func (l *layout) headerAt(col int) string {
	for _, h := range l.all {
		if h.col == col {
			return h.text
		}
	}
	return ColName(col)
}
