package xlsx

import (
	"strconv"

	"github.com/loabatch/loabatch/sheet"
)

// addCols writes a list of columns where the sheet has none.
func (s *sheetPatcher) addCols() {
	s.put("<" + s.prefix + "cols>")
	for _, c := range s.cols {
		s.col(c)
	}
	s.put("</" + s.prefix + "cols>")
}

// col writes the entry of one result column.
func (s *sheetPatcher) col(c putColumn) {
	n := strconv.Itoa(c.Col)
	s.put("<" + s.prefix + `col min="` + n + `" max="` + n + `" width="` + widthText(c.Width) + `" customWidth="1"/>`)
}

// widthText gives a column's width, which counts characters; Excel's bound is 255.
func widthText(w float64) string {
	return strconv.FormatFloat(min(max(w, 1), 255), 'f', -1, 64)
}

// editCols copies the list of columns. An entry that covers result columns and others
// is split around them; one that covers result columns alone is the user's word on
// them, or that of an earlier run, and stays. A list has few entries: Excel merges
// equal neighbours.
func (s *sheetPatcher) editCols(list *token) error {
	next := 0
	if list.empty {
		s.addCols()
		return nil
	}
	s.keep(list)
	for {
		t, err := s.tz.next()
		if err != nil {
			return s.tz.noEOF(err)
		}
		switch {
		case t.kind == endTag && t.depth == 2:
			s.colsUpTo(&next, sheet.MaxCol)
			s.keep(t)
			return nil
		case t.kind == startTag && t.depth == 3 && t.is("col"):
			if err := s.editCol(t, &next); err != nil {
				return err
			}
		default:
			s.keep(t)
		}
	}
}

// editCol copies one entry.
func (s *sheetPatcher) editCol(t *token, next *int) error {
	from, ok1 := numberAttr(t, "min")
	to, ok2 := numberAttr(t, "max")
	if !ok1 || !ok2 || from < 1 || to < from {
		return s.keepAll(t)
	}
	s.colsUpTo(next, from-1)
	if s.allOurs(from, to) {
		for *next < len(s.cols) && s.cols[*next].Col <= to {
			*next++
		}
		return s.keepAll(t)
	}
	if *next >= len(s.cols) || s.cols[*next].Col > to {
		return s.keepAll(t)
	}
	for *next < len(s.cols) && s.cols[*next].Col <= to {
		c := s.cols[*next]
		if c.Col > from {
			s.change(t, withAttr("min", strconv.Itoa(from)), withAttr("max", strconv.Itoa(c.Col-1)))
		}
		n := strconv.Itoa(c.Col)
		s.change(t, withAttr("min", n), withAttr("max", n), withAttr("width", widthText(c.Width)), withAttr("customWidth", "1"),
			without("hidden"), without("bestFit"), without("collapsed"))
		from = c.Col + 1
		*next++
	}
	if from <= to {
		s.change(t, withAttr("min", strconv.Itoa(from)))
	}
	return s.drop(t)
}

// allOurs reports whether all columns of a range are result columns.
func (s *sheetPatcher) allOurs(from, to int) bool {
	if to >= len(s.ours) {
		return false
	}
	for col := from; col <= to; col++ {
		if !s.ours[col] {
			return false
		}
	}
	return true
}

// colsUpTo writes the entries of the result columns up to one.
func (s *sheetPatcher) colsUpTo(next *int, col int) {
	for *next < len(s.cols) && s.cols[*next].Col <= col {
		s.col(s.cols[*next])
		*next++
	}
}
