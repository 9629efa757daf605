package sheet

// marks gives the cells of a sheet's data that have an error or a warning, each with
// what is wrong and what to do.
func (r *resulter) marks(t *Table) []Mark {
	var marks []Mark
	for i := range r.w.Problems {
		p := &r.w.Problems[i]
		if !p.Marks(t.Sheet) {
			continue
		}
		note, hint := r.words.Problem(*p)
		if hint != "" {
			note += "\n" + hint
		}
		style := StyleWarn
		if p.Severity == Error {
			style = StyleBad
		}
		if n := len(marks); n > 0 && marks[n-1].Row == p.At.Row && marks[n-1].Col == p.At.Col {
			last := &marks[n-1]
			last.Note += "\n" + note
			if style == StyleBad {
				last.Style = StyleBad
			}
			continue
		}
		marks = append(marks, Mark{Row: p.At.Row, Col: p.At.Col, Style: style, Note: note})
	}
	return marks
}

// Marks reports whether the problem marks a cell of this sheet: it has one, and is more
// than a note.
func (p *Problem) Marks(sheet string) bool {
	return p.At.Sheet == sheet && p.Severity >= Warning && p.At.Row > 0 && p.At.Col > 0
}
