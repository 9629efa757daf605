package sheet

import (
	"slices"
	"strings"
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
	d.add(r, Problem{At: f.at, Column: f.header, Value: f.show(f.cell.Value), Masked: f.hides(f.cell.Value), Args: args})
}

// show gives a value as it may be shown: cut off, and masked where it is personal.
func (f *field) show(value string) string {
	value = shorten(value, longestShown)
	switch {
	case !f.hides(value):
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
// slipped over from one that is, as in a row pasted one cell too far to the left.
func (f *field) hides(value string) bool {
	if f.col.Sheet != EngineersSheet || f.col.Personal || len(value) < 2 {
		return f.col.Personal
	}
	if f.col.ID == EngineerInstanceID {
		return slices.ContainsFunc(strings.FieldsFunc(value, isSeparator), func(part string) bool { return !likeInstanceID(part) })
	}
	key := foldKey(value)
	for known := range valueKeys[f.col.ID] {
		if key == known || nearMiss(key, known) {
			return false
		}
	}
	return true
}

// likeInstanceID reports whether a part of a cell was at least meant for a circuit's ID.
func likeInstanceID(part string) bool {
	key := foldKey(part)
	return key == "" || strings.HasPrefix(key, "pc")
}
