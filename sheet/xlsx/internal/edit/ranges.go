package edit

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// patchFrame is where a patch is in its sheet.
type patchFrame struct {
	headerRow, lastRow int
	firstCol, lastCol  int // the first result column; the right edge of data and result columns
}

// frameOf returns the frame of a patch; one without columns has the zero frame.
func frameOf(p *sheet.SheetPatch) patchFrame {
	if len(p.Columns) == 0 {
		return patchFrame{}
	}
	f := patchFrame{headerRow: p.HeaderRow, lastRow: max(p.LastRow, p.HeaderRow), lastCol: p.LastCol}
	for i, c := range p.Columns {
		f.lastCol = max(f.lastCol, c.Col)
		if i == 0 || c.Col < f.firstCol {
			f.firstCol = c.Col
		}
	}
	return f
}

// cells returns the range from the first result column's header to the last cell.
func (f patchFrame) cells() sheet.Range {
	return sheet.Range{Row1: f.headerRow, Col1: f.firstCol, Row2: f.lastRow, Col2: f.lastCol}
}

// firstWithin returns the first result column that a range reaches, or 0. The columns are not adjacent if the
// user has moved those of an earlier run.
func firstWithin(cols []putColumn, r sheet.Range) int {
	for _, c := range cols {
		if c.Col >= r.Col1 && c.Col <= r.Col2 {
			return c.Col
		}
	}
	return 0
}

// placesOf returns the columns of a patch in the order of the sheet, or an error if two are the same or one is
// beyond the last column.
func placesOf(p *sheet.SheetPatch) ([]putColumn, error) {
	cols := make([]putColumn, len(p.Columns))
	for i, c := range p.Columns {
		cols[i] = putColumn{c, i}
	}
	slices.SortFunc(cols, func(a, b putColumn) int { return cmp.Compare(a.Col, b.Col) })
	for i, c := range cols {
		if c.Col < 1 || c.Col > sheet.MaxCol || i > 0 && c.Col == cols[i-1].Col {
			return nil, xmltok.NewErrorAt(sheet.Ref{Sheet: p.Sheet}, "copy-no-free-columns", "sheet", p.Sheet)
		}
	}
	return cols, nil
}

// wantedFilter is the filter that is added to a sheet without one.
func (s *sheetPatcher) wantedFilter() sheet.Range {
	return sheet.Range{Row1: s.p.HeaderRow, Col1: 1, Row2: max(s.p.LastRow, s.p.HeaderRow), Col2: s.p.LastCol}
}

// extended widens a range that covers the data over the result columns: one that begins
// in the header row and reaches the column before them. Any other range stays.
func (f patchFrame) extended(r sheet.Range) (sheet.Range, bool) {
	if r.Row1 != f.headerRow || r.Col1 >= f.firstCol || r.Col2 < f.firstCol-1 || r.Col2 >= f.lastCol {
		return r, false
	}
	r.Col2 = f.lastCol
	r.Row2 = max(r.Row2, f.lastRow)
	return r, true
}

// editFilter copies the sheet's filter, its range widened. The criteria stay:
// they refer to columns by their distance from the left edge.
func (s *sheetPatcher) editFilter(t *xmltok.Token) error {
	ref, _ := t.Attr("ref")
	r, ok := read.ParseRange(ref)
	if !ok {
		return s.KeepAll(t)
	}
	wide, changed := frameOf(s.p).extended(r)
	s.filter = wide
	if !changed {
		return s.KeepAll(t)
	}
	return s.ChangeAll(t, xmltok.WithAttr("ref", rangeText(wide)))
}

// editMerged copies the merged ranges. One that reaches into the result cells would hide them: it is cut at
// their left edge, and dropped if nothing of it remains.
func (s *sheetPatcher) editMerged(list *xmltok.Token) error {
	if list.Empty {
		return s.KeepAll(list)
	}
	raw, err := s.Capture(list)
	if err != nil {
		return err
	}
	tz := xmltok.New(bytes.NewReader(raw), s.Tokens.Part)
	inner := &xmltok.Editor{Tokens: tz, Out: s.Out}
	var open []byte
	kept, cut := 0, false
	var body []byte
	for {
		t, err := tz.Next()
		if err != nil {
			break
		}
		switch {
		case t.Depth == 1 && t.Kind == xmltok.StartTag:
			open = t.Edited(nil, []xmltok.Edit{xmltok.Without("count")})
		case t.Depth == 2 && t.Kind == xmltok.StartTag && string(t.Local) == "mergeCell":
			ref, _ := t.Attr("ref")
			r, ok := read.ParseRange(ref)
			if left, hit := s.cutMerged(r); ok && hit {
				cut, s.cut = true, true
				if left == (sheet.Range{}) {
					if err := inner.Drop(t); err != nil {
						return err
					}
					continue
				}
				body = t.Edited(body, []xmltok.Edit{xmltok.WithAttr("ref", rangeText(left))})
			} else {
				body = append(body, t.Raw...)
			}
			kept++
		case t.Depth == 1 && t.Kind == xmltok.EndTag:
			body = append(body, t.Raw...)
		default:
			body = append(body, t.Raw...)
		}
	}
	switch {
	case !cut:
		s.Out.Write(raw)
	case kept > 0:
		s.Out.Write(open)
		s.Out.Write(body)
	}
	return nil
}

// cutMerged returns what remains of a merged range to the left of the result cells that it
// reaches, or the zero Range when that is at most one cell. It reports whether the range
// reaches any.
func (s *sheetPatcher) cutMerged(r sheet.Range) (sheet.Range, bool) {
	first := firstWithin(s.cols, r)
	if first == 0 || r.Row2 < s.frame.Row1 || r.Row1 > s.frame.Row2 {
		return r, false
	}
	r.Col2 = first - 1
	if r.Col2 < r.Col1 || r.Col1 == r.Col2 && r.Row1 == r.Row2 {
		return sheet.Range{}, true
	}
	return r, true
}
