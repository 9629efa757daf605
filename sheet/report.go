package sheet

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
func (d *decoder) flush() { d.w.Problems = append(d.w.Problems, d.problems.take()...) }

// tell records a problem of a field, quoting what stands in its cell.
func (d *decoder) tell(r *Rule, f *field, args ...Arg) {
	if d.severity[r] == Off {
		return
	}
	d.add(r, Problem{At: f.at, Column: f.header, Value: f.show(f.cell.Value), Args: args})
}

// show gives a value as it may be shown: cut off, and masked where it is personal.
func (f *field) show(value string) string {
	value = shorten(value, longestShown)
	if f.col.Personal {
		return Mask(value)
	}
	return value
}
