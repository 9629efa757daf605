package sheet_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

// odd are values that a cell of any column may turn out to hold.
var odd = []string{
	"", "", "' ", "pc-aaaa1", "pc-aaaa2", "pc-aaaa3", "PC-AAAA1", "pc-\u0430", "pc-aaaa1, pc-aaaa2", "*", "*,pc-aaaa1", ",;", `'pc-aaaa1\npc-aaaa2`,
	"cn-hangzhou", "' cn-hangzhou\u3000", "ｃｎ－hangzhou", "华东1", "Example\u200bNetworks", "Socie\u0301te", "\xff\xfe", "Example（中国）",
	"MSTP", "mstp", "光纤", "SDH", "IDCard", "护照", "Male", "女", "M", "=1", "=1000", "=110101199001011000", "=1.1E+17", "5.1E+17", "=-0", "=46402", "@46402.75", "@0.25", "@60", "@1E300",
	"?TRUE", "!#REF!", "~", "~'", "~=12", "~Example", "%Example", "^2027-01-15T08:00:00", "^",
	"'=C2", "'+C2", "#REF!", "Err:502", `~'=DISPIMG("ID_1",1)`, "TBD", "待定", "'-", "pc-aaaa1, N/A", "''13800000000", "=1.38E10", "=612345678{0000000000}", "=0.5{0%}", "=1E400",
	"2027-01-15", "03/04/2027", "2027-02-30", "2027-01-15T08:00:00+08:00", "08:00", "2027年1月15日", "soon", "1000", "1G", "=20480",
	"token-1", "my token", "X1234567", "000000199001010018", "000000900101001", "+447700900123", "13800000000",
}

// randomGrid makes a workbook of the standard columns, in any order, with odd values.
func randomGrid(rng *rand.Rand) *grid {
	g := &grid{date1904: rng.IntN(4) == 0}
	for name, head := range map[string]string{"Circuits": circuitsHead + "|Remarks|#Own| |Result|Message", "Engineers": engineersHead + "| |Notes"} {
		heads := strings.Split(strings.ReplaceAll(head, "\n", ""), "|")
		rng.Shuffle(len(heads), func(i, j int) { heads[i], heads[j] = heads[j], heads[i] })
		lines := []string{strings.Join(heads, "|")}
		for range rng.IntN(12) {
			cells := make([]string, len(heads)+rng.IntN(2))
			for i := range cells {
				cells[i] = odd[rng.IntN(len(odd))]
			}
			line := strings.Join(cells, "|")
			if rng.IntN(8) == 0 {
				line = "-" + line
			}
			lines = append(lines, line)
		}
		g.add(name, strings.Join(lines, "\n"))
	}
	slices.SortFunc(g.sheets, func(a, b gridSheet) int { return strings.Compare(a.info.Name, b.info.Name) })
	return g
}

func TestAnyGrid(t *testing.T) {
	t.Parallel()
	for seed := range uint64(600) {
		rng := rand.New(rand.NewPCG(seed, 1))
		g := randomGrid(rng)
		o := sheet.Options{Now: now, Regions: regions, Strict: seed%3 == 0}
		w, err := sheet.Decode(g, o)
		if err != nil && strings.HasPrefix(err.Error(), "header-apart") { // the column without a header is empty
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		again, _ := sheet.Decode(g, o)
		if !reflect.DeepEqual(w, again) {
			t.Fatalf("seed %d: decoding twice differs", seed)
		}
		checkWorkbook(t, g, w)
		checkShuffled(t, g, w, o, rng)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// checkWorkbook checks what is true of every decoded workbook.
func checkWorkbook(t *testing.T, g *grid, w *sheet.Workbook) {
	t.Helper()
	against := map[sheet.Ref]bool{} // rows with an error
	for _, p := range w.Problems {
		s := g.find(p.At.Sheet)
		if s == nil || p.At.Row < 1 || p.At.Row > len(s.lines) || p.At.Col < 1 || p.At.Col > width(s) {
			t.Errorf("%s points at %s, which is not there", p.Code, p.At)
		}
		if p.Code == "" || p.Column == "" || p.Severity == sheet.Off {
			t.Errorf("incomplete problem %+v", p)
		}
		if p.Severity == sheet.Error {
			against[sheet.Ref{Sheet: p.At.Sheet, Row: p.At.Row}] = true
		}
	}
	for _, e := range w.Engineers {
		if e.Invalid != against[sheet.Ref{Sheet: "Engineers", Row: e.Row}] {
			t.Errorf("engineer in row %d: invalid %v", e.Row, e.Invalid)
		}
	}
	for _, c := range w.Circuits {
		bad := against[sheet.Ref{Sheet: "Circuits", Row: c.Row}]
		for _, e := range c.Engineers {
			bad = bad || w.Engineers[e].Invalid
		}
		if c.Invalid != bad {
			t.Errorf("circuit in row %d: invalid %v", c.Row, c.Invalid)
		}
		if !c.Invalid && (c.InstanceID == "" || c.RegionID == "" || c.CompanyName == "" || c.LineType == "" || c.Si == "" || c.ConstructionTime.IsZero() || len(c.Engineers) == 0 || len(c.Engineers) > 16) {
			t.Errorf("circuit in row %d is valid and lacks something: %+v", c.Row, c)
		}
	}
}

func width(s *gridSheet) (n int) {
	for _, l := range s.lines {
		n = max(n, strings.Count(l, "|")+1)
	}
	return n
}

// checkShuffled moves the rows of both sheets and expects the problems to move along.
func checkShuffled(t *testing.T, g *grid, w *sheet.Workbook, o sheet.Options, rng *rand.Rand) {
	t.Helper()
	moved := &grid{date1904: g.date1904}
	to := map[string][]int{}
	for _, s := range g.sheets {
		order := rng.Perm(len(s.lines) - 1)
		lines := []string{s.lines[0]}
		rows := make([]int, len(s.lines)+1)
		rows[1] = 1
		for i, from := range order {
			lines = append(lines, s.lines[from+1])
			rows[from+2] = i + 2
		}
		to[s.info.Name] = rows
		moved.add(s.info.Name, "x")
		moved.sheets[len(moved.sheets)-1].lines = lines
	}
	v, err := sheet.Decode(moved, o)
	if err != nil {
		t.Fatal(err)
	}
	keys := func(ps []sheet.Problem, row func(sheet.Ref) int) (all []string) {
		for _, p := range ps {
			all = append(all, fmt.Sprint(p.Severity, p.Code, p.At.Sheet, row(p.At), p.At.Col))
		}
		slices.Sort(all)
		return all
	}
	want := keys(w.Problems, func(r sheet.Ref) int { return to[r.Sheet][r.Row] })
	got := keys(v.Problems, func(r sheet.Ref) int { return r.Row })
	if !slices.Equal(got, want) {
		t.Errorf("shuffled:\n got %v\nwant %v", got, want)
	}
}

// TestNoPersonalData checks that problems contain no personal data.
func TestNoPersonalData(t *testing.T) {
	g := good()
	secrets := []string{"Zhang Secret Example", "999999199001019999", "+999 555 0100 0100", "Zhang\u200bHidden", "=138000000009", "9.99999E+17"}
	for i, s := range secrets {
		col := []string{"B", "D", "F", "B", "F", "D"}[i]
		g.set(fmt.Sprint("E:", "A", i+4), "pc-aaaa1")
		g.set(fmt.Sprint("E:", col, i+4), s)
	}
	w := decode(t, g, sheet.Options{Strict: true})
	text := fmt.Sprintf("%+v %#v %v", w.Problems, w.Engineers, w.Engineers)
	for _, s := range secrets {
		if s = strings.TrimPrefix(s, "="); strings.Contains(text, s) {
			t.Errorf("%q is shown", s)
		}
	}
}

// FuzzDecode reads any text as the grid of both sheets.
func FuzzDecode(f *testing.F) {
	f.Add(circuitsHead+"pc-a|cn|C|MSTP|S|2027-01-15|=3|P|t", engineersHead+"*|N|IDCard|000000199001010018|Male|1", false)
	f.Add("Title\n"+circuitsHead+strings.Join(odd, "|"), strings.Join(odd, "|")+"\n"+engineersHead, true)
	f.Fuzz(func(t *testing.T, circuits, engineers string, flag bool) {
		g := (&grid{date1904: flag}).add("Circuits", circuits).add("Engineers", engineers)
		w, err := sheet.Decode(g, sheet.Options{Now: now, Strict: flag})
		var input *sheet.InputError
		switch {
		case err == nil:
			checkWorkbook(t, g, w)
			sheet.Results(w, nil, codes{}, w.Language())
		case !errors.As(err, &input) || len(input.Problems) == 0:
			t.Fatal(err)
		}
	})
}

// codes renders a problem as its code.
type codes struct{}

func (codes) Problem(p sheet.Problem) (string, string) { return p.Code, "fix it" }
func (codes) Line(code string, args ...sheet.Arg) string {
	for _, a := range args {
		code += " " + a.Name + "=" + a.Value
	}
	return code
}
