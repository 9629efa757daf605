package sheet

// field is the cell of one column in the current row.
type field struct {
	col    *Column
	kind   textKind
	digits bool // a value can consist of digits only
	form   bool // the column's own rules reject whatever is not of its form
	at     Ref
	header string
	cell   Cell // the zero Cell if the row has no such cell
}

func kindOf(c *Column) textKind {
	switch {
	case c.ID == CircuitConstructionTime:
		return timeText
	case c.ID == EngineerInstanceID:
		return codesText
	case c.Values != nil:
		return listText
	case c.Text && c.Personal:
		return digitText
	case c.Text || c.ID == CircuitBandwidth:
		return codeText
	}
	return freeText
}

// takesDigits reports whether a value of a text column can consist of digits only. In
// other columns a number is wrong anyway, and the column's own rule says so.
func takesDigits(c *Column) bool {
	return c.Values == nil && c.ID != CircuitInstanceID && c.ID != CircuitRegionID && c.ID != EngineerInstanceID
}

// hasForm reports whether the rules of a column itself reject text that is not data.
func hasForm(c *Column) bool {
	return !takesDigits(c) || c.ID == CircuitConstructionTime || c.ID == CircuitBandwidth
}

// valueState is the outcome of reading the value of a field.
type valueState uint8

const (
	valueMissing  valueState = iota // the cell is empty
	valueRejected                   // the value is unusable, and that has been reported
	valueOK
)

// text reads a field as text, cleaned for its column. It reports what was changed and
// what is wrong.
func (d *decoder) text(f *field) (string, valueState) {
	if st := d.checkType(f); st != valueOK {
		return "", st
	}
	switch f.cell.Type {
	case DateCell:
		d.report(cellDate, f, Arg{"stored", d.show(f, f.cell.Value)}, Arg{"shown", d.show(f, f.cell.Value)})
		return "", valueRejected
	case NumberCell:
		return d.numberAsText(f)
	}
	return d.cleanText(f)
}

// required reads the text of a field that must not be empty.
func (d *decoder) required(f *field, missing *Rule) (string, bool) {
	s, st := d.text(f)
	if st == valueMissing {
		d.report(missing, f)
	}
	return s, st == valueOK
}

// accept returns s if it is good; otherwise it reports r, and returns "" if that is an error.
func (d *decoder) accept(good bool, s string, r *Rule, f *field) string {
	if good {
		return s
	}
	d.report(r, f)
	if d.severity[r] == Error {
		return ""
	}
	return s
}

// ref returns the cell of a column in a row.
func (d *decoder) ref(id ColumnID, row int) Ref {
	r := d.cells[id].at
	r.Row = row
	return r
}

// report records a problem of a field and quotes the value of its cell.
func (d *decoder) report(r *Rule, f *field, args ...Arg) {
	if d.severity[r] == Off {
		return
	}
	d.record(r, Problem{At: f.at, Column: f.header, Value: d.show(f, f.cell.Value), Masked: d.hides(f, f.cell.Value), Args: args})
}

// record adds a problem under a rule unless the rule is off.
func (d *decoder) record(r *Rule, p Problem) {
	p.Severity = d.severity[r]
	if p.Severity == Off {
		return
	}
	p.Code = r.Code
	if p.Severity == Error {
		d.errors++
	}
	d.problems.append(p)
}

// flushProblems moves the problems recorded so far into the workbook.
func (d *decoder) flushProblems() {
	recorded := d.problems.slice()
	if len(d.w.Problems) == 0 {
		d.w.Problems = recorded
		return
	}
	d.w.Problems = append(d.w.Problems, recorded...)
}
