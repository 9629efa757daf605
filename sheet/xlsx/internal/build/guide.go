package build

import (
	"fmt"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/xuri/excelize/v2"
)

// guideSteps are the codes of the guide's numbered steps.
var guideSteps = []string{
	"template-step-circuits", "template-step-engineers", "template-step-own", "template-step-check",
	"template-step-submit", "template-step-results", "template-step-again",
}

// Measures of the guide: the width of its text in characters, how many letters fit
// into it with some room to spare, and the height of a line in points.
const (
	guideWidth   = 100
	guideLetters = 92
	guideLine    = 15.5
)

// guide writes the sheet that explains how to fill in the workbook and what happens then.
func (b *templateBuilder) guide() error {
	for i, width := range []float64{26, guideWidth, 12} {
		letter := sheet.ColName(i + 1)
		if err := b.SetColWidth(GuideName, letter, letter, width); err != nil {
			return err
		}
	}
	g := &guideWriter{b: b}
	g.row(b.style.title, b.Words.Line("template-title"))
	g.row(b.style.body)
	g.progress()
	g.row(b.style.body)
	g.row(b.style.section, b.Words.Line("template-sec-steps"))
	for i, code := range guideSteps {
		g.row(b.style.body, b.Words.Line("template-step", sheet.Arg{Name: "n", Value: fmt.Sprint(i + 1)}), b.Words.Line(code))
	}
	g.columns(sheet.CircuitsName, sheet.CircuitsSheet)
	g.columns(sheet.EngineersName, sheet.EngineersSheet)
	g.row(b.style.body)
	g.row(b.style.section, b.Words.Line("template-sec-results"))
	for _, r := range sheet.AllResults {
		g.row(b.style.body, string(r), b.Words.Line("template-result-"+strings.ToLower(string(r))))
	}
	if g.err != nil {
		return g.err
	}
	hidden := false
	if err := b.SetSheetView(GuideName, -1, &excelize.ViewOptions{ShowGridLines: &hidden}); err != nil {
		return err
	}
	return b.printed(GuideName, "portrait", "")
}

// guideWriter writes rows from the top and keeps the first error.
type guideWriter struct {
	b    *templateBuilder
	next int
	err  error
}

// row writes texts from column A on; the first is a label unless the row has its own style.
func (g *guideWriter) row(style int, texts ...string) {
	g.next++
	for i, s := range texts {
		ref := fmt.Sprintf("%s%d", sheet.ColName(i+1), g.next)
		cell := style
		if i == 0 && style == g.b.style.body {
			cell = g.b.style.label
		}
		g.keep(g.b.SetCellStr(GuideName, ref, s))
		g.keep(g.b.SetCellStyle(GuideName, ref, ref, cell))
	}
	if style == g.b.style.body {
		g.keep(g.b.SetRowHeight(GuideName, g.next, guideLine*float64(lines(texts...))))
	}
}

// lines returns how many lines the longest of the texts takes; only that of the guide's
// second column is ever long. Programs do not agree on when to fit a row to wrapped text,
// so the height is set. Wide characters take two places.
func lines(texts ...string) int {
	most := 1
	for _, s := range texts {
		places := 0
		for _, r := range s {
			places++
			if r >= 0x2E80 {
				places++
			}
		}
		most = max(most, 1+(places-1)/guideLetters)
	}
	return most
}

func (g *guideWriter) keep(err error) {
	if g.err == nil {
		g.err = err
	}
}

// progress counts the rows that are ready and those that are begun, by sheet.
func (g *guideWriter) progress() {
	g.row(g.b.style.section, g.b.Words.Line("template-sec-progress"))
	for _, name := range []string{sheet.CircuitsName, sheet.EngineersName} {
		g.row(g.b.style.body, name, " ")
		checked := fmt.Sprintf("%s!$A$%d:$A$%d", name, firstRow, lastRow)
		ready := fmt.Sprintf("COUNTIF(%s,%s)", checked, quoted(g.b.Words.Line("template-check-ready")))
		begun := fmt.Sprintf(`SUMPRODUCT(--(LEN(%s!$A$%d:$A$%d)>0))`, name, firstRow, firstRow+g.checked(name)-1)
		text := g.b.Words.Line("template-progress", sheet.Arg{Name: "ready", Value: "\x00"}, sheet.Arg{Name: "rows", Value: "\x01"})
		formula := quoted(text)
		formula = strings.ReplaceAll(formula, "\x00", `"&`+ready+`&"`)
		formula = strings.ReplaceAll(formula, "\x01", `"&`+begun+`&"`)
		g.keep(g.b.SetCellFormula(GuideName, fmt.Sprintf("B%d", g.next), formula))
	}
}

// checked is how many rows of a sheet have a formula in #Check.
func (g *guideWriter) checked(name string) int {
	if name == sheet.CircuitsName {
		return max(len(g.b.Circuits), checkedRows)
	}
	return max(len(g.b.Engineers), checkedRows)
}

// columns explains the columns of a sheet.
func (g *guideWriter) columns(name string, id sheet.SheetID) {
	g.row(g.b.style.body)
	g.row(g.b.style.section, g.b.Words.Line("template-sec-columns", sheet.Arg{Name: "sheet", Value: name}))
	for _, c := range templateColumns(id) {
		g.row(g.b.style.body, c.Header, g.b.expects(c), g.b.Words.Line(needCode(c)))
	}
}
