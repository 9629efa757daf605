package sheet

import (
	"slices"
	"testing"
)

func TestMaskPersonal(t *testing.T) {
	w := &Workbook{
		CircuitsTable:  Table{Sheet: "Circuits", Columns: map[ColumnID]int{CircuitInstanceID: 1}},
		EngineersTable: Table{Sheet: "Engineers", Columns: map[ColumnID]int{EngineerInstanceID: 1, EngineerName: 4, EngineerGender: 2, EngineerContact: 9}},
	}
	p := Patch{Sheets: []SheetPatch{{Sheet: "Circuits"}, {Sheet: "Engineers"}}}
	p.MaskPersonal(w)
	if got := p.Sheets[0].Masked; len(got) > 0 {
		t.Errorf("the circuits have masked columns %v", got)
	}
	if got := p.Sheets[1].Masked; !slices.Equal(got, []int{4, 9}) {
		t.Errorf("the engineers' masked columns are %v", got)
	}
}
