package sheet

// field is the cell of one column in the row at hand.
type field struct {
	col    *Column
	kind   textKind
	digits bool // digits alone can be a value
	at     Ref
	header string
	cell   Cell // the zero Cell when the row has none
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

// takesDigits reports whether digits alone can be a value of a text column: what they
// lost as a number matters only there, anything else is told by the column's own rule.
func takesDigits(c *Column) bool {
	return c.Values == nil && c.ID != CircuitInstanceID && c.ID != CircuitRegionID && c.ID != EngineerInstanceID
}

// state says what a cell gave.
type state uint8

const (
	empty state = iota // nothing stands there
	fault              // something does, and the problem is told
	ok
)

// text gives the text of a field, made fit for its column. What was changed is noted,
// what is wrong is told.
func (d *decoder) text(f *field) (string, state) {
	if st := d.typed(f); st != ok {
		return "", st
	}
	switch f.cell.Type {
	case DateCell:
		d.tell(cellDate, f)
		return "", fault
	case NumberCell:
		return d.digits(f)
	}
	return d.fit(f)
}

// required gives the text of a field that has to have one.
func (d *decoder) required(f *field, missing *Rule) (string, bool) {
	s, st := d.text(f)
	if st == empty {
		d.tell(missing, f)
	}
	return s, st == ok
}

// accept gives a value that is good, or that its rule does not make an error.
func (d *decoder) accept(good bool, s string, r *Rule, f *field) string {
	if good {
		return s
	}
	d.tell(r, f)
	if d.severity[r] == Error {
		return ""
	}
	return s
}

// ref gives the cell of a column in a row.
func (d *decoder) ref(id ColumnID, row int) Ref {
	r := d.cells[id].at
	r.Row = row
	return r
}

// tell records a problem of a field, quoting what stands in its cell.
func (d *decoder) tell(r *Rule, f *field, args ...Arg) {
	if d.severity[r] == Off {
		return
	}
	d.add(r, Problem{At: f.at, Column: f.header, Value: d.show(f, f.cell.Value), Masked: d.hides(f, f.cell.Value), Args: args})
}
