package sheet_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

func TestDecode(t *testing.T) {
	w := decode(t, good(), sheet.Options{})
	if got := list(w.Problems); got != "" {
		t.Errorf("problems:\n%s", got)
	}
	if len(w.Circuits) != 2 || len(w.Engineers) != 2 {
		t.Fatalf("%d circuits, %d engineers", len(w.Circuits), len(w.Engineers))
	}
	c := w.Circuits[0]
	if want := time.Date(2027, 1, 15, 8, 0, 0, 0, time.UTC); !c.ConstructionTime.Equal(want) {
		t.Errorf("construction time is %s, want %s", c.ConstructionTime, want)
	}
	if c.Row != 2 || c.InstanceID != "pc-aaaa1" || c.RegionID != "cn-hangzhou" || c.CompanyName != "Example Networks" || c.LineType != "MSTP" ||
		c.Si != "Example Build" || c.Bandwidth != 1000 || c.PeerLocation != "Hangzhou" || c.ClientToken != "token-1" || c.Invalid {
		t.Errorf("first circuit: %+v", c)
	}
	for i, c := range w.Circuits {
		if !slices.Equal(c.Engineers, []int32{0, 1}) {
			t.Errorf("circuit %d has the engineers %v", i, c.Engineers)
		}
	}
	e := w.Engineers[1]
	if e.Row != 3 || !e.All || e.Name.Reveal() != "Other Person" || e.CertificateType != "IDCard" || e.CertificateNo.Reveal() != "000000199001010018" ||
		e.Gender != "Male" || e.Contact.Reveal() != "+447700900124" || e.Invalid {
		t.Errorf("second engineer: %+v", e)
	}
	if e := w.Engineers[0]; !slices.Equal(e.Circuits, []string{"pc-aaaa1", "pc-aaaa2"}) {
		t.Errorf("first engineer works on %v", e.Circuits)
	}
	if w.CircuitsTable.LastRow != 3 || w.CircuitsTable.LastCol != 9 || w.EngineersTable.LastCol != 6 {
		t.Errorf("tables: %+v %+v", w.CircuitsTable, w.EngineersTable)
	}
}

// TestInvalidSpreads checks that a circuit is invalid when one of its engineers is.
func TestInvalidSpreads(t *testing.T) {
	g := good()
	g.set("E:A2", "pc-aaaa1")
	g.set("E:E2", "")
	w := decode(t, g, sheet.Options{})
	if !w.Circuits[0].Invalid || w.Circuits[1].Invalid || !w.Engineers[0].Invalid || w.Engineers[1].Invalid {
		t.Errorf("circuits %v %v, engineers %v %v", w.Circuits[0].Invalid, w.Circuits[1].Invalid, w.Engineers[0].Invalid, w.Engineers[1].Invalid)
	}
}

// boastful is a workbook whose sheets say that they end at a row.
type boastful struct {
	*grid
	last int
}

func (b boastful) Extent(string) sheet.Range {
	return sheet.Range{Row1: 1, Col1: 1, Row2: b.last, Col2: 9}
}

// TestExtentIsAHint decodes what is there, whatever a sheet says of its used range.
func TestExtentIsAHint(t *testing.T) {
	read := func(last int) string {
		w, err := sheet.Decode(boastful{good(), last}, sheet.Options{Now: now, Regions: regions})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%+v", w)
	}
	want := read(0)
	for _, last := range []int{1, 2, 4, 5, 1000, sheet.MaxRow} {
		if got := read(last); got != want {
			t.Errorf("last row %d: got\n%s\nwant\n%s", last, got, want)
		}
	}
}

// TestResultsLeftBelowTheData checks that the table extends to results whose rows have lost
// their data. The copy clears them; otherwise the counts would not add up.
func TestResultsLeftBelowTheData(t *testing.T) {
	for _, test := range []struct {
		left string
		want int
	}{{"SUBMITTED", 5}, {"6 rows", 3}} {
		g := good()
		g.set("J1", "Result")
		g.set("J5", test.left)
		w := decode(t, g, sheet.Options{})
		if got := w.CircuitsTable.LastRow; got != test.want || len(w.Circuits) != 2 {
			t.Errorf("%s: the table ends in row %d, want %d; %d circuits", test.left, got, test.want, len(w.Circuits))
		}
	}
}
