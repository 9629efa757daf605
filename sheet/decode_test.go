package sheet_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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

// TestValueShowsEveryColumn reads a circuit that has a value in each column.
func TestValueShowsEveryColumn(t *testing.T) {
	values := map[sheet.ColumnID]string{
		sheet.CircuitInstanceID: "pc-aaaa1", sheet.CircuitRegionID: "cn-hangzhou", sheet.CircuitCompanyName: "Example Networks", sheet.CircuitLineType: "MSTP",
		sheet.CircuitSi: "Example Build", sheet.CircuitConstructionTime: "2027-01-15T08:00:00Z", sheet.CircuitBandwidth: "1000", sheet.CircuitPeerLocation: "Hangzhou",
		sheet.CircuitClientToken: "token-1", sheet.CircuitAccount: "north", sheet.CircuitLineCode: "HZ-1", sheet.CircuitLineLabel: "A12", sheet.CircuitLineProvider: "中国电信",
		sheet.CircuitLineContact: "", sheet.CircuitFinished: sheet.Yes, sheet.CircuitConfirm: sheet.No, // no personal data is shown
	}
	var headers, cells []string
	for _, c := range sheet.Columns {
		if c.Sheet == sheet.CircuitsSheet {
			headers, cells = append(headers, c.Header), append(cells, values[c.ID])
		}
	}
	g := (&grid{}).add("Circuits", strings.Join(headers, "|")+"\n"+strings.Join(cells, "|")).add("Engineers", engineersHead+"* | Test Person | Passport | X1234567 | Male | +447700900123")
	c := decode(t, g, sheet.Options{Purpose: sheet.ForAdvance}).Circuits[0]
	c.LineContact = "+447700900124"
	for _, column := range sheet.Columns {
		if got := c.Value(column.ID); column.Sheet == sheet.CircuitsSheet && (got != values[column.ID] || got == "" && !column.Personal) {
			t.Errorf("the value of %s is %q, want %q", column.Header, got, values[column.ID])
		}
	}
}

// TestInvalidSpreads checks that a circuit is invalid if one of its engineers is.
func TestInvalidSpreads(t *testing.T) {
	g := good()
	g.set("E:A2", "pc-aaaa1")
	g.set("E:E2", "")
	w := decode(t, g, sheet.Options{})
	if !w.Circuits[0].Invalid || w.Circuits[1].Invalid || !w.Engineers[0].Invalid || w.Engineers[1].Invalid {
		t.Errorf("circuits %v %v, engineers %v %v", w.Circuits[0].Invalid, w.Circuits[1].Invalid, w.Engineers[0].Invalid, w.Engineers[1].Invalid)
	}
}

// boastful is a workbook whose sheets claim to end at a given row.
type boastful struct {
	*grid
	last int
}

func (b boastful) Extent(string) sheet.Range {
	return sheet.Range{Row1: 1, Col1: 1, Row2: b.last, Col2: 9}
}

// TestExtentIsAHint checks that wrong used ranges do not change what is decoded.
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

// TestResultsLeftBelowTheData checks that the table extends to results whose data were
// deleted. The copy clears them; otherwise the counts would not add up.
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

// ruleCase damages the good workbook, cell by cell, and lists every problem found then. An
// empty want means that there is none.
type ruleCase struct {
	set  []string // cell, value, cell, value …
	want string   // "severity code cell" or "severity code cell also cell", joined by "; "
	opts sheet.Options
	book func(*grid) // damage beyond cells
}

// ruleTables has the tables of all rules: cells in, problems out.
var ruleTables = map[string][]ruleCase{}

func table(code string, cases ...ruleCase) bool {
	ruleTables[code] = cases
	return true
}

// c is a case of cells only.
func c(want string, set ...string) ruleCase { return ruleCase{set: set, want: want} }

// list writes problems in the form of the tables.
func list(ps []sheet.Problem) string {
	var all []string
	for _, p := range ps {
		s := fmt.Sprint(p.Severity, " ", p.Code, " ", p.At)
		if p.Also.Row != 0 {
			s += " also " + p.Also.String()
		}
		all = append(all, s)
	}
	return strings.Join(all, "; ")
}

func TestRules(t *testing.T) {
	for _, r := range sheet.Rules() {
		t.Run(r.Code, func(t *testing.T) {
			cases := ruleTables[r.Code]
			hits, misses := 0, 0
			for _, rc := range cases {
				if strings.Contains(rc.want, r.Code+" ") {
					hits++
				} else {
					misses++
				}
				checkCase(t, rc)
			}
			if !strings.Contains(r.Code, "-changed-after-") && (hits == 0 || misses == 0) {
				t.Errorf("the table has %d cases with the problem and %d without; each rule needs both", hits, misses)
			}
		})
	}
}

func checkCase(t *testing.T, rc ruleCase) {
	t.Helper()
	g := good()
	for i := 0; i < len(rc.set); i += 2 {
		g.set(rc.set[i], rc.set[i+1])
	}
	if rc.book != nil {
		rc.book(g)
	}
	if rc.opts.Now.IsZero() {
		rc.opts.Now = now
	}
	w, err := sheet.Decode(g, rc.opts)
	var input *sheet.InputError
	var got string
	switch {
	case errors.As(err, &input):
		got = list(input.Problems)
	case err != nil:
		t.Errorf("%q: %v", rc.set, err)
	default:
		got = list(w.Problems)
	}
	if got != rc.want {
		t.Errorf("%q\n got %s\nwant %s", rc.set, got, rc.want)
	}
}

// zone returns options with a zone.
func zone(name string) sheet.Options {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return sheet.Options{Location: loc}
}

// asked returns options with one severity.
func asked(code string, s sheet.Severity) sheet.Options {
	return sheet.Options{Severities: map[string]sheet.Severity{code: s}}
}

// TestLanguagesAreRead checks that everything that is written in any language is read: names
// of sheets, headers, values of lists, results and states.
func TestLanguagesAreRead(t *testing.T) {
	for _, l := range sheet.Languages {
		t.Run(l.Tag(), func(t *testing.T) {
			circuits, engineers := "", ""
			for _, c := range sheet.Columns {
				h := l.Header(c.ID)
				if h == "" {
					t.Errorf("%s has no header", c.Header)
				}
				if c.Sheet == sheet.CircuitsSheet {
					circuits += h + "|"
				} else {
					engineers += h + "|"
				}
			}
			for id := range sheet.ResultHeaders {
				circuits += l.ResultHeader(sheet.ResultColumn(id)) + "|"
			}
			person := "*|Test Person||X1234567||+447700900123"
			row := "pc-aaaa1|cn-hangzhou|A||B|2027-01-15T08:00:00Z|100||||||||||" + l.Result(sheet.Submitted) + "|||||||" + l.State("Applying")
			var g grid
			g.add(l.SheetName(sheet.EngineersSheet), engineers+"\n"+person)
			g.add(l.SheetName(sheet.CircuitsSheet), circuits+"\n"+row)
			line, kind, gender := column(sheet.CircuitLineType), column(sheet.EngineerCertificateType), column(sheet.EngineerGender)
			provider, finished, confirm := column(sheet.CircuitLineProvider), column(sheet.CircuitFinished), column(sheet.CircuitConfirm)
			for i, want := range line.Values {
				g.sheets[0].lines[1] = replaced(replaced(person, 2, l.Values(kind)[i%2]), 4, l.Values(gender)[i%2])
				g.sheets[1].lines[1] = replaced(replaced(row, 3, l.Values(line)[i]), int(sheet.CircuitLineProvider), l.Values(provider)[i])
				g.sheets[1].lines[1] = replaced(replaced(g.sheets[1].lines[1], int(sheet.CircuitFinished), l.Values(finished)[i%2]), int(sheet.CircuitConfirm), l.Values(confirm)[(i+1)%2])
				w := decode(t, &g, sheet.Options{})
				c, e := w.Circuits[0], w.Engineers[0]
				if c.LineType != want || e.CertificateType != kind.Values[i%2] || e.Gender != gender.Values[i%2] {
					t.Errorf("%s, %s: read as %+v, %+v", g.sheets[0].lines[1], g.sheets[1].lines[1], c, e)
				}
				if c.LineProvider != provider.Values[i] || c.Finished != finished.Values[i%2] || c.Confirm != confirm.Values[(i+1)%2] {
					t.Errorf("%s: read as %+v", g.sheets[1].lines[1], c)
				}
				if c.LastRun().Result != "SUBMITTED" || c.LastRun().LOAStatus != "Applying" || len(w.CircuitsTable.Results) != len(sheet.ResultHeaders) {
					t.Errorf("an earlier run: %+v, columns %v", c.Past, w.CircuitsTable.Results)
				}
				if w.Language() != l {
					t.Errorf("the language is %s", w.Language().Tag())
				}
			}
			for _, r := range sheet.AllResults {
				if got := sheet.ParseResult(l.Result(r)); got != r {
					t.Errorf("%s is read as %s", l.Result(r), got)
				}
			}
		})
	}
}

// column returns the entry of a column in the column table.
func column(id sheet.ColumnID) *sheet.Column {
	return &sheet.Columns[slices.IndexFunc(sheet.Columns, func(c sheet.Column) bool { return c.ID == id })]
}

// replaced returns a line of a grid with one cell replaced.
func replaced(line string, cell int, value string) string {
	cells := strings.Split(line, "|")
	cells[cell] = value
	return strings.Join(cells, "|")
}

// TestParseResult reads results as people and programs change them.
func TestParseResult(t *testing.T) {
	for text, want := range map[string]sheet.Result{
		"SUBMITTED": sheet.Submitted, "SUBMITTED 已受理": sheet.Submitted, "SUBMITTED已受理": sheet.Submitted, "SUBMITTED　已受理": sheet.Submitted, "已受理": sheet.Submitted,
		"NOT_ATTEMPTED 未执行": sheet.NotAttempted, "submitted": "submitted", "已受理 SUBMITTED": "已受理 SUBMITTED", "SUBMITTED 失败": "SUBMITTED 失败", "": "", "done": "done",
	} {
		if got := sheet.ParseResult(text); got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"Applying 申请中": "Applying", "Rejected": "Rejected", "已驳回": "Rejected", "?": "?"} {
		if got := sheet.ParseState(text); got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
}

// TestLanguageOfAWorkbook: the names of the sheets decide, then most of the headers.
func TestLanguageOfAWorkbook(t *testing.T) {
	table := func(name string, headers ...string) sheet.Table {
		m := map[sheet.ColumnID]string{}
		for i, h := range headers {
			m[sheet.ColumnID(i)] = h
		}
		return sheet.Table{Sheet: name, Headers: m}
	}
	for _, tc := range []struct {
		circuits, engineers sheet.Table
		want                sheet.Language
	}{
		{table("Circuits", "Instance ID"), table("Engineers", "Name"), sheet.English},
		{table("专线", "实例 ID"), table("施工工程师", "姓名"), sheet.Chinese},
		{table("专线", "Instance ID"), table("Engineers", "Name"), sheet.Chinese},
		{table("Circuits", "实例 ID", "地域"), table("Engineers", "Name"), sheet.Chinese},
		{table("Circuits", "Instance ID", "地域"), table("Engineers", "Name"), sheet.English},
		{table("Circuits"), table("Engineers"), sheet.English},
	} {
		w := &sheet.Workbook{CircuitsTable: tc.circuits, EngineersTable: tc.engineers}
		if got := w.Language(); got != tc.want {
			t.Errorf("%v, %v: %s", tc.circuits, tc.engineers, got.Tag())
		}
	}
}
