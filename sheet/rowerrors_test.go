package sheet_test

import (
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

// TestRowErrors checks that a circuit's own errors come before those of its engineers, and
// that warnings and the other cell of a conflict do not count.
func TestRowErrors(t *testing.T) {
	for _, tc := range []struct {
		set  []string
		book func(*grid)
		of   string // the errors of row 2
		own  int    // how many of them are its own
	}{
		{},
		{set: []string{"F2", "2016-01-15T08:00:00Z"}}, // a warning
		{set: []string{"C3", ""}},                     // the other row
		{set: []string{"C2", ""}, of: "error circuit-company-missing Circuits!C2", own: 1},
		{set: []string{"E:E2", ""}, of: "error engineer-gender-missing Engineers!E2"},
		{set: []string{"E:E3", "", "E:E2", "", "D2", "", "C2", ""}, own: 2,
			of: "error circuit-company-missing Circuits!C2; error circuit-line-type-missing Circuits!D2; error engineer-gender-missing Engineers!E2; error engineer-gender-missing Engineers!E3"},
		{set: []string{"A3", "pc-aaaa1", "E:A2", "pc-aaaa1"}, of: "error circuit-instance-twice Circuits!A2 also Circuits!A3", own: 1},
		{set: []string{"E:E2", ""}, book: merge("Circuits", 2, 3, 3, 3), of: "error engineer-gender-missing Engineers!E2"}, // cell-merged is of row 3
	} {
		g := good()
		for i := 0; i < len(tc.set); i += 2 {
			g.set(tc.set[i], tc.set[i+1])
		}
		if tc.book != nil {
			tc.book(g)
		}
		w := decode(t, g, sheet.Options{})
		e, c := sheet.NewRowErrors(w, w.Problems), w.CircuitAt(2)
		of := e.Of(c)
		if got := list(of); got != tc.of || len(e.Own(c)) != tc.own || c.Invalid != (tc.of != "") {
			t.Errorf("%q: %d own, invalid %v, all:\n got %s\nwant %s", tc.set, len(e.Own(c)), c.Invalid, got, tc.of)
		}
		want := ""
		if len(of) > 0 {
			want = of[0].Code
		}
		if got := e.Code(c); got != want {
			t.Errorf("%q: code %q, want %q", tc.set, got, want)
		}
	}
}

// TestErrorsOfSkippedRows counts the errors of the rows that are not left out.
func TestErrorsOfSkippedRows(t *testing.T) {
	g := good()
	g.set("C2", "")
	g.set("C3", "")
	g.set("E:A2", "pc-aaaa1")
	g.set("E:A3", "pc-aaaa2")
	for _, cell := range []string{"E:E2", "E:E3"} {
		g.set(cell, "")
	}
	for cell, v := range map[string]string{"E:A4": "nothing", "E:B4": "Third Person", "E:C4": "Passport", "E:D4": "X7654321", "E:E4": "Male", "E:F4": "+447700900125"} {
		g.set(cell, v)
	}
	w := decode(t, g, sheet.Options{})
	e := sheet.NewRowErrors(w, w.Problems)
	for _, tc := range []struct {
		skipped map[int]bool
		want    int
	}{
		{nil, 5},
		{map[int]bool{2: true}, 3},
		{map[int]bool{3: true}, 3},
		{map[int]bool{2: true, 3: true}, 0}, // the engineer of no circuit too
	} {
		if got := e.Count(tc.skipped); got != tc.want {
			t.Errorf("%v skipped: %d errors, want %d", tc.skipped, got, tc.want)
		}
	}
	g.set("E:A2", "*") // works on both
	w = decode(t, g, sheet.Options{})
	if got := sheet.NewRowErrors(w, w.Problems).Count(map[int]bool{2: true}); got != 4 {
		t.Errorf("an engineer of both circuits: %d errors, want 4", got)
	}
}

func TestLastResult(t *testing.T) {
	g := good()
	g.set("J1", "Result")
	g.set("J2", "REFUSED")
	g.set("C2", "")
	w := decode(t, g, sheet.Options{})
	if got := w.CircuitAt(2).LastResult(); got != sheet.Refused {
		t.Errorf("with a result: %s", got)
	}
	if got := w.CircuitAt(3).LastResult(); got != sheet.NotAttempted {
		t.Errorf("without one: %s", got)
	}
	g.set("J2", "")
	w = decode(t, g, sheet.Options{})
	if got := w.CircuitAt(2).LastResult(); got != sheet.Invalid {
		t.Errorf("invalid without one: %s", got)
	}
	if w.CircuitAt(1) != nil || w.CircuitAt(4) != nil {
		t.Error("found a circuit in a row without one")
	}
}
