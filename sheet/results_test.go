package sheet_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet"
)

// showRow writes the cells of a row, empty ones left out.
func showRow(p sheet.SheetPatch, row int) string {
	cells := p.Row(row)
	if cells == nil {
		return "none"
	}
	var all []string
	for i, c := range cells {
		switch {
		case c.IsNumber:
			all = append(all, fmt.Sprintf("%s=%v", p.Columns[i].Header, c.Number))
		case !c.Time.IsZero():
			all = append(all, fmt.Sprintf("%s=%s", p.Columns[i].Header, c.Time.Format(time.RFC3339)))
		case c.Text != "":
			all = append(all, fmt.Sprintf("%s=%q", p.Columns[i].Header, c.Text))
		}
	}
	return strings.Join(all, " ")
}

func expectRow(t *testing.T, p sheet.SheetPatch, row int, want string) {
	t.Helper()
	if got := showRow(p, row); got != want {
		t.Errorf("%s row %d\n got %s\nwant %s", p.Sheet, row, got, want)
	}
}

func accepted(row int) sheet.RowResult {
	return sheet.RowResult{Row: row, Result: sheet.Submitted, Message: "accepted", RequestID: "REQ", Attempts: 1, ClientToken: "T", LOAStatus: "Applying", SubmittedAt: now.In(time.FixedZone("", 8*3600))}
}

func TestResults(t *testing.T) {
	w := decode(t, good(), sheet.Options{})
	p := sheet.Results(w, []sheet.RowResult{accepted(2), {Row: 3, Result: sheet.Refused, Message: "no", ErrorCode: "IllegalParam.Si", Attempts: 2}}, codes{}, sheet.English)
	c, e := p.Sheets[0], p.Sheets[1]
	if c.HeaderRow != 1 || c.LastRow != 3 || c.LastCol != 17 || c.Rows != 2 || c.Columns[0].Col != 10 || c.Columns[7].Col != 17 {
		t.Errorf("circuits: %+v", c)
	}
	if e.Sheet != "Engineers" || e.LastCol != 14 || e.Rows != 2 || e.Columns[0].Col != 7 {
		t.Errorf("engineers: %+v", e)
	}
	expectRow(t, c, 2, `Result="SUBMITTED" Message="accepted" Request ID="REQ" Submitted at (UTC)=2026-11-24T09:00:00Z Attempts=1 Client token used="T" LOA status="Applying"`)
	expectRow(t, c, 3, `Result="REFUSED" Message="no" Error code="IllegalParam.Si" Attempts=2`)
	expectRow(t, c, 1, "none")
	expectRow(t, c, 4, "none")
	expectRow(t, e, 2, `Result="REFUSED" Message="rows-circuits n=1 of=2 result=REFUSED cell=Circuits!A3 message=no" Error code="IllegalParam.Si"`)
}

// TestResultsOfAccepted checks the words at an engineer whose circuits were all accepted, some
// of them by an earlier run.
func TestResultsOfAccepted(t *testing.T) {
	w := decode(t, good(), sheet.Options{})
	p := sheet.Results(w, []sheet.RowResult{accepted(2), {Row: 3, Result: sheet.Already, Message: "accepted before"}}, codes{}, sheet.English)
	expectRow(t, p.Sheets[1], 2, `Result="SUBMITTED" Message="rows-circuits-accepted n=1 of=2 result=SUBMITTED left=1 other=ALREADY"`)
}

// TestResultsOfInvalid checks the results of an invalid row, its engineers and its circuits.
func TestResultsOfInvalid(t *testing.T) {
	g := good()
	g.set("E:A2", "pc-aaaa1")
	g.set("E:A3", "pc-aaaa2")
	g.set("E:E3", "")
	g.set("E:D3", "=110101199001011000")
	w := decode(t, g, sheet.Options{})
	p := sheet.Results(w, []sheet.RowResult{accepted(2), {Row: 3, Result: sheet.Invalid, Message: "engineers are invalid"}}, codes{}, sheet.English)
	c, e := p.Sheets[0], p.Sheets[1]
	expectRow(t, c, 3, `Result="INVALID" Message="Engineers!D3: cell-digits-lost\nfix it\nEngineers!E3: engineer-gender-missing" Error code="cell-digits-lost" Attempts=0`)
	expectRow(t, e, 2, `Result="SUBMITTED" Message="rows-one-circuit cell=Circuits!A2 message=accepted" Request ID="REQ" Submitted at (UTC)=2026-11-24T09:00:00Z Attempts=1 Client token used="T" LOA status="Applying"`)
	expectRow(t, e, 3, `Result="INVALID" Message="D3: cell-digits-lost\nfix it\nE3: engineer-gender-missing" Error code="cell-digits-lost"`)
	if len(c.Marks) != 0 || len(e.Marks) != 2 || e.Marks[0].Style != sheet.StyleBad || e.Marks[0].Note != "cell-digits-lost\nfix it" || e.Marks[1].Col != 5 {
		t.Errorf("marks: %+v %+v", c.Marks, e.Marks)
	}
}

// TestMarks checks that a cell gets one mark for all its problems, and none for notes.
func TestMarks(t *testing.T) {
	g := good()
	g.set("F2", "2016-01-16T23:00:00Z")
	g.set("B2", "' cn-hangzhou")
	p := sheet.Results(decode(t, g, sheet.Options{}), nil, codes{}, sheet.English)
	want := []sheet.Mark{{Row: 2, Col: 6, Style: sheet.StyleWarn, Note: "circuit-time-night\nfix it\ncircuit-time-past\nfix it"}}
	if fmt.Sprint(p.Sheets[0].Marks) != fmt.Sprint(want) {
		t.Errorf("marks: %+v", p.Sheets[0].Marks)
	}
}

// TestManyErrors checks that a row's message lists a few of its errors and counts the rest.
func TestManyErrors(t *testing.T) {
	g := good()
	for _, cell := range []string{"B2", "C2", "D2", "E2", "F2"} {
		g.set(cell, "")
	}
	g.set("G2", "1G")
	g.set("I2", "a b")
	p := sheet.Results(decode(t, g, sheet.Options{}), []sheet.RowResult{{Row: 2, Result: sheet.Invalid}}, codes{}, sheet.English)
	got := p.Sheets[0].Row(2)[sheet.ColMessage].Text
	if lines := strings.Split(got, "\n"); len(lines) != 7 || lines[0] != "B2: circuit-region-missing" || lines[1] != "fix it" || lines[6] != "rows-more n=2" {
		t.Errorf("message %q", got)
	}
}

// TestEarlierResults checks that the columns of an earlier run are found, read and used again.
func TestEarlierResults(t *testing.T) {
	g := good()
	for cell, v := range map[string]string{
		"K1": "Result", "L1": "message", "M1": "Request ID", "N1": "Client token used", "O1": "LOA status", "P1": "#Mine",
		"K2": "SUBMITTED", "M2": "REQ", "N2": "T", "O2": "Applying", "P2": "x", "Q1": "Submitted at (UTC)", "Q2": "2026-11-24 18:03:07",
	} {
		g.set(cell, v)
	}
	w := decode(t, g, sheet.Options{})
	if got, want := w.Circuits[0].Past, (sheet.Past{
		Result: "SUBMITTED", ClientToken: "T", RequestID: "REQ", LOAStatus: "Applying", SubmittedAt: time.Date(2026, 11, 24, 18, 3, 7, 0, time.UTC),
	}); got != want {
		t.Errorf("past is %+v", got)
	}
	if len(w.Problems) != 0 || w.Circuits[1].Past != (sheet.Past{}) {
		t.Errorf("problems %s, past %+v", list(w.Problems), w.Circuits[1].Past)
	}
	var cols []int
	for _, c := range w.CircuitsTable.ResultColumns(sheet.English) {
		cols = append(cols, c.Col)
	}
	if fmt.Sprint(cols) != "[11 12 18 13 17 19 14 15]" {
		t.Errorf("result columns at %v", cols)
	}
}

// TestEngineerOfNoCircuit checks that every row gets a result, whatever it works on.
func TestEngineerOfNoCircuit(t *testing.T) {
	g := (&grid{}).add("Circuits", circuitsHead).add("Engineers", engineersHead+"* | Test Person | Passport | X1234567 | Male | +447700900123")
	p := sheet.Results(decode(t, g, sheet.Options{}), nil, codes{}, sheet.English)
	expectRow(t, p.Sheets[1], 2, `Result="SKIPPED" Message="rows-no-circuit"`)
}

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
		p := sheet.StatusPatch(decode(t, g, sheet.Options{}), status, sheet.English)
		s := p.Sheets[0]
		if len(p.Sheets) != 1 || len(p.Added) != 0 || s.Sheet != "Circuits" || s.HeaderRow != 1 || s.LastRow != 3 || s.LastCol != tc.lastCol || s.Rows != 2 {
			t.Errorf("%v: %+v", tc.set, p)
		}
		if want := []sheet.PutColumn{{Col: tc.col, Header: "LOA status", Width: 14}}; !reflect.DeepEqual(s.Columns, want) {
			t.Errorf("%v: columns %+v, want %+v", tc.set, s.Columns, want)
		}
		if got := fmt.Sprint(s.Row(1), s.Row(2), s.Row(3), s.Row(4)); got != fmt.Sprint([]sheet.PutCell(nil), []sheet.PutCell{{Text: "Applying"}}, []sheet.PutCell{{}}, []sheet.PutCell(nil)) {
			t.Errorf("%v: cells %s", tc.set, got)
		}
	}
}

// TestLinkResults leads from each row that needs a person to the line about it in a list: its
// own, or that of an engineer of it.
func TestLinkResults(t *testing.T) {
	g := good()
	g.set("E:A2", "pc-aaaa1")
	g.set("E:A3", "pc-aaaa2")
	g.set("E:E3", "")
	w := decode(t, g, sheet.Options{})
	p := sheet.Results(w, []sheet.RowResult{{Row: 2, Result: sheet.Refused}, {Row: 3, Result: sheet.Invalid}}, codes{}, sheet.English)
	link := func(at sheet.Ref) []sheet.PutCell { return []sheet.PutCell{{Text: at.Cell(), Link: at}} }
	lines := [][]sheet.PutCell{{{Text: "Cell"}}, link(sheet.Ref{Sheet: "Engineers", Row: 3, Col: 5}), link(sheet.Ref{Sheet: "Circuits", Row: 2, Col: 1}), link(sheet.Ref{Sheet: "Circuits", Row: 3, Col: 6})}
	p.Added = []sheet.AddedSheet{{Name: "Errors", Rows: slices.Values(lines), Count: len(lines)}}
	p.LinkResults(w, "Errors")
	for _, c := range []struct{ sheet, row, line int }{{0, 2, 3}, {0, 3, 2}, {1, 3, 2}, {1, 2, 0}} {
		if got := p.Sheets[c.sheet].Row(c.row)[sheet.ColResult].Link.Row; got != c.line {
			t.Errorf("row %d of %s leads to line %d, want %d", c.row, p.Sheets[c.sheet].Sheet, got, c.line)
		}
	}
	if p.Sheets[0].First != 2 || p.Sheets[0].Tab != sheet.StyleBad || p.Sheets[0].KeyCol != 1 || p.Sheets[1].First != 3 {
		t.Errorf("the sheets open at rows %d and %d", p.Sheets[0].First, p.Sheets[1].First)
	}
}

// TestRedactor masks values of a made staff list in texts of all kinds.
func TestRedactor(t *testing.T) {
	r := sheet.NewRedactor()
	for _, v := range []string{"Testa Personson", "王小样", "李", "Wu", "Hangzhou", "X765432", "made-up@example.com", "0770 0900 123", "12345", "110", "TBD", "N/A", "Passport", "护照", "male", "  ＡＢ７６５４３２ ", "Ünal Öz"} {
		r.Learn(v)
	}
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"Testa Personson", "Te***********on"},
		{"ask TESTA PERSONSON, please", "ask TE***********ON, please"},
		{"Testa Personsons", "Testa Personsons"},
		{"王小样负责", "王**负责"},
		{"李", "李"},
		{"Wu", "W*"},
		{" wu ", " w* "},
		{"Wu Networks", "Wu Networks"},
		{"Hangzhou Telecom", "Hangzhou Telecom"},
		{"x765432/X7654321", "x******/X*******"},
		{"mail made-up@example.com.", "mail ma***************om."},
		{"call 07700900123", "call 07*******23"},
		{"call 0770 0900 123", "call 07*********23"},
		{"110, 12345, TBD, N/A, Passport, male, 护照", "110, 12345, TBD, N/A, Passport, male, 护照"},
		{"Passport", "Passport"},
		{"ab765432", "a*******"},
		{"ünal öz", "ü******"},
		{"13812345678", "13*******78"},
		{"pc-made0001 on 2027-03-15 at 08:00", "pc-made0001 on 2027-03-15 at 08:00"},
	} {
		got := r.Text(c.text)
		if got != c.want {
			t.Errorf("Text(%q) = %q, want %q", c.text, got, c.want)
		}
		if utf8.RuneCountInString(got) != utf8.RuneCountInString(c.text) {
			t.Errorf("Text(%q) has another length", c.text)
		}
	}
}

// TestMayStand lists which results of a copy tell of an application that may be there.
func TestMayStand(t *testing.T) {
	at := time.Date(2026, 11, 24, 18, 3, 7, 0, time.UTC)
	for _, test := range []struct {
		past sheet.Past
		want bool
	}{
		{sheet.Past{}, false},
		{sheet.Past{Result: "SUBMITTED", ClientToken: "T"}, true},
		{sheet.Past{Result: "ALREADY"}, true},
		{sheet.Past{Result: "UNKNOWN", ClientToken: "T"}, true},
		{sheet.Past{Result: "REFUSED", ClientToken: "T", SubmittedAt: at}, false},
		{sheet.Past{Result: "FAILED", ClientToken: "T", SubmittedAt: at}, false},
		{sheet.Past{Result: "INVALID"}, false},
		{sheet.Past{Result: "INVALID", LOAStatus: "Applying"}, true},
		{sheet.Past{Result: "INVALID", SubmittedAt: at}, true}, // of the region before, perhaps
		{sheet.Past{Result: "INVALID", ClientToken: "T"}, true},
		{sheet.Past{Result: "NOT_ATTEMPTED", ClientToken: "T"}, false}, // it is the token that was going to be sent
		{sheet.Past{Result: "NOT_ATTEMPTED", ClientToken: "T", SubmittedAt: at}, true},
		{sheet.Past{Result: "VALID", ClientToken: "T", LOAStatus: "Available"}, true},
		{sheet.Past{Result: "VALID", ClientToken: "T", LOAStatus: "Rejected"}, false},
		{sheet.Past{Result: "BLOCKED", ClientToken: "T", LOAStatus: "none"}, false},
	} {
		if got := test.past.MayStand(); got != test.want {
			t.Errorf("%+v: %v", test.past, got)
		}
	}
}
