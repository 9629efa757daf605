package sheet_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet"
)

// showRow writes the cells of a row, without empty ones.
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

// TestResultsOfAccepted checks the message at an engineer whose circuits were all accepted,
// some of them in an earlier run.
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

// TestEarlierResults checks that the columns of an earlier run are found, read and reused.
func TestEarlierResults(t *testing.T) {
	g := good()
	for cell, v := range map[string]string{
		"K1": "Result", "L1": "message", "M1": "Request ID", "N1": "Client token used", "O1": "LOA status", "P1": "#Mine",
		"K2": "SUBMITTED", "M2": "REQ", "N2": "T", "O2": "Applying", "P2": "x", "Q1": "Submitted at (UTC)", "Q2": "2026-11-24 18:03:07",
	} {
		g.set(cell, v)
	}
	w := decode(t, g, sheet.Options{})
	if got, want := *w.Circuits[0].LastRun(), (sheet.Past{
		Result: "SUBMITTED", ClientToken: "T", RequestID: "REQ", LOAStatus: "Applying", SubmittedAt: time.Date(2026, 11, 24, 18, 3, 7, 0, time.UTC),
	}); got != want {
		t.Errorf("past is %+v", got)
	}
	if len(w.Problems) != 0 || w.Circuits[1].Past != nil {
		t.Errorf("problems %s, past %+v", list(w.Problems), w.Circuits[1].Past)
	}
	var cols []int
	for _, c := range w.CircuitsTable.ResultColumns(sheet.English, false) {
		cols = append(cols, c.Col)
	}
	if fmt.Sprint(cols) != "[11 12 18 13 17 19 14 15]" {
		t.Errorf("result columns at %v", cols)
	}
}

// TestEngineerOfNoCircuit checks that even an engineer without a circuit gets a result.
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

// TestStatusPatch checks that only what is known of the LOAs is written: on the right of
// everything, or into the columns of an earlier run.
func TestStatusPatch(t *testing.T) {
	asked := time.Date(2027, 2, 1, 20, 0, 7, 500, time.FixedZone("", 3600))
	letter := sheet.Letter{Path: "letters/cn-hangzhou-pc-aaaa1.pdf", SHA256: "00ff"}
	text := "letters/cn-hangzhou-pc-aaaa1.pdf (SHA-256 00ff)"
	for _, tc := range []struct {
		name    string
		set     []string
		rows    map[int]sheet.LOAResult
		columns string // letters and headers
		lastCol int
		want    []string // rows 1 to 4
	}{
		{"alone", nil, map[int]sheet.LOAResult{2: {Status: "Applying"}, 3: {}}, "J LOA status", 10, []string{"", "Applying", "", ""}},
		{"beside results", []string{"J1", "Result", "K1", "Message"}, map[int]sheet.LOAResult{2: {Status: "Applying"}, 3: {}}, "L LOA status", 12, []string{"", "Applying", "", ""}},
		{"again", []string{"J1", "LOA status", "K1", "Remarks"}, map[int]sheet.LOAResult{2: {Status: "Applying"}, 3: {}}, "J LOA status", 11, []string{"", "Applying", "", ""}},
		{"all", []string{"J1", "Result", "K1", "LOA status"}, map[int]sheet.LOAResult{2: {Status: "Available", AskedAt: asked, Letter: letter, Message: "fetched"}, 3: {Status: "none", AskedAt: asked}},
			"L Message, K LOA status, M LOA asked at (UTC), N Letter", 14, []string{"", "fetched | Available | 2027-02-01T19:00:07Z | " + text, "(stays) | none | 2027-02-01T19:00:07Z | ", ""}},
		{"all again", []string{"J1", "Result", "K1", "Message", "L1", "LOA status", "M1", "LOA 文件", "N1", "LOA 查询时间"}, map[int]sheet.LOAResult{2: {Status: "Applying"}},
			"L LOA status, N LOA asked at (UTC), M Letter", 14, []string{"", "Applying |  | ", "", ""}},
	} {
		g := good()
		for i := 0; i < len(tc.set); i += 2 {
			g.set(tc.set[i], tc.set[i+1])
		}
		p := sheet.StatusPatch(decode(t, g, sheet.Options{}), tc.rows, sheet.English)
		s := p.Sheets[0]
		if len(p.Sheets) != 1 || len(p.Added) != 0 || s.Sheet != "Circuits" || s.HeaderRow != 1 || s.LastRow != 3 || s.LastCol != tc.lastCol || s.Rows != len(tc.rows) {
			t.Errorf("%s: %+v", tc.name, p)
		}
		var columns []string
		for _, c := range s.Columns {
			columns = append(columns, sheet.ColName(c.Col)+" "+c.Header)
		}
		if got := strings.Join(columns, ", "); got != tc.columns {
			t.Errorf("%s: columns %s, want %s", tc.name, got, tc.columns)
		}
		for i, want := range tc.want {
			if got := cellTexts(s.Row(i + 1)); got != want {
				t.Errorf("%s, row %d: %q, want %q", tc.name, i+1, got, want)
			}
		}
		if tc.name == "all" {
			if want := []sheet.FileLink{{Row: 2, Col: 14, Target: "letters/cn-hangzhou-pc-aaaa1.pdf"}}; !slices.Equal(s.Files, want) {
				t.Errorf("files %+v", s.Files)
			}
		}
	}
}

// cellTexts writes the cells of a row, separated by |.
func cellTexts(cells []sheet.PutCell) string {
	var all []string
	for _, c := range cells {
		switch {
		case c.Stays:
			all = append(all, "(stays)")
		case !c.Time.IsZero():
			all = append(all, c.Time.Format(time.RFC3339))
		default:
			all = append(all, c.Text)
		}
	}
	return strings.Join(all, " | ")
}

// TestLetters names letters like a copy, and reads them back.
func TestLetters(t *testing.T) {
	for _, tc := range []struct{ copyPath, file, path, target string }{
		{"/srv/loa/copy.xlsx", "/srv/loa/letters/cn-hangzhou-pc-aaaa1.pdf", "letters/cn-hangzhou-pc-aaaa1.pdf", "letters/cn-hangzhou-pc-aaaa1.pdf"},
		{"/srv/loa/out/copy.xlsx", "/srv/loa/letters/a.pdf", "../letters/a.pdf", "../letters/a.pdf"},
		{"copy.xlsx", "letters (1)/授权 100%.pdf", "letters (1)/授权 100%.pdf", "letters%20%281%29/%E6%8E%88%E6%9D%83%20100%25.pdf"},
		{"copy.xlsx", "/srv/a b.pdf", "/srv/a b.pdf", "file:///srv/a%20b.pdf"}, // which no relative path leads to
		{"copy.xlsx", "a:b.pdf", "a:b.pdf", "./a:b.pdf"},
	} {
		l := sheet.LetterFrom(filepath.FromSlash(tc.copyPath), filepath.FromSlash(tc.file), "00ff")
		if l.Path != tc.path {
			t.Errorf("%s beside %s is %s, want %s", tc.file, tc.copyPath, l.Path, tc.path)
		}
		g := good()
		g.set("J1", "Result")
		g.set("K1", "LOA status")
		g.set("L1", "Letter")
		g.set("L2", l.String())
		w := decode(t, g, sheet.Options{})
		if got := w.Circuits[0].LastRun().Letter; got != l {
			t.Errorf("%s is read as %+v", l, got)
		}
		p := sheet.StatusPatch(w, map[int]sheet.LOAResult{2: {Letter: l}}, sheet.English)
		if files := p.Sheets[0].Files; len(files) != 1 || files[0].Target != tc.target {
			t.Errorf("%s leads to %+v, want %s", l, files, tc.target)
		}
	}
	if got := (sheet.Letter{Path: `C:/Users/name/a.pdf`}); got.String() != "C:/Users/name/a.pdf" {
		t.Errorf("without a checksum it is %s", got)
	}
}

// TestLaterColumns checks when the columns for the time after the letter are written, and
// what a row keeps in them.
func TestLaterColumns(t *testing.T) {
	asked := time.Date(2027, 2, 1, 19, 0, 7, 0, time.UTC)
	letter := sheet.Letter{Path: "letters/cn-hangzhou-pc-aaaa1.pdf", SHA256: "00ff"}
	rows := func(status string) []sheet.RowResult {
		return []sheet.RowResult{{Row: 2, Result: sheet.Already, LOAStatus: status}, {Row: 3, Result: sheet.Submitted}}
	}
	if p := sheet.Results(decode(t, good(), sheet.Options{}), rows("Applying"), codes{}, sheet.English); len(p.Sheets[0].Columns) != 8 || len(p.Sheets[0].Row(2)) < 8 {
		t.Errorf("a copy without letters has %d result columns", len(p.Sheets[0].Columns))
	}
	all := rows("Available")
	all[0].LOAAskedAt, all[0].Letter = asked, letter
	p := sheet.Results(decode(t, good(), sheet.Options{}), all, codes{}, sheet.Chinese)
	if c := p.Sheets[0].Columns; len(c) != 10 || c[8].Header != "LOA 查询时间 (UTC)" || c[9].Header != "LOA 文件" || len(p.Sheets[1].Columns) != 8 {
		t.Errorf("the columns are %+v", c)
	}
	g := good()
	for cell, v := range map[string]string{
		"J1": "Result", "K1": "LOA status", "L1": "LOA asked at (UTC)", "M1": "Letter",
		"J2": "ALREADY", "K2": "Available", "L2": "2027-02-01 19:00:07", "M2": letter.String(), "M3": "letters/pc-other.pdf", "J3": "SUBMITTED", "K3": "Available",
	} {
		g.set(cell, v)
	}
	w := decode(t, g, sheet.Options{})
	if past := w.Circuits[0].Past; !past.LOAAskedAt.Equal(asked) || past.Letter != letter {
		t.Errorf("the earlier result is %+v", past)
	}
	for status, want := range map[string]string{
		"Available": "2027-02-01T19:00:07Z | " + letter.String(), "Completing": " | " + letter.String(), "Rejected": " | ", "none": " | ",
	} {
		p := sheet.Results(w, rows(status), codes{}, sheet.English)
		if got := cellTexts(p.Sheets[0].Row(2)[sheet.ColLOAAskedAt:]); got != want {
			t.Errorf("%s: %q, want %q", status, got, want)
		}
		if got := cellTexts(p.Sheets[0].Row(3)[sheet.ColLOAAskedAt:]); got != " | " {
			t.Errorf("the row of another circuit has %q", got)
		}
	}
	w.MoveLetters("/srv/loa/in.xlsx", "/srv/loa/copies/copy.xlsx")
	w.MoveLetters("/srv/loa/in.xlsx", "/srv/loa/copies/copy.xlsx")
	if got := w.Circuits[0].Past.Letter.Path; got != "../letters/cn-hangzhou-pc-aaaa1.pdf" {
		t.Errorf("from another folder the letter is %s", got)
	}
	sp := sheet.StatusPatch(w, map[int]sheet.LOAResult{2: {Status: "Available"}, 3: {Status: "Applying"}}, sheet.English).Sheets[0]
	if got := cellTexts(sp.Row(2)); got != "Available |  | ../"+letter.String() || len(sp.Files) != 1 || cellTexts(sp.Row(3)) != "Applying |  | " {
		t.Errorf("status leaves of the letters %q, %q", got, cellTexts(sp.Row(3)))
	}
	w.MoveLetters("/srv/loa/in.xlsx", "/srv/loa/copy.xlsx")
	kept := rows("Available")
	kept[0].Keep = true
	p = sheet.Results(w, kept, codes{}, sheet.English)
	if f := p.Sheets[0].Files; p.Sheets[0].Row(2) != nil || len(f) != 1 || f[0].Row != 2 || f[0].Col != 13 {
		t.Errorf("a row that keeps its cells links to %+v", f)
	}
	p.MaskPersonal(w)
	if f := p.Sheets[0].Files; len(f) != 0 {
		t.Errorf("a redacted copy links to %+v", f)
	}
	p = sheet.Results(w, rows("Available"), codes{}, sheet.English)
	if p.MaskPersonal(w); p.Sheets[0].Row(2)[sheet.ColLetter].Text != "cn-hangzhou-pc-aaaa1.pdf (SHA-256 00ff)" {
		t.Errorf("in a redacted copy the letter is %+v", p.Sheets[0].Row(2)[sheet.ColLetter])
	}
}

// TestLinkResults checks that each row that needs attention links to the line about it, or
// about one of its engineers, in a list.
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

// TestRedactor masks values of a made-up staff list in texts of all kinds.
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

// TestMayStand lists the results of a copy after which an application may exist.
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
		{sheet.Past{Result: "REFUSED", ErrorCode: "InvalidInstanceId.NotFound", ClientToken: "T", SubmittedAt: at}, true},
		{sheet.Past{Result: "REFUSED", ErrorCode: "InvalidInstanceId.NotFound", ClientToken: "T"}, false},
		{sheet.Past{Result: "FAILED", ClientToken: "T", SubmittedAt: at}, false},
		{sheet.Past{Result: "INVALID"}, false},
		{sheet.Past{Result: "INVALID", LOAStatus: "Applying"}, true},
		{sheet.Past{Result: "INVALID", SubmittedAt: at}, true}, // of an earlier region, perhaps
		{sheet.Past{Result: "INVALID", ClientToken: "T"}, true},
		{sheet.Past{Result: "NOT_ATTEMPTED", ClientToken: "T"}, false}, // the token would have been sent
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
