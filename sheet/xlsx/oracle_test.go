package xlsx

import (
	"bytes"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/xuri/excelize/v2"
)

type place struct{ row, col int }

func TestCorpusOracle(t *testing.T) {
	for name, b := range corpus(t) {
		book, err := Open(bytes.NewReader(b), int64(len(b)), Limits{})
		if err != nil {
			continue
		}
		f, err := excelize.OpenReader(bytes.NewReader(b))
		if err != nil {
			t.Logf("%s: excelize %v", name, err)
			continue
		}
		for _, s := range book.Sheets() {
			ours := map[place]sheet.Cell{}
			for row, err := range book.Rows(s.Name) {
				if err != nil {
					t.Logf("%s: %s: %v", name, s.Name, err)
				}
				for _, c := range row.Cells {
					ours[place{row.Number, c.Col}] = c
				}
			}
			theirs := map[place]string{}
			rows, err := f.GetRows(s.Name, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Logf("%s: %s excelize: %v", name, s.Name, err)
			}
			for i, row := range rows {
				for j, v := range row {
					if v != "" {
						theirs[place{i + 1, j + 1}] = v
					}
				}
			}
			n := 0
			for p, c := range ours {
				if theirs[p] != c.Value {
					if n++; n < 4 {
						t.Logf("%s: %s %s: ours %+v theirs %q", name, s.Name, sheet.Ref{Row: p.row, Col: p.col}.Cell(), c, theirs[p])
					}
				}
			}
			for p, v := range theirs {
				if _, ok := ours[p]; !ok {
					if n++; n < 4 {
						t.Logf("%s: %s %s: ours none theirs %q", name, s.Name, sheet.Ref{Row: p.row, Col: p.col}.Cell(), v)
					}
				}
			}
		}
		f.Close()
	}
}
