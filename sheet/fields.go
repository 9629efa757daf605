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
	case c.ID == CircuitLineCode || c.ID == CircuitLineLabel: // of the carrier, in any language
		return freeText
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

// required reads the text of a field that must not be empty, unless missing is nil.
func (d *decoder) required(f *field, missing *Rule) (string, bool) {
	s, st := d.text(f)
	if st == valueMissing && missing != nil {
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
	return d.unless(r, s)
}

// unless returns a value that broke a rule, or "" if that is an error.
func (d *decoder) unless(r *Rule, s string) string {
	if d.severity.of(r) == Error {
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
func (d *decoder) report(r *Rule, f *field, args ...Arg) { d.reportWith(r, f, nil, args...) }

// reportWith is report with a suggestion, which is only worked out if the problem is listed.
func (d *decoder) reportWith(r *Rule, f *field, suggest func() string, args ...Arg) {
	if d.wants(r, f) {
		d.keep(r, f, suggest, args...)
	}
}

// wants is takes for a problem of a field. Where it reports true, keep is to be called: the
// arguments of problems that are only counted need not be worked out.
func (d *decoder) wants(r *Rule, f *field) bool {
	if d.takes(r, &f.at) {
		return true
	}
	if !f.col.Personal && d.severityAt(r, &f.at) != Off && d.hides(f, f.cell.Value) {
		d.hidden(f)
	}
	return false
}

// hidden records that the value of a field is personal though its column is not.
func (d *decoder) hidden(f *field) {
	cells, at := &d.w.hidden[f.col.Sheet], cell32{int32(f.at.Row), int32(f.at.Col)}
	if last := len(*cells) - 1; last < 0 || (*cells)[last] != at {
		*cells = append(*cells, at)
	}
}

// keep keeps a problem that was taken, and quotes the value of its cell.
func (d *decoder) keep(r *Rule, f *field, suggest func() string, args ...Arg) {
	shown, masked := d.mask(f, f.cell.Value)
	if masked && !f.col.Personal {
		d.hidden(f)
	}
	p := Problem{At: f.at, Column: f.header, Value: shown, Masked: masked, Args: args}
	if suggest != nil && !masked && d.taken == keptListed {
		if s := suggest(); MaskNumbers(s) == s {
			p.Suggestion = shorten(s, maxShown)
		}
	}
	d.append(r, p)
}

// record adds a problem under a rule unless the rule is off.
func (d *decoder) record(r *Rule, p Problem) {
	if d.takes(r, &p.At) {
		d.append(r, p)
	}
}

// takes counts a problem under a rule unless the rule is off, and reports whether it is
// to be kept.
func (d *decoder) takes(r *Rule, at *Ref) bool {
	s := d.severityAt(r, at)
	if s == Off {
		return false
	}
	if s == Error {
		d.errors++
	}
	d.taken = d.listing.take(r, s, at)
	return d.taken != counted
}

// severityAt returns the severity of a rule in a cell of the current sheet: a rule about cells
// of any column counts for less in a column that is not needed.
func (d *decoder) severityAt(r *Rule, at *Ref) Severity {
	if r.Column != NoColumn || r.stage != anyStage || d.opts.Purpose == ForAdvance || at.Sheet != d.layout.table.Sheet {
		return d.severity.of(r)
	}
	s := d.layout.slot(at.Col)
	if s.use != useData || d.opts.Purpose.needs(stageOf(s.data)) {
		return d.severity.of(r)
	}
	return d.opts.severityIn(r, stageOf(s.data))
}

// append keeps a problem that was just taken.
func (d *decoder) append(r *Rule, p Problem) {
	p.Code, p.Severity, p.RowOnly = r.Code, d.severityAt(r, &p.At), d.taken == keptForRow
	d.problems.Append(p)
}

// flushProblems moves the problems recorded so far into the workbook.
func (d *decoder) flushProblems() {
	if len(d.w.Problems) == 0 {
		d.w.Problems = d.problems.All()
		return
	}
	d.w.Problems = d.problems.AppendTo(d.w.Problems)
}
