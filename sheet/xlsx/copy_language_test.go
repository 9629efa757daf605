package xlsx

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/xuri/excelize/v2"
)

// patchIn is the patch of resultPatch in a language.
func patchIn(l sheet.Language, name string, lastCol, lastRow int) sheet.Patch {
	p := resultPatch(name, lastCol, lastRow)
	for i := range p.Sheets[0].Columns {
		p.Sheets[0].Columns[i].Header = l.ResultHeader(sheet.ResultColumn(i))
	}
	cells := p.Sheets[0].Row
	p.Sheets[0].Row = func(row int) []sheet.PutCell {
		put := cells(row)
		if put != nil {
			put[sheet.ColResult].Text = l.Result(sheet.Result(put[sheet.ColResult].Text))
		}
		return put
	}
	for i := range p.Added {
		p.Added[i].Title = l.AddedName(p.Added[i].Name)
	}
	return p
}

// sheetNames lists the sheets of a workbook.
func sheetNames(t *testing.T, file []byte) string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return strings.Join(f.GetSheetList(), ", ")
}

// TestCopyChangesItsLanguage copies a copy in another language: the added sheets get the
// names of that language, and nothing of the first language is left.
func TestCopyChangesItsLanguage(t *testing.T) {
	file := xlsxtest.WithSheet(t, xlsxtest.DataRows)
	for _, test := range []struct {
		from, to     sheet.Language
		before, then string
	}{
		{sheet.English, sheet.Chinese, "Circuits, Errors, Summary", "Circuits, 错误, 摘要"},
		{sheet.Chinese, sheet.English, "Circuits, 错误, 摘要", "Circuits, Errors, Summary"},
		{sheet.Chinese, sheet.Chinese, "Circuits, 错误, 摘要", "Circuits, 错误, 摘要"},
	} {
		first := copied(t, file, patchIn(test.from, "Circuits", 2, 2))
		if got := sheetNames(t, first); got != test.before {
			t.Errorf("the copy has %s, want %s", got, test.before)
		}
		second := copied(t, first, patchIn(test.to, "Circuits", 2, 2))
		if got := sheetNames(t, second); got != test.then {
			t.Errorf("the copy of the copy has %s, want %s", got, test.then)
		}
		want := copied(t, file, patchIn(test.to, "Circuits", 2, 2))
		for _, f := range xlsxtest.ZipOf(t, want).File {
			if g := xlsxtest.ZipEntry(xlsxtest.ZipOf(t, second), f.Name); g == nil || g.CRC32 != f.CRC32 {
				t.Errorf("%s to %s: %s differs from a first copy: %s", test.from.Tag(), test.to.Tag(), f.Name, xlsxtest.PartOf(t, second, f.Name))
			}
		}
	}
}

// TestNamesOfTheUserStayInAnotherLanguage: a sheet that the user renamed keeps its name, and
// so does a user's sheet with the name that ours would get.
func TestNamesOfTheUserStayInAnotherLanguage(t *testing.T) {
	file := xlsxtest.WithSheet(t, xlsxtest.DataRows)
	first := copied(t, file, patchIn(sheet.English, "Circuits", 2, 2))
	f, err := excelize.OpenReader(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.SetSheetName("Summary", "Monday"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.NewSheet("错误"); err != nil {
		t.Fatal(err)
	}
	var edited bytes.Buffer
	if err := f.Write(&edited); err != nil {
		t.Fatal(err)
	}
	file = edited.Bytes()
	for _, want := range []string{"Circuits, 错误 (loabatch), Monday, 错误", "Circuits, 错误 (loabatch), Monday, 错误"} {
		file = copied(t, file, patchIn(sheet.Chinese, "Circuits", 2, 2))
		if got := sheetNames(t, file); got != want {
			t.Errorf("the sheets are %s, want %s", got, want)
		}
	}
	file = copied(t, file, patchIn(sheet.English, "Circuits", 2, 2))
	if got, want := sheetNames(t, file), "Circuits, Errors, Monday, 错误"; got != want {
		t.Errorf("the sheets are %s, want %s", got, want)
	}
}

// TestCopyIsReadInAnyLanguage decodes a copy of the Chinese template, in either language.
func TestCopyIsReadInAnyLanguage(t *testing.T) {
	var template bytes.Buffer
	if err := WriteTemplate(&template, Template{
		Language: sheet.Chinese, Words: plainWords{},
		Circuits:  [][]any{{"pc-made0001", "cn-hangzhou", "示例贸易（杭州）有限公司", "光纤直连", "样例通信工程有限公司", "2099-01-15 16:00 +08:00"}},
		Engineers: [][]any{{"*", "占位·丙", "护照", "X00012345", "男", "+447700900123"}},
	}); err != nil {
		t.Fatal(err)
	}
	file := template.Bytes()
	asked, letter := time.Date(2027, 2, 1, 19, 0, 7, 0, time.UTC), sheet.Letter{Path: "letters/cn-hangzhou-pc-made0001.pdf", SHA256: "00ff"}
	for _, l := range []sheet.Language{sheet.Chinese, sheet.English, sheet.English, sheet.Chinese, sheet.Chinese} {
		w := decoded(t, file)
		if len(w.Circuits) != 1 || w.Circuits[0].Invalid || w.Circuits[0].LineType != "FIBRE" || w.Language() != sheet.Chinese {
			t.Fatalf("%+v, problems %v", w.Circuits, w.Problems)
		}
		p := sheet.Results(w, []sheet.RowResult{{Row: w.Circuits[0].Row, Result: sheet.Submitted, ClientToken: "token", LOAStatus: "Available", LOAAskedAt: asked, Letter: letter}}, noWords{}, l)
		p.Added = addedSheets(w.CircuitsTable.Sheet)
		for i := range p.Added {
			p.Added[i].Title = l.AddedName(p.Added[i].Name)
		}
		file = copied(t, file, p)
		again := decoded(t, file)
		if past := again.Circuits[0].Past; past.Result != "SUBMITTED" || past.ClientToken != "token" || past.LOAStatus != "Available" || !past.LOAAskedAt.Equal(asked) || past.Letter != letter {
			t.Errorf("in %s: the row was %+v", l.Tag(), past)
		}
		if len(again.CircuitsTable.Results) != len(sheet.ResultHeaders) || again.CircuitsTable.LastCol != 17+len(sheet.ResultHeaders) {
			t.Errorf("in %s: the result columns are %v, the last column %d", l.Tag(), again.CircuitsTable.Results, again.CircuitsTable.LastCol)
		}
		if got, want := sheetNames(t, file), "专线, 施工工程师, 填写说明, 列表, "+l.AddedName("Errors")+", "+l.AddedName("Summary"); got != want {
			t.Errorf("in %s: the sheets are %s, want %s", l.Tag(), got, want)
		}
	}
}

// noWords renders problems as their codes.
type noWords struct{ plainWords }

func (noWords) Problem(p sheet.Problem) (message, hint string) { return p.Code, "" }

// decoded reads a workbook.
func decoded(t *testing.T, file []byte) *sheet.Workbook {
	t.Helper()
	book, err := Open(bytes.NewReader(file), int64(len(file)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	w, err := sheet.Decode(book, sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(w.Problems, func(p sheet.Problem) bool { return p.Severity != sheet.Note }); i >= 0 {
		t.Errorf("%+v", w.Problems[i])
	}
	return w
}
