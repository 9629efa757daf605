package sheet

import (
	"fmt"
	"slices"
	"strings"
)

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
		d.tell(&cellDate, f)
		return "", fault
	case NumberCell:
		return d.digits(f)
	}
	return d.fit(f)
}

// typed sorts out the cells that cannot have a value of any column.
func (d *decoder) typed(f *field) state {
	c := &f.cell
	switch {
	case c.Type == BlankCell && c.Formula:
		d.tell(&cellFormulaEmpty, f)
		return fault
	case c.Type == BlankCell || c.Type == TextCell && isBlank(c.Value):
		return empty
	case c.Type == ErrorCell:
		d.tell(&cellError, f)
		return fault
	case c.Type == BoolCell:
		d.tell(&cellBoolean, f)
		return fault
	}
	if c.Formula {
		d.tell(&cellFormula, f)
	}
	if c.Rich {
		d.tell(&cellRich, f)
	}
	return ok
}

// digits takes a number where text belongs.
func (d *decoder) digits(f *field) (string, state) {
	before, value := d.errors, f.cell.Value
	switch {
	case f.cell.DateStyle:
		d.tell(&cellDate, f)
	case !f.digits:
	case digitsLost(value):
		d.tell(&cellDigitsLost, f)
	default:
		d.tell(&cellStoredNumber, f)
	}
	if d.errors > before {
		return "", fault
	}
	return value, ok
}

// digitsLost reports whether a stored number is beyond what a double holds exactly in
// decimal: more than 15 digits, or written with an exponent.
func digitsLost(value string) bool {
	if strings.ContainsAny(value, "eE") {
		return true
	}
	whole, _, _ := strings.Cut(strings.TrimLeft(value, "-+0"), ".")
	return len(whole) > 15
}

// fit cleans a text and tells what came of it.
func (d *decoder) fit(f *field) (string, state) {
	before := d.errors
	c := clean(f.cell.Value, f.kind)
	if c.fault != nil {
		d.tell(c.fault, f, Arg{"char", codePoint(c.bad)}, Arg{"place", fmt.Sprint(c.at)})
	}
	if c.trimmed {
		d.tell(&cellTrimmed, f, Arg{"before", d.show(f, f.cell.Value)}, Arg{"after", d.show(f, c.text)})
	}
	if c.narrowed {
		d.tell(&cellNarrowed, f, Arg{"before", d.show(f, f.cell.Value)}, Arg{"after", d.show(f, c.text)})
	}
	if c.wide != 0 {
		d.tell(&cellFullWidth, f, Arg{"char", codePoint(c.wide)})
	}
	if f.col.Text && isExponent(c.text) {
		d.tell(&cellExponent, f)
	}
	if d.errors > before {
		return "", fault
	}
	return c.text, ok
}

func codePoint(r rune) string { return fmt.Sprintf("U+%04X", r) }

// isExponent reports what a spreadsheet shows of a long number: 5.1E+17.
func isExponent(s string) bool {
	plus := strings.IndexByte(s, '+')
	if plus < 1 || s[plus-1]|0x20 != 'e' {
		return false
	}
	mantissa, exponent := s[:plus-1], s[plus+1:]
	whole, fraction, point := strings.Cut(mantissa, ".")
	return isDigits(exponent) && isDigits(whole) && len(whole) == 1 && (!point || isDigits(fraction))
}

// required gives the text of a field that has to have one.
func (d *decoder) required(f *field, missing *Rule) (string, bool) {
	s, st := d.text(f)
	if st == empty {
		d.tell(missing, f)
	}
	return s, st == ok
}

// listed gives the API's spelling of a field with a closed list.
func (d *decoder) listed(f *field, missing, unknown *Rule) string {
	s, found := d.required(f, missing)
	if !found {
		return ""
	}
	if slices.Contains(f.col.Values, s) {
		return s
	}
	value, known := valueKeys[f.col.ID][foldKey(s)]
	switch {
	case !known:
		d.tell(unknown, f, Arg{"allowed", strings.Join(f.col.Values, ", ")})
	default:
		d.tell(&cellSpelling, f, Arg{"before", d.show(f, s)}, Arg{"after", value})
	}
	return value
}
