package sheet_test

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
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
		own  int    // how many of them are in the row itself
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

// TestErrorsOfSkippedRows counts the errors of the rows that are not skipped.
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
		{map[int]bool{2: true, 3: true}, 0}, // including the engineer without a circuit
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

// TestCircuitAt finds circuits in a sheet in which rows are empty.
func TestCircuitAt(t *testing.T) {
	w := &sheet.Workbook{}
	if w.CircuitAt(2) != nil {
		t.Error("found a circuit in an empty workbook")
	}
	rows := []int{2, 3, 5, 9}
	for _, row := range rows {
		w.Circuits = append(w.Circuits, sheet.Circuit{Row: row})
	}
	for row := range 12 {
		i, there := slices.BinarySearch(rows, row)
		if got := w.CircuitAt(row); there != (got != nil) || there && got != &w.Circuits[i] {
			t.Errorf("row %d: %v", row, got)
		}
	}
}

// hopeless returns a workbook of n circuits and n engineers with random mistakes everywhere,
// some under merged cells.
func hopeless(n int, random *rand.Rand) *grid {
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	var circuits, staff strings.Builder
	circuits.WriteString(strings.TrimSpace(circuitsHead))
	staff.WriteString(strings.TrimSpace(engineersHead))
	for i := range n {
		id := pick(circuitID(i), circuitID(i), circuitID(0), "vbr-1", "")
		fmt.Fprintf(&circuits, "\n%s | %s | %s | %s | Build | %s | %s", id, pick("cn-hangzhou", "cn-hangzou", "", "'cn-hangzhou "),
			pick("Example", "", "!#REF!", "ＡＢ"), pick("MSTP", "SDH", "光纤", ""), pick("2027-01-15", "2020-01-15", "soon", ""), pick("=1000", "1G", ""))
		fmt.Fprintf(&staff, "\n%s | %s | %s | X%07d | %s | %s", pick(circuitID(i), "pc-nowhere", "x", ""), pick("Person", ""), pick("Passport", "Card", ""),
			i/2, pick("Male", "M", ""), pick("13800000000", "me"))
	}
	g := (&grid{}).add("Circuits", circuits.String()).add("Engineers", staff.String())
	merge("Circuits", 2, 3, n/2, 4)(g)
	return g
}

// tally counts problems by code and severity, including unlisted ones.
func tally(w *sheet.Workbook) map[string]int {
	counts := map[string]int{}
	for _, p := range w.Problems {
		if !p.RowOnly {
			counts[p.Code+" "+p.Severity.String()]++
		}
	}
	for _, u := range w.Unlisted {
		counts[u.Code+" "+u.Severity.String()] += u.Count
	}
	return counts
}

// TestListing checks that a limit on the list does not change the counts, the first error of
// a row, or the notes about rows that are sent.
func TestListing(t *testing.T) {
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 1))
		g := hopeless(40, random)
		whole := decode(t, g, sheet.Options{Now: now, Regions: regions})
		cut := decode(t, g, sheet.Options{Now: now, Regions: regions, MaxListed: 1 + random.IntN(6)})
		if len(whole.Unlisted) > 0 || len(cut.Unlisted) == 0 {
			t.Fatalf("seed %d: %v and %v are not listed", seed, whole.Unlisted, cut.Unlisted)
		}
		if a, b := tally(whole), tally(cut); !maps.Equal(a, b) {
			t.Errorf("seed %d: counted %v, want %v", seed, b, a)
		}
		all, few := sheet.NewRowErrors(whole, whole.Problems), sheet.NewRowErrors(cut, cut.Problems)
		if a, b := all.Count(nil), few.Count(nil); a != b {
			t.Errorf("seed %d: %d errors, want %d", seed, b, a)
		}
		for i := range whole.Circuits {
			c, d := &whole.Circuits[i], &cut.Circuits[i]
			if c.Invalid != d.Invalid || (len(few.Of(d)) > 0) != d.Invalid {
				t.Errorf("seed %d: row %d is invalid: %v, want %v, with the errors %v", seed, d.Row, d.Invalid, c.Invalid, few.Of(d))
			}
			n := len(few.Own(d))
			for _, p := range few.Own(d) {
				n += int(p.More)
			}
			if want := len(all.Own(c)); n != want {
				t.Errorf("seed %d: row %d has %d errors, want %d", seed, d.Row, n, want)
			}
		}
		invalid := map[sheet.Ref]bool{}
		for _, p := range whole.Problems {
			if p.Severity == sheet.Error {
				invalid[sheet.Ref{Sheet: p.At.Sheet, Row: p.At.Row}] = true
			}
		}
		for _, p := range whole.Problems {
			same := func(q sheet.Problem) bool { return q.Code == p.Code && q.At == p.At }
			if p.Severity == sheet.Note && !invalid[sheet.Ref{Sheet: p.At.Sheet, Row: p.At.Row}] && !slices.ContainsFunc(cut.Problems, same) {
				t.Errorf("seed %d: the note %s at %v is not listed", seed, p.Code, p.At)
			}
		}
	}
}

// wrong is a synthetic workbook in which every cell is wrong.
type wrong struct{ synthetic }

func (w wrong) Rows(name string) iter.Seq2[sheet.Row, error] {
	return func(yield func(sheet.Row, error) bool) {
		for row, err := range w.synthetic.Rows(name) {
			if row.Number > 1 {
				for j := range row.Cells {
					row.Cells[j] = sheet.Cell{Col: j + 1, Type: sheet.TextCell, Value: "cn hangzou"}
				}
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// TestWrongWorkbookIsCheap checks that a decoded workbook in which every cell is wrong takes
// little more memory than a correct one. The whole command, which keeps more about a correct
// row, then takes less than one and a half times as much.
func TestWrongWorkbookIsCheap(t *testing.T) {
	const n, listed = 40_000, 4_000 // the default
	size := func(book sheet.Book) float64 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		w, err := sheet.Decode(book, sheet.Options{Now: now, Regions: regions, MaxListed: listed})
		if err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(w)
		return float64(after.HeapAlloc) - float64(before.HeapAlloc)
	}
	right, bad := size(synthetic{n}), size(wrong{synthetic{n}})
	t.Logf("%d circuits: %.0f MB if all is right, %.0f MB if all is wrong", n, right/1e6, bad/1e6)
	if bad > 1.75*right {
		t.Errorf("a wrong workbook takes %.2f times as much memory as a correct one", bad/right)
	}
}
