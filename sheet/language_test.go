package sheet_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

// TestLanguagesAreRead checks that whatever is written in one language is read: names of
// sheets, headers, values of lists, results and states.
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
			row := "pc-aaaa1|cn-hangzhou|A||B|2027-01-15T08:00:00Z|100|||" + l.Result(sheet.Submitted) + "|||||||" + l.State("Applying")
			var g grid
			g.add(l.SheetName(sheet.EngineersSheet), engineers+"\n"+person)
			g.add(l.SheetName(sheet.CircuitsSheet), circuits+"\n"+row)
			line, kind, gender := column(sheet.CircuitLineType), column(sheet.EngineerCertificateType), column(sheet.EngineerGender)
			for i, want := range line.Values {
				g.sheets[0].lines[1] = replaced(replaced(person, 2, l.Values(kind)[i%2]), 4, l.Values(gender)[i%2])
				g.sheets[1].lines[1] = replaced(row, 3, l.Values(line)[i])
				w := decode(t, &g, sheet.Options{})
				c, e := w.Circuits[0], w.Engineers[0]
				if c.LineType != want || e.CertificateType != kind.Values[i%2] || e.Gender != gender.Values[i%2] {
					t.Errorf("%s, %s: read as %+v, %+v", g.sheets[0].lines[1], g.sheets[1].lines[1], c, e)
				}
				if c.Past.Result != "SUBMITTED" || c.Past.LOAStatus != "Applying" || len(w.CircuitsTable.Results) != len(sheet.ResultHeaders) {
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

// replaced returns a line of a grid with another cell.
func replaced(line string, cell int, value string) string {
	cells := strings.Split(line, "|")
	cells[cell] = value
	return strings.Join(cells, "|")
}

// TestParseResult reads what people and programs leave of a result.
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
