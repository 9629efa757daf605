package sheet

// merged tells of rows whose value stands in a merged range's first cell and not in their own.
func (d *decoder) merged(l *layout) {}
