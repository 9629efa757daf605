package sheet

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
