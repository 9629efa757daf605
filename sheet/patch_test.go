package sheet_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

func TestMaskPersonal(t *testing.T) {
	w := &sheet.Workbook{
		CircuitsTable:  sheet.Table{Sheet: "Circuits", Columns: map[sheet.ColumnID]int{sheet.CircuitInstanceID: 1}},
		EngineersTable: sheet.Table{Sheet: "Engineers", HeaderRow: 2, LastRow: 7, LastCol: 9, Columns: map[sheet.ColumnID]int{sheet.EngineerInstanceID: 1, sheet.EngineerName: 4, sheet.EngineerGender: 2, sheet.EngineerContact: 9}},
	}
	for _, p := range []sheet.Patch{
		{Sheets: []sheet.SheetPatch{{Sheet: "Circuits"}, {Sheet: "Engineers", HeaderRow: 2, LastRow: 7, LastCol: 9}}},
		{Sheets: []sheet.SheetPatch{{Sheet: "Circuits"}}}, // the sheet of engineers is added
	} {
		p.MaskPersonal(w)
		if len(p.Sheets) != 2 {
			t.Fatalf("%d sheets", len(p.Sheets))
		}
		if got := p.Sheets[0].Masked; len(got) > 0 {
			t.Errorf("the circuits have masked columns %v", got)
		}
		e := p.Sheets[1]
		if !slices.Equal(e.Masked, []int{4, 9}) {
			t.Errorf("the engineers' masked columns are %v", e.Masked)
		}
		if e.Sheet != "Engineers" || e.HeaderRow != 2 || e.LastRow != 7 || e.LastCol != 9 || e.Rows != 0 || len(e.Columns) != 0 {
			t.Errorf("the engineers' patch is %+v", e)
		}
	}
}

// TestStatusPatch checks that only the LOA status is written: right of everything, or where
// an earlier run left it.
func TestStatusPatch(t *testing.T) {
	status := map[int]string{2: "Applying", 3: ""}
	for _, tc := range []struct {
		set          []string
		col, lastCol int
	}{
		{nil, 10, 10},
		{[]string{"J1", "Result", "K1", "Message"}, 12, 12},
		{[]string{"J1", "LOA status", "K1", "Remarks"}, 10, 11},
	} {
		g := good()
		for i := 0; i < len(tc.set); i += 2 {
			g.set(tc.set[i], tc.set[i+1])
		}
		p := sheet.StatusPatch(decode(t, g, sheet.Options{}), status)
		s := p.Sheets[0]
		if len(p.Sheets) != 1 || len(p.Added) != 0 || s.Sheet != "Circuits" || s.HeaderRow != 1 || s.LastRow != 3 || s.LastCol != tc.lastCol || s.Rows != 2 {
			t.Errorf("%v: %+v", tc.set, p)
		}
		if want := []sheet.PutColumn{{Col: tc.col, Header: "LOA status", Width: 14}}; !slices.Equal(s.Columns, want) {
			t.Errorf("%v: columns %+v, want %+v", tc.set, s.Columns, want)
		}
		if got := fmt.Sprint(s.Row(1), s.Row(2), s.Row(3), s.Row(4)); got != fmt.Sprint([]sheet.PutCell(nil), []sheet.PutCell{{Text: "Applying"}}, []sheet.PutCell{{}}, []sheet.PutCell(nil)) {
			t.Errorf("%v: cells %s", tc.set, got)
		}
	}
}
