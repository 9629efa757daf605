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
	"template-step-submit", "template-step-results", "template-step-again", "template-step-later",
}

// Measures of the guide: the width of its text in characters, how many letters safely fit
// into it, and the height of a line in points.
const (
	guideWidth   = 100
	guideLetters = 92
	guideLine    = 15.5
)

// guide writes the sheet that explains how to fill in the workbook and what happens then.
func (b *templateBuilder) guide() error {
	for i, width := range []float64{26, guideWidth, 17} {
		letter := sheet.ColName(i + 1)
		if err := b.SetColWidth(b.guideName(), letter, letter, width); err != nil {
			return err
		}
	}
	g := &guideWriter{b: b, name: b.guideName()}
	g.row(b.style.title, b.Words.Line("template-title"))
	g.row(b.style.body)
	g.progress()
	g.row(b.style.body)
	g.row(b.style.section, b.Words.Line("template-sec-steps"))
	for i, code := range guideSteps {
		g.row(b.style.body, b.Words.Line("template-step", sheet.Arg{Name: "n", Value: fmt.Sprint(i + 1)}), b.Words.Line(code))
	}
	g.columns(sheet.CircuitsSheet)
	g.columns(sheet.EngineersSheet)
	g.row(b.style.body)
	g.row(b.style.section, b.Words.Line("template-sec-results"))
	for _, r := range sheet.AllResults {
		g.row(b.style.body, b.Language.Result(r), b.Words.Line("template-result-"+strings.ToLower(string(r))))
	}
	if g.err != nil {
		return g.err
	}
	hidden := false
	if err := b.SetSheetView(b.guideName(), -1, &excelize.ViewOptions{ShowGridLines: &hidden}); err != nil {
		return err
	}
	return b.printed(b.guideName(), "portrait", "")
}

// guideWriter writes rows from the top and keeps the first error.
type guideWriter struct {
	b    *templateBuilder
	name string // of the sheet
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
		g.keep(g.b.SetCellStr(g.name, ref, s))
		g.keep(g.b.SetCellStyle(g.name, ref, ref, cell))
	}
	if style == g.b.style.body {
		g.keep(g.b.SetRowHeight(g.name, g.next, guideLine*float64(lines(texts...))))
	}
}

// lines returns how many lines the longest of the texts takes; only the guide's second column
// has long ones. Programs do not agree on when to fit a row to wrapped text, so its height is
// set. Wide characters count twice.
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

// progress counts the rows that are ready and those that are not empty, by sheet.
func (g *guideWriter) progress() {
	g.row(g.b.style.section, g.b.Words.Line("template-sec-progress"))
	for id, rows := range [...]int{sheet.CircuitsSheet: len(g.b.Circuits), sheet.EngineersSheet: len(g.b.Engineers)} {
		name := g.b.Language.SheetName(sheet.SheetID(id))
		g.row(g.b.style.body, name, " ")
		checked := fmt.Sprintf("%s!$A$%d:$A$%d", name, firstRow, lastRow)
		ready := fmt.Sprintf("COUNTIF(%s,%s)", checked, quoted(g.b.Words.Line("template-check-ready")))
		begun := fmt.Sprintf(`SUMPRODUCT(--(LEN(%s!$A$%d:$A$%d)>0))`, name, firstRow, firstRow+max(rows, checkedRows)-1)
		text := g.b.Words.Line("template-progress", sheet.Arg{Name: "ready", Value: "\x00"}, sheet.Arg{Name: "rows", Value: "\x01"})
		formula := quoted(text)
		formula = strings.ReplaceAll(formula, "\x00", `"&`+ready+`&"`)
		formula = strings.ReplaceAll(formula, "\x01", `"&`+begun+`&"`)
		g.keep(g.b.SetCellFormula(g.name, fmt.Sprintf("B%d", g.next), formula))
	}
}

// columns explains the columns of a sheet.
func (g *guideWriter) columns(id sheet.SheetID) {
	g.row(g.b.style.body)
	g.row(g.b.style.section, g.b.Words.Line("template-sec-columns", sheet.Arg{Name: "sheet", Value: g.b.Language.SheetName(id)}))
	for _, c := range g.b.columns(id) {
		g.row(g.b.style.body, c.Header, g.b.expects(c), g.b.Words.Line(needCode(c)))
	}
}
