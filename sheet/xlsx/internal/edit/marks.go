package edit

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// markFormula is part of the condition of the added formats. It is always true, and a later
// run recognizes and replaces the formats by it.
const markFormula = `"loabatch"&lt;&gt;""`

var markSigns = [][]byte{[]byte(`"loabatch"`), []byte(`&quot;loabatch&quot;`), []byte(`&#34;loabatch&#34;`)}

// editConditional copies a conditional format without the rules of an earlier run.
func (s *sheetPatcher) editConditional(t *xmltok.Token) error {
	raw, err := s.Capture(t)
	if err != nil {
		return err
	}
	if isMark(raw) {
		raw = s.withoutMarks(raw)
	}
	s.Out.Write(raw)
	for rest := raw; ; {
		_, after, found := bytes.Cut(rest, []byte(` priority="`))
		if !found {
			return nil
		}
		digits, _, _ := bytes.Cut(after, []byte(`"`))
		if n, ok := read.ParseUint(digits, 1<<30); ok {
			s.highest = max(s.highest, n)
		}
		rest = after
	}
}

func isMark(raw []byte) bool {
	return slices.ContainsFunc(markSigns, func(sign []byte) bool { return bytes.Contains(raw, sign) })
}

// withoutMarks returns a conditional format without the rules that an earlier run added, or nil if none remains. Programs that save a copy again put all rules of one range into
// one format, including the user's.
func (s *sheetPatcher) withoutMarks(raw []byte) []byte {
	tz := xmltok.New(bytes.NewReader(raw), s.Tokens.Part)
	var kept []byte
	others := false
	for {
		t, err := tz.Next()
		if err != nil {
			break
		}
		from := len(kept)
		if t.Kind != xmltok.StartTag || t.Depth != 2 {
			kept = append(kept, t.Raw...)
			continue
		}
		if kept, err = tz.Capture(kept, t); err != nil {
			break
		}
		if isMark(kept[from:]) {
			kept = kept[:from]
		} else {
			others = true
		}
	}
	if !others {
		return nil
	}
	return kept
}

// areasPerFormat is how many areas one conditional format gets; more of them go into
// further formats, since a longer list in one attribute is slow to read.
const areasPerFormat = 500

// addMarks colours the cells that have a problem, and the results. It uses conditional formats: every cell
// keeps its own format, a colour disappears when the cell is corrected, and a later run can remove it.
// They come after the user's formats, which take precedence.
func (s *sheetPatcher) addMarks() {
	for _, style := range []sheet.Style{sheet.StyleBad, sheet.StyleWarn} {
		own, blank, rest := s.byCondition(style)
		for _, area := range markedAreas(blank, style) {
			s.markFormat([]sheet.Range{area}, s.styles.marks[style], whileTrue(blankCondition(sheet.ColName(area.Col1)+strconv.Itoa(area.Row1))))
		}
		for _, m := range own {
			s.markFormat([]sheet.Range{m.cell}, s.styles.marks[style], whileTrue(m.condition))
		}
		areas := markedAreas(rest, style)
		for len(areas) > 0 {
			n := min(len(areas), areasPerFormat)
			s.markFormat(areas[:n], s.styles.marks[style], markFormula)
			areas = areas[n:]
		}
	}
	for _, c := range s.cols {
		for _, shade := range c.Shades {
			if s.frame.Row2 > s.frame.Row1 {
				s.shadeFormat(c.Col, shade)
			}
		}
	}
}

// ownCondition is a marked cell with the condition of its colour.
type ownCondition struct {
	cell      sheet.Range
	condition string
}

// byCondition splits the marks of a style: those with their own condition, those of blank cells, and those
// whose colour lasts until the next run.
func (s *sheetPatcher) byCondition(style sheet.Style) (own []ownCondition, blank, rest []sheet.Mark) {
	for i := range s.p.Marks {
		m := &s.p.Marks[i]
		if m.Style != style {
			continue
		}
		ref, condition := sheet.ColName(m.Col)+strconv.Itoa(m.Row), ""
		if cell := s.marked[[2]int{m.Row, m.Col}]; cell != nil {
			condition = cell.condition(ref)
		}
		switch condition {
		case "":
			rest = append(rest, *m)
		case blankCondition(ref):
			blank = append(blank, *m)
		default:
			own = append(own, ownCondition{sheet.Range{Row1: m.Row, Col1: m.Col, Row2: m.Row, Col2: m.Col}, condition})
		}
	}
	return own, blank, rest
}

// whileTrue is the formula of a format that lasts as long as a condition.
func whileTrue(condition string) string { return "AND(" + markFormula + "," + condition + ")" }

// shadeFormat colours the cells of a result column that contain one of the texts of a shade.
func (s *sheetPatcher) shadeFormat(col int, shade sheet.Shade) {
	first := sheet.ColName(col) + strconv.Itoa(s.frame.Row1+1)
	tests := make([]string, len(shade.Texts))
	for i, text := range shade.Texts {
		tests[i] = first + `="` + xmltok.EscapeText(text) + `"`
	}
	area := sheet.Range{Row1: s.frame.Row1 + 1, Col1: col, Row2: s.frame.Row2, Col2: col}
	s.markFormat([]sheet.Range{area}, s.styles.shade[shade.Style], whileTrue("OR("+strings.Join(tests, ",")+")"))
}

// markFormat writes one conditional format over the areas.
func (s *sheetPatcher) markFormat(areas []sheet.Range, format int, formula string) {
	s.highest++
	b := append(append(append(s.Buf[:0], '<'), s.prefix...), `conditionalFormatting sqref="`...)
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
	b = append(b, `"><`+p+`formula>`+formula+`</`+p+`formula></`+p+`cfRule></`+p+`conditionalFormatting>`...)
	s.Out.Write(b)
	s.Buf = b
}

// maxAreas bounds the coloured areas of a sheet for each colour, and so what a
// spreadsheet program tests at every redraw. The Errors sheet lists all.
const maxAreas = 20_000

// markedAreas returns the cells that are marked with a style, adjacent ones of a column as
// one range, in the order of the rows.
func markedAreas(marks []sheet.Mark, style sheet.Style) []sheet.Range {
	var cells []sheet.Range
	for i := range marks {
		m := &marks[i]
		if m.Style == style && m.Row >= 1 && m.Row <= sheet.MaxRow && m.Col >= 1 && m.Col <= sheet.MaxCol {
			cells = append(cells, sheet.Range{Row1: m.Row, Col1: m.Col, Row2: m.Row, Col2: m.Col})
		}
	}
	slices.SortFunc(cells, func(a, b sheet.Range) int {
		return cmp.Or(cmp.Compare(a.Col1, b.Col1), cmp.Compare(a.Row1, b.Row1))
	})
	areas := cells[:0]
	for _, c := range cells {
		if n := len(areas) - 1; n >= 0 && areas[n].Col1 == c.Col1 && areas[n].Row2 >= c.Row1-1 {
			areas[n].Row2 = c.Row2
			continue
		}
		areas = append(areas, c)
	}
	slices.SortStableFunc(areas, func(a, b sheet.Range) int {
		return cmp.Or(cmp.Compare(a.Row1, b.Row1), cmp.Compare(a.Col1, b.Col1))
	})
	return areas[:min(len(areas), maxAreas)]
}
