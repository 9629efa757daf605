package sheet

import (
	"slices"
	"strings"
	"unicode"
)

// longestShown is how many characters of a value a problem quotes.
const longestShown = 120

// add records a problem under a rule, unless the rule is off.
func (d *decoder) add(r *Rule, p Problem) {
	p.Severity = d.severity[r]
	if p.Severity == Off {
		return
	}
	p.Code = r.Code
	if p.Severity == Error {
		d.errors++
	}
	d.problems.push(p)
}

// flush hands the problems recorded so far to the workbook.
func (d *decoder) flush() {
	told := d.problems.take()
	if len(d.w.Problems) == 0 {
		d.w.Problems = told
		return
	}
	d.w.Problems = append(d.w.Problems, told...)
}

// tell records a problem of a field, quoting what stands in its cell.
func (d *decoder) tell(r *Rule, f *field, args ...Arg) {
	if d.severity[r] == Off {
		return
	}
	d.add(r, Problem{At: f.at, Column: f.header, Value: d.show(f, f.cell.Value), Masked: d.hides(f, f.cell.Value), Args: args})
}

// show gives a value as it may be shown: cut off, and masked where it is personal.
func (d *decoder) show(f *field, value string) string {
	value = shorten(value, longestShown)
	switch {
	case !d.hides(f, value):
		return value
	case f.col.ID == EngineerInstanceID: // each on its own, since Mask leaves the ends
		parts := strings.FieldsFunc(value, isSeparator)
		for i, part := range parts {
			if parts[i] = trimOuter(part); !likeInstanceID(part) {
				parts[i] = Mask(parts[i])
			}
		}
		return strings.Join(parts, ", ")
	}
	return Mask(value)
}

// hides reports whether a value is personal: by its column, or because it may have
// slipped over from one that is, in a row pasted one cell too far to either side. Words
// that are merely wrong in their place stay readable.
func (d *decoder) hides(f *field, value string) bool {
	switch {
	case f.col.Personal:
		return true
	case f.col.ID == EngineerInstanceID:
		return slices.ContainsFunc(strings.FieldsFunc(value, isSeparator), func(part string) bool { return !likeInstanceID(part) })
	case f.col.ID == EngineerCertificateType:
		if _, slipped := valueKeys[f.col.ID][foldKey(d.cells[EngineerCertificateNo].cell.Value)]; slipped {
			return true
		}
	case f.col.ID != EngineerGender:
		return false
	}
	return strings.ContainsFunc(value, unicode.IsDigit)
}

// likeInstanceID reports whether a part of a cell was at least meant for the ID of a
// circuit. A name has no digits, a number no letters.
func likeInstanceID(part string) bool {
	key := foldKey(part)
	return key == "" || strings.HasPrefix(key, "pc") ||
		strings.ContainsFunc(key, unicode.IsDigit) && strings.ContainsFunc(key, func(r rune) bool { return r >= 'a' && r <= 'z' })
}
