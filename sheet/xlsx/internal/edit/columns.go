package edit

import (
	"strconv"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// addCols writes the list of columns of a sheet without one.
func (s *sheetPatcher) addCols() {
	s.Put("<" + s.prefix + "cols>")
	for _, c := range s.cols {
		s.col(c)
	}
	s.Put("</" + s.prefix + "cols>")
}

// col writes the entry of one result column.
func (s *sheetPatcher) col(c putColumn) {
	n := strconv.Itoa(c.Col)
	s.Put("<" + s.prefix + `col min="` + n + `" max="` + n + `" width="` + widthText(c.Width) + `" customWidth="1"/>`)
}

// widthText formats the width of a column in characters; Excel's limit is 255.
func widthText(w float64) string {
	return strconv.FormatFloat(min(max(w, 1), 255), 'f', -1, 64)
}

// editCols copies the list of columns. An entry that covers result columns and others is split around them;
// one that covers only result columns was set by the user or by an earlier run, and stays. A list has few entries: Excel merges equal neighbours.
func (s *sheetPatcher) editCols(list *xmltok.Token) error {
	next := 0
	if list.Empty {
		s.addCols()
		return nil
	}
	s.Keep(list)
	for {
		t, err := s.Tokens.Next()
		if err != nil {
			return s.Tokens.NoEOF(err)
		}
		switch {
		case t.Kind == xmltok.EndTag && t.Depth == 2:
			s.colsUpTo(&next, sheet.MaxCol)
			s.Keep(t)
			return nil
		case t.Kind == xmltok.StartTag && t.Depth == 3 && t.Is("col"):
			if err := s.editCol(t, &next); err != nil {
				return err
			}
		default:
			s.Keep(t)
		}
	}
}

// editCol copies one entry.
func (s *sheetPatcher) editCol(t *xmltok.Token, next *int) error {
	from, ok1 := read.NumberAttr(t, "min")
	to, ok2 := read.NumberAttr(t, "max")
	if !ok1 || !ok2 || from < 1 || to < from {
		return s.KeepAll(t)
	}
	s.colsUpTo(next, from-1)
	if s.allOurs(from, to) {
		for *next < len(s.cols) && s.cols[*next].Col <= to {
			*next++
		}
		return s.KeepAll(t)
	}
	if *next >= len(s.cols) || s.cols[*next].Col > to {
		return s.KeepAll(t)
	}
	for *next < len(s.cols) && s.cols[*next].Col <= to {
		c := s.cols[*next]
		if c.Col > from {
			s.Change(t, xmltok.WithAttr("min", strconv.Itoa(from)), xmltok.WithAttr("max", strconv.Itoa(c.Col-1)))
		}
		n := strconv.Itoa(c.Col)
		s.Change(t, xmltok.WithAttr("min", n), xmltok.WithAttr("max", n), xmltok.WithAttr("width", widthText(c.Width)), xmltok.WithAttr("customWidth", "1"),
			xmltok.Without("hidden"), xmltok.Without("bestFit"), xmltok.Without("collapsed"))
		from = c.Col + 1
		*next++
	}
	if from <= to {
		s.Change(t, xmltok.WithAttr("min", strconv.Itoa(from)))
	}
	return s.Drop(t)
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
