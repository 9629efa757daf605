package build

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/xuri/excelize/v2"
)

// regions are those in the dropdown.
var regions = []string{"cn-hangzhou", "cn-shanghai", "eu-central-1"}

// codes renders every line as its code.
type codes struct{}

func (codes) Line(code string, _ ...sheet.Arg) string { return code }

// written returns the bytes of a template.
func written(t *testing.T, tpl Template) []byte {
	t.Helper()
	tpl.Words, tpl.Regions = codes{}, regions
	var b bytes.Buffer
	if err := Write(&b, tpl); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// filled is a template with values of every kind.
func filled() Template {
	return Template{
		Circuits: [][]any{
			{"pc-1", "cn-hangzhou", "a", "MSTP", "b", time.Date(2027, 1, 15, 8, 30, 0, 0, time.UTC), 100, nil, "007"},
			{"pc-2", "", true, 2.5},
		},
		Engineers: [][]any{{"pc-1", "x", "IDCard", "000000199001010010", "Male", "+0 1"}},
	}
}

func TestTemplateGivesTheSameBytes(t *testing.T) {
	first := written(t, filled())
	for range 5 {
		if !bytes.Equal(first, written(t, filled())) {
			t.Fatal("the same template gave different bytes")
		}
	}
}

func TestTemplateIsReadBack(t *testing.T) {
	raw := written(t, filled())
	book, err := read.Open(bytes.NewReader(raw), int64(len(raw)), opc.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	var tabs []string
	for _, s := range book.Sheets() {
		tabs = append(tabs, fmt.Sprint(s.Name, " hidden=", s.Hidden))
	}
	if want := []string{"Circuits hidden=false", "Engineers hidden=false", "Guide hidden=false", "Lists hidden=true"}; !slices.Equal(tabs, want) {
		t.Errorf("sheets %q, want %q", tabs, want)
	}
	checks := map[string]int{}
	for name, want := range map[string][]string{
		sheet.CircuitsName: {
			"A1:loabatch template 3 B1:template-band-circuits L1:template-band-later", needs(sheet.CircuitsSheet), headers(sheet.CircuitsSheet),
			"B1:pc-1 C1:cn-hangzhou D1:a E1:MSTP F1:b G2:46402.354166666664 H2:100 J1:007",
			"B1:pc-2 D3:TRUE E2:2.5",
		},
		sheet.EngineersName: {
			"A1:loabatch template 3 B1:template-band-engineers", needs(sheet.EngineersSheet), headers(sheet.EngineersSheet),
			"B1:pc-1 C1:x D1:IDCard E1:000000199001010010 F1:Male G1:+0 1",
		},
	} {
		var got []string
		for row, err := range book.Rows(name) {
			if err != nil {
				t.Fatal(err)
			}
			var cells []string
			for _, c := range row.Cells {
				if c.Col == 1 && row.Number >= firstRow {
					if checks[name]++; !c.Formula {
						t.Errorf("%s, row %d: #Check has no formula", name, row.Number)
					}
					continue
				}
				cells = append(cells, fmt.Sprintf("%s%d:%s", sheet.ColName(c.Col), c.Type, c.Value))
			}
			if len(cells) > 0 {
				got = append(got, strings.Join(cells, " "))
			}
		}
		if checks[name] != checkedRows {
			t.Errorf("%s: #Check has %d formulas, want %d", name, checks[name], checkedRows)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, want)
		}
	}
}

// englishColumns lists the columns of a sheet of the English template.
func englishColumns(id sheet.SheetID) []sheet.Column { return (&templateBuilder{}).columns(id) }

// needs is the row above the headers in the form of the test above.
func needs(id sheet.SheetID) string {
	var cells []string
	for i, c := range englishColumns(id) {
		cells = append(cells, fmt.Sprintf("%s%d:%s", sheet.ColName(i+2), sheet.TextCell, needCode(c)))
	}
	return strings.Join(cells, " ")
}

// headers is the header row of a sheet in the form of the test above.
func headers(id sheet.SheetID) string {
	cells := []string{fmt.Sprintf("A%d:#Check", sheet.TextCell)}
	for i, c := range englishColumns(id) {
		cells = append(cells, fmt.Sprintf("%s%d:%s", sheet.ColName(i+2), sheet.TextCell, c.Header))
	}
	return strings.Join(cells, " ")
}

func TestTemplateRefusesAValueItCannotWrite(t *testing.T) {
	err := Write(io.Discard, Template{Words: codes{}, Engineers: [][]any{{"pc-1", []int{1}}}})
	if err == nil || !strings.Contains(err.Error(), "Engineers, row 4: C4") {
		t.Errorf("got %v, want an error naming the cell", err)
	}
}

// TestTemplateFormats checks formats, notes and validations column by column against
// the column table.
func TestTemplateFormats(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(written(t, Template{})))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, id := range map[string]sheet.SheetID{sheet.CircuitsName: sheet.CircuitsSheet, sheet.EngineersName: sheet.EngineersSheet} {
		notes, err := f.GetComments(name)
		if err != nil {
			t.Fatal(err)
		}
		validations, err := f.GetDataValidations(name)
		if err != nil {
			t.Fatal(err)
		}
		panes, err := f.GetPanes(name)
		if err != nil || !panes.Freeze || panes.YSplit != headerRow {
			t.Errorf("%s: the header is not frozen: %+v, %v", name, panes, err)
		}
		for i, c := range englishColumns(id) {
			letter := sheet.ColName(i + 2)
			if letterOf(c.ID) != letter {
				t.Errorf("%s is in column %s, want %s", c.Header, letterOf(c.ID), letter)
			}
			where := name + "!" + letter
			if got := cellFormat(t, f, name, letter+"4"); (got == 49) != c.Text {
				t.Errorf("%s: number format %d, want text: %v", where, got, c.Text)
			}
			if width, _ := f.GetColWidth(name, letter); width != c.Width {
				t.Errorf("%s: width %v, want %v", where, width, c.Width)
			}
			if !slices.ContainsFunc(notes, func(n excelize.Comment) bool {
				return n.Cell == letter+"3" && len(n.Paragraph) == 2 && strings.HasPrefix(n.Paragraph[1].Text, "template-column-")
			}) {
				t.Errorf("%s: no note on the header", where)
			}
			checkList(t, f, where, c, validationOf(validations, letter))
		}
	}
}

func validationOf(all []*excelize.DataValidation, letter string) *excelize.DataValidation {
	for _, dv := range all {
		if dv.Sqref == below(letter) {
			return dv
		}
	}
	return nil
}

// checkList follows a dropdown to its values on the hidden sheet.
func checkList(t *testing.T, f *excelize.File, where string, c sheet.Column, dv *excelize.DataValidation) {
	t.Helper()
	if c.ID == sheet.CircuitRegionID {
		c.Values = regions
	}
	dropdown := dv != nil && dv.Type == "list"
	if dropdown != (len(c.Values) > 0 || c.ID == sheet.EngineerInstanceID) {
		t.Errorf("%s: dropdown %v, want one for %q", where, dv, c.Values)
		return
	}
	if len(c.Values) == 0 {
		return
	}
	var col string
	var last int
	if _, err := fmt.Sscanf(strings.ReplaceAll(dv.Formula1, "$", ""), ListsName+"!%1s2:%1s%d", &col, &col, &last); err != nil {
		t.Fatalf("%s: list %s: %v", where, dv.Formula1, err)
	}
	var got []string
	for r := 2; r <= last; r++ {
		v, _ := f.GetCellValue(ListsName, fmt.Sprintf("%s%d", col, r))
		got = append(got, v)
	}
	if !slices.Equal(got, c.Values) {
		t.Errorf("%s: list %q, want %q", where, got, c.Values)
	}
}

// cellFormat returns the number format of a column's cells.
func cellFormat(t *testing.T, f *excelize.File, name, ref string) int {
	t.Helper()
	id, err := f.GetCellStyle(name, ref)
	if err != nil {
		t.Fatal(err)
	}
	style, err := f.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	return style.NumFmt
}

// TestTemplateDeclaresNoMacros: mail gateways flag the content type of macro projects.
func TestTemplateDeclaresNoMacros(t *testing.T) {
	raw := written(t, filled())
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	types, _ := f.Pkg.Load(opc.ContentTypesPart)
	if s := fmt.Sprintf("%s", types); strings.Contains(s, "vba") || !strings.Contains(s, "comments") {
		t.Errorf("content types: %s", s)
	}
}

// TestPromptsOfTheBlankWorkbookFit: beyond these lengths Excel repairs the file by
// dropping its validations.
func TestPromptsOfTheBlankWorkbookFit(t *testing.T) {
	promptsFit(t, "blank.xlsx", sheet.English)
	promptsFit(t, "blank.zh.xlsx", sheet.Chinese)
}

func promptsFit(t *testing.T, file string, l sheet.Language) {
	f, err := excelize.OpenFile("../../../../templates/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for id := range sheet.BothSheets {
		name := l.SheetName(id)
		all, err := f.GetDataValidations(name)
		if err != nil || len(all) == 0 {
			t.Fatalf("%s has %d validations, %v", name, len(all), err)
		}
		if formula, err := f.GetCellFormula(name, "A4"); err != nil || formula == "" || len(formula) > 8192 {
			t.Errorf("%s: the formula of #Check has %d characters, %v", name, len(formula), err)
		}
		for _, dv := range all {
			if len(dv.Formula1) > 255 {
				t.Errorf("%s %s: a formula of %d characters", name, dv.Sqref, len(dv.Formula1))
			}
			for limit, texts := range map[int][]*string{32: {dv.PromptTitle, dv.ErrorTitle}, 255: {dv.Prompt, dv.Error}} {
				for _, s := range texts {
					if s != nil && len(utf16.Encode([]rune(*s))) > limit {
						t.Errorf("%s %s: longer than %d: %s", name, dv.Sqref, limit, *s)
					}
				}
			}
		}
	}
}

// TestTemplateProperties checks that the document's properties have Office's prefixes, which
// programs without support for namespaces need.
func TestTemplateProperties(t *testing.T) {
	file := written(t, Template{})
	for part, want := range map[string]string{
		"docProps/core.xml": `<cp:lastModifiedBy>loabatch</cp:lastModifiedBy>`,
		"docProps/app.xml":  `<Application>loabatch</Application>`,
	} {
		if got := xlsxtest.PartOf(t, file, part); !strings.Contains(got, want) || strings.Contains(got, "<coreProperties") {
			t.Errorf("%s does not contain %s: %s", part, want, got)
		}
	}
}
