package xlsx

import (
	"bytes"
	"strconv"

	"github.com/loabatch/loabatch/sheet"
)

// wantedFilter is the filter that is added to a sheet without one.
func (s *sheetPatcher) wantedFilter() sheet.Range {
	return sheet.Range{Row1: s.p.HeaderRow, Col1: 1, Row2: max(s.p.LastRow, s.p.HeaderRow), Col2: s.p.LastCol}
}

// extended gives a range that covers the data, widened over the result columns: it
// begins in the header row and reaches the column before them. Any other stays.
func (f patchFrame) extended(r sheet.Range) (sheet.Range, bool) {
	if r.Row1 != f.headerRow || r.Col1 >= f.firstCol || r.Col2 < f.firstCol-1 || r.Col2 >= f.lastCol {
		return r, false
	}
	r.Col2 = f.lastCol
	r.Row2 = max(r.Row2, f.lastRow)
	return r, true
}

// editFilter copies the sheet's filter, its range widened. The criteria stay, since
// they count from the left edge.
func (s *sheetPatcher) editFilter(t *token) error {
	ref, _ := t.attr("ref")
	r, ok := parseRange(ref)
	if !ok {
		return s.keepAll(t)
	}
	wide, changed := frameOf(s.p).extended(r)
	s.filter = wide
	if !changed {
		return s.keepAll(t)
	}
	s.change(t, withAttr("ref", rangeText(wide)))
	if t.empty {
		return nil
	}
	return s.rest(t.depth)
}

// editMerged copies the merged ranges. One that reaches into the result cells would
// hide them: it is cut at their left edge, and left out where nothing of it remains.
func (s *sheetPatcher) editMerged(list *token) error {
	if list.empty {
		return s.keepAll(list)
	}
	raw, err := s.capture(list)
	if err != nil {
		return err
	}
	tz := newTokenizer(bytes.NewReader(raw), s.tz.part)
	inner := &editor{tz: tz, out: s.out}
	var open []byte
	kept, cut := 0, false
	var body []byte
	for {
		t, err := tz.next()
		if err != nil {
			break
		}
		switch {
		case t.depth == 1 && t.kind == startTag:
			open = t.edited(nil, []edit{without("count")})
		case t.depth == 2 && t.kind == startTag && string(t.local) == "mergeCell":
			ref, _ := t.attr("ref")
			r, ok := parseRange(ref)
			if left, hit := s.cutMerged(r); ok && hit {
				cut, s.cut = true, true
				if left == (sheet.Range{}) {
					if err := inner.drop(t); err != nil {
						return err
					}
					continue
				}
				body = t.edited(body, []edit{withAttr("ref", rangeText(left))})
			} else {
				body = append(body, t.raw...)
			}
			kept++
		case t.depth == 1 && t.kind == endTag:
			body = append(body, t.raw...)
		default:
			body = append(body, t.raw...)
		}
	}
	switch {
	case !cut:
		s.out.Write(raw)
	case kept > 0:
		s.out.Write(open)
		s.out.Write(body)
	}
	return nil
}

// cutMerged gives what remains of a merged range beside the result cells; the zero
// Range when that is no more than one cell. It reports whether the range reaches them.
func (s *sheetPatcher) cutMerged(r sheet.Range) (sheet.Range, bool) {
	f := s.frame
	if s.patchedNothing() || r.Row2 < f.Row1 || r.Row1 > f.Row2 || r.Col2 < f.Col1 || r.Col1 > f.Col2 {
		return r, false
	}
	r.Col2 = f.Col1 - 1
	if r.Col2 < r.Col1 || r.Col1 == r.Col2 && r.Row1 == r.Row2 {
		return sheet.Range{}, true
	}
	return r, true
}

// markFormula is the condition of the added formats. It is always true, and by it a
// later run knows them again and replaces them.
const markFormula = `"loabatch"&lt;&gt;""`

var markSigns = [][]byte{[]byte(`"loabatch"`), []byte(`&quot;loabatch&quot;`), []byte(`&#34;loabatch&#34;`)}

// editConditional passes a conditional format on, unless an earlier run added it.
func (s *sheetPatcher) editConditional(t *token) error {
	raw, err := s.capture(t)
	if err != nil {
		return err
	}
	for _, sign := range markSigns {
		if bytes.Contains(raw, sign) {
			return nil
		}
	}
	s.out.Write(raw)
	for rest := raw; ; {
		_, after, found := bytes.Cut(rest, []byte(` priority="`))
		if !found {
			return nil
		}
		digits, _, _ := bytes.Cut(after, []byte(`"`))
		if n, ok := parseUint(digits, 1<<30); ok {
			s.highest = max(s.highest, n)
		}
		rest = after
	}
}

// areasPerFormat is how many areas one conditional format gets; more of them stand in
// further formats, since a longer list in one attribute is slow to read.
const areasPerFormat = 500

// addMarks colours the cells that have a problem: by a conditional format, so that
// every cell keeps its own format and a later run can take the colour away again. It
// comes behind the user's formats, which win.
func (s *sheetPatcher) addMarks() {
	for _, style := range []sheet.Style{sheet.StyleBad, sheet.StyleWarn} {
		areas := markedAreas(s.p.Marks, style)
		for len(areas) > 0 {
			n := min(len(areas), areasPerFormat)
			s.markFormat(areas[:n], s.styles.marks[style])
			areas = areas[n:]
		}
	}
}

// markFormat writes one conditional format over the areas.
func (s *sheetPatcher) markFormat(areas []sheet.Range, format int) {
	s.highest++
	b := append(append(append(s.tag[:0], '<'), s.prefix...), `conditionalFormatting sqref="`...)
	for i, r := range areas {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, rangeText(r)...)
	}
	p := s.prefix
	b = append(b, `"><`+p+`cfRule type="expression" dxfId="`...)
	b = strconv.AppendInt(b, int64(format), 10)
	b = append(b, `" priority="`...)
	b = strconv.AppendInt(b, int64(s.highest), 10)
	b = append(b, `"><`+p+`formula>`+markFormula+`</`+p+`formula></`+p+`cfRule></`+p+`conditionalFormatting>`...)
	s.out.Write(b)
	s.tag = b
}
