package xlsx

import (
	"cmp"
	"slices"

	"github.com/loabatch/loabatch/sheet"
)

// maxAreas bounds the coloured areas of a sheet for each colour, and so what a
// spreadsheet program has to test at every redraw. The Errors sheet lists all.
const maxAreas = 20_000

// markedAreas gives the cells that are marked with a style, those below each other as
// one range, the first rows first.
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
