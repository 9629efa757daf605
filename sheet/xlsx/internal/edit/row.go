package edit

import (
	"slices"
	"strconv"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// row copies the row whose start tag is t. The cells of the patch replace those in the
// result columns, and every other byte stays. The row keeps its own format; the new cells
// have theirs.
func (s *sheetPatcher) row(t *xmltok.Token) error {
	n := s.lastRow + 1
	if r, ok := t.Attr("r"); ok {
		if n, ok = read.ParseUint(r, sheet.MaxRow); !ok || n == 0 {
			return s.Tokens.ErrorAt(t, "copy-row-number")
		}
	}
	s.lastRow = n
	cells := s.cellsOf(n)
	s.kept = cells == nil && s.p.Keep != nil && s.p.Keep(n)
	if cells == nil && n > s.frame.Row2 && (s.mask == nil || n <= s.mask.below) {
		return s.KeepAll(t)
	}
	prefix := s.rowPrefix(t)
	if t.Empty {
		if cells == nil {
			s.Keep(t)
			return nil
		}
		s.Change(t, append(s.height(t, cells), xmltok.Opened())...)
		s.putCells(prefix, n, cells, 0, sheet.MaxCol)
		s.Out.WriteString("</" + prefix + "row>")
		return nil
	}
	if cells == nil {
		s.Keep(t)
	} else {
		s.Change(t, s.height(t, cells)...)
	}
	return s.rowBody(prefix, n, cells)
}

// rowPrefix returns the prefix of the row's elements, without an allocation if it is that of the part.
func (s *sheetPatcher) rowPrefix(t *xmltok.Token) string {
	n := len(t.Prefix)
	if n == 0 && s.prefix == "" || n+1 == len(s.prefix) && string(t.Prefix) == s.prefix[:n] {
		return s.prefix
	}
	return t.Prefixed()
}

// cellsOf returns the patch's cells of a row, or nil.
func (s *sheetPatcher) cellsOf(n int) []sheet.PutCell {
	if s.patchedNothing() {
		return nil
	}
	if n == s.p.HeaderRow {
		return s.headers()
	}
	if s.p.Row == nil {
		return nil
	}
	cells := s.p.Row(n)
	if len(cells) < len(s.cols) {
		return nil
	}
	s.patched++
	return cells
}

// headers returns the cells of the header row.
func (s *sheetPatcher) headers() []sheet.PutCell {
	cells := make([]sheet.PutCell, len(s.p.Columns))
	for i, c := range s.p.Columns {
		cells[i] = sheet.PutCell{Text: c.Header, Style: sheet.StyleHeader}
	}
	return cells
}

// rowBody copies the content of a row.
func (s *sheetPatcher) rowBody(prefix string, n int, cells []sheet.PutCell) error {
	col := 0         // of the latest cell
	next := 0        // the first of cols that is not yet written
	shifted := false // a cell without a reference would now be taken for another
	for {
		t, err := s.Tokens.Next()
		if err != nil {
			return s.Tokens.NoEOF(err)
		}
		switch {
		case t.Kind == xmltok.EndTag && t.Depth == 3:
			s.putCells(prefix, n, cells, next, sheet.MaxCol)
			s.Keep(t)
			return nil
		case t.Kind == xmltok.StartTag && t.Depth == 4 && t.Is("c"):
			col++
			bare, ok := s.colOf(t, &col)
			if !ok {
				return s.Tokens.ErrorAt(t, "copy-cell-reference")
			}
			was := next
			next = s.putCells(prefix, n, cells, next, col)
			shifted = shifted || was != next
			switch {
			case s.replaces(t, n, col, cells):
				shifted = true
				err = s.dropCell(t, n, col)
			case s.mask.hides(n, col):
				err = s.maskCell(t, prefix, n, col)
			default:
				err = s.keepCell(t, n, col, bare && shifted)
			}
		case t.Kind == xmltok.StartTag && t.Depth == 4:
			next, shifted = s.putCells(prefix, n, cells, next, sheet.MaxCol), true
			err = s.KeepAll(t)
		default:
			s.Keep(t)
		}
		if err != nil {
			return err
		}
	}
}

// colOf returns the column of a cell, and whether only the cell's position tells.
func (s *sheetPatcher) colOf(t *xmltok.Token, col *int) (bare, ok bool) {
	ref, there := t.Attr("r")
	if !there {
		return true, *col <= sheet.MaxCol
	}
	row, c, ok := read.ParseRef(ref)
	*col = c
	return false, ok && row == s.lastRow
}

// replaces reports whether a cell is dropped: it is in a result column, and is replaced or has an earlier run's
// content.
func (s *sheetPatcher) replaces(t *xmltok.Token, row, col int, cells []sheet.PutCell) bool {
	return col < len(s.ours) && s.ours[col] && !s.kept && !s.stays(col, cells) && (cells != nil || !t.Empty && row >= s.frame.Row1 && row <= s.frame.Row2)
}

// stays reports whether the content of a result cell stays.
func (s *sheetPatcher) stays(col int, cells []sheet.PutCell) bool {
	return cells != nil && slices.ContainsFunc(s.cols, func(c putColumn) bool { return c.Col == col && cells[c.at].Stays })
}

// dropCell leaves out a cell. One whose shared or array formula also belongs to other cells can be dropped only
// if all of them are: in result columns, beside the data.
func (s *sheetPatcher) dropCell(t *xmltok.Token, row, col int) error {
	if t.Empty {
		return nil
	}
	for {
		t, err := s.Tokens.Next()
		if err != nil {
			return s.Tokens.NoEOF(err)
		}
		switch {
		case t.Kind == xmltok.EndTag && t.Depth == 4:
			return nil
		case t.Kind == xmltok.StartTag && t.Depth == 5 && t.Is("f"):
			ref, _ := t.Attr("ref")
			if r, ok := read.ParseRange(ref); ok && !(s.allOurs(r.Col1, r.Col2) && r.Row1 >= s.frame.Row1 && r.Row2 <= s.frame.Row2) {
				return s.formulaError(r, row, col)
			}
		}
	}
}

func (s *sheetPatcher) formulaError(r sheet.Range, row, col int) error {
	at := sheet.Ref{Sheet: s.p.Sheet, Row: row, Col: col}
	return xmltok.NewErrorAt(at, "copy-formula-in-the-way", "place", at.String(), "found", rangeText(r))
}

// checkFormula checks the formula of a cell that stays, whose start tag is t. The cells of
// an array formula or a data table can be changed only together, so none of them may be
// a result cell (ECMA-376 part 1, 18.3.1.40).
func (s *sheetPatcher) checkFormula(t *xmltok.Token, row, col int) error {
	if kind, _ := t.Attr("t"); string(kind) != "array" && string(kind) != "dataTable" {
		return nil
	}
	ref, _ := t.Attr("ref")
	r, ok := read.ParseRange(ref)
	if !ok || firstWithin(s.cols, r) == 0 || r.Row1 > s.frame.Row2 || r.Row2 < s.frame.Row1 {
		return nil
	}
	return s.formulaError(r, row, col)
}

// keepCell copies a cell, adding its reference if it needs one.
func (s *sheetPatcher) keepCell(t *xmltok.Token, row, col int, needsRef bool) error {
	var mark *markedCell
	if s.marked != nil {
		mark = s.marked[[2]int{row, col}]
	}
	if mark != nil {
		kind, _ := t.Attr("t")
		mark.kind = string(kind)
	}
	if needsRef {
		s.Change(t, xmltok.WithAttr("r", sheet.ColName(col)+strconv.Itoa(row)))
	} else if mark != nil {
		s.Keep(t)
	} else if body, ok := s.Tokens.PlainBody(t); ok {
		s.Keep(t)
		s.Out.Write(body.Raw)
		s.Tokens.Pass(body)
		return nil
	} else {
		s.Keep(t)
	}
	for ended := t.Empty; !ended; {
		t, err := s.Tokens.Next()
		if err != nil {
			return s.Tokens.NoEOF(err)
		}
		if t.Kind == xmltok.StartTag && t.Depth == 5 && t.Is("f") {
			if err := s.checkFormula(t, row, col); err != nil {
				return err
			}
		}
		s.Keep(t)
		if mark != nil {
			mark.take(t)
		}
		ended = t.Kind == xmltok.EndTag && t.Depth == 4
	}
	return nil
}

// putCells writes the row's new cells from the next one up to a column, and returns the
// first that is left.
func (s *sheetPatcher) putCells(prefix string, row int, cells []sheet.PutCell, next, upTo int) int {
	if cells == nil {
		return next
	}
	s.Buf = s.Buf[:0]
	for ; next < len(s.cols) && s.cols[next].Col <= upTo; next++ {
		c, cell := &s.cols[next], &cells[s.cols[next].at]
		if cell.Stays {
			continue
		}
		style := s.styles.beside(cell, c.Wrap)
		if cell.Link.Row > 0 && s.links.add(prefix, s.target(cell), row, c.Col, cell) {
			style = s.styles.bound[sheet.StyleLink]
		}
		s.Buf = appendCell(s.Buf, prefix, row, c.Col, style, s.date1904, cell)
	}
	s.Out.Write(s.Buf)
	return next
}
