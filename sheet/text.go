package sheet

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
