package build

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/xuri/excelize/v2"
)

// templateStyles holds the styles that the template's cells use, and the formats of
// its marks.
type templateStyles struct {
	band, version               int // the title above the headers, and the template's version
	required, optional, own     int // headers, by the kind of column
	later                       int // headers of what is filled in after the letter
	need, choice, afterwards    int // the words above the headers
	laterBand                   int // the title above those columns
	text, date, whole, plain    int // data, by column
	check                       int // the column #Check
	title, section, body, label int // guide
	missing, wrong, ready       int // marks
}

// typefaces are those of a new workbook, by its language, and those of its notes.
var (
	typefaces = [...]string{sheet.English: "Calibri", sheet.Chinese: "等线"}
	noteFaces = [...]string{sheet.English: "Tahoma", sheet.Chinese: "宋体"}
)

// Colours of the template. A word or bold type always says the same as a colour.
const (
	inkDark    = "1F3A5F"
	inkSoft    = "5B6573"
	inkGreen   = "1B6B3A"
	paper      = "FFFFFF"
	lineGrey   = "BFC7D1"
	panelBlue  = "DCE6F1"
	panelGrey  = "EEF1F5"
	amberFill  = "FFE699"
	redFill    = "F8B9A0"
	greenPanel = "E2F0D9"
)

func (b *templateBuilder) styles() error {
	typeface := typefaces[b.Language]
	if was, err := b.GetDefaultFont(); err != nil || was != typeface {
		if err := cmp.Or(err, b.SetDefaultFont(typeface)); err != nil {
			return err
		}
	}
	fill := func(colour string) excelize.Fill {
		return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
	}
	slants := b.Language == sheet.English // slanted Chinese characters are hard to read
	edge := []excelize.Border{{Type: "bottom", Color: lineGrey, Style: 1}, {Type: "right", Color: lineGrey, Style: 1}}
	head := func(ink, colour string, bold bool) *excelize.Style {
		return &excelize.Style{
			Font: &excelize.Font{Bold: bold, Italic: !bold && slants, Color: ink, Family: typeface, Size: 11}, Fill: fill(colour), Border: edge,
			Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
		}
	}
	small := func(ink, colour string, bold bool) *excelize.Style {
		return &excelize.Style{Font: &excelize.Font{Bold: bold, Italic: !bold && slants, Color: ink, Family: typeface, Size: 9}, Fill: fill(colour), Alignment: &excelize.Alignment{Vertical: "center"}}
	}
	date := "yyyy-mm-dd hh:mm:ss"
	wrap := &excelize.Alignment{Vertical: "top", WrapText: true}
	for _, s := range []struct {
		id    *int
		style *excelize.Style
	}{
		{&b.style.band, &excelize.Style{Font: &excelize.Font{Bold: true, Size: 14, Color: inkDark, Family: typeface}, Alignment: &excelize.Alignment{Vertical: "center"}}},
		{&b.style.version, &excelize.Style{Font: &excelize.Font{Size: 9, Color: inkSoft, Family: typeface}, Alignment: &excelize.Alignment{Vertical: "center"}}},
		{&b.style.required, head(paper, inkDark, true)},
		{&b.style.optional, head(inkDark, panelBlue, false)},
		{&b.style.later, head(inkGreen, greenPanel, false)},
		{&b.style.afterwards, small(inkGreen, greenPanel, false)},
		{&b.style.laterBand, &excelize.Style{Font: &excelize.Font{Bold: true, Size: 11, Color: inkGreen, Family: typeface}, Alignment: &excelize.Alignment{Vertical: "center"}}},
		{&b.style.own, head(inkSoft, panelGrey, true)},
		{&b.style.need, small(paper, inkDark, true)},
		{&b.style.choice, small(inkDark, panelBlue, false)},
		{&b.style.check, &excelize.Style{Font: &excelize.Font{Size: 10, Color: inkSoft, Family: typeface}, Fill: fill(panelGrey)}},
		{&b.style.text, &excelize.Style{NumFmt: 49}}, // @
		{&b.style.date, &excelize.Style{CustomNumFmt: &date}},
		{&b.style.whole, &excelize.Style{NumFmt: 1}}, // 0
		{&b.style.plain, &excelize.Style{}},
		{&b.style.title, &excelize.Style{Font: &excelize.Font{Bold: true, Size: 16, Color: inkDark, Family: typeface}}},
		{&b.style.section, &excelize.Style{Font: &excelize.Font{Bold: true, Size: 12, Color: inkDark, Family: typeface}}},
		{&b.style.body, &excelize.Style{Alignment: wrap}},
		{&b.style.label, &excelize.Style{Font: &excelize.Font{Bold: true, Family: typeface, Size: 11}, Alignment: wrap}},
	} {
		id, err := b.NewStyle(s.style)
		if err != nil {
			return err
		}
		*s.id = id
	}
	for _, s := range []struct {
		id    *int
		style *excelize.Style
	}{
		{&b.style.missing, &excelize.Style{Fill: fill(amberFill)}},
		{&b.style.wrong, &excelize.Style{Font: &excelize.Font{Bold: true, Color: "9C0006"}, Fill: fill(redFill)}},
		{&b.style.ready, &excelize.Style{Font: &excelize.Font{Bold: true, Color: inkGreen}, Fill: fill(greenPanel)}},
	} {
		id, err := b.NewConditionalStyle(s.style)
		if err != nil {
			return err
		}
		*s.id = id
	}
	return nil
}

// Widths and heights of the template, in characters and points.
const (
	checkWidth   = 34
	titleHeight  = 27
	needHeight   = 14
	headerHeight = 32
)

// band writes what is above the data: the title and the version, the words above the
// headers, and the header #Check.
func (b *templateBuilder) band(name string, id sheet.SheetID) error {
	if err := b.SetColWidth(name, "A", "A", checkWidth); err != nil {
		return err
	}
	if err := b.SetColStyle(name, "A", b.style.check); err != nil {
		return err
	}
	w := &cellWriter{b: b, sheet: name}
	w.put("A", titleRow, b.style.version, sheet.TemplateMark+layoutVersion)
	w.put("A", needRow, b.style.version, "")
	w.put("A", headerRow, b.style.own, b.Language.CheckHeader())
	w.put("B", titleRow, b.style.band, b.Words.Line("template-band-"+strings.ToLower(sheet.English.SheetName(id))))
	for row, height := range map[int]float64{titleRow: titleHeight, needRow: needHeight, headerRow: headerHeight} {
		w.keep(b.SetRowHeight(name, row, height))
	}
	w.keep(b.AddComment(name, b.note(fmt.Sprintf("A%d", headerRow), b.Language.CheckHeader(), b.Words.Line("template-column-check"))))
	return w.err
}

// cellWriter writes cells of one sheet and keeps the first error.
type cellWriter struct {
	b     *templateBuilder
	sheet string
	err   error
}

// put writes a text with its format; an empty text leaves the cell without a value.
func (w *cellWriter) put(letter string, row, style int, text string) {
	ref := fmt.Sprintf("%s%d", letter, row)
	if text != "" {
		w.keep(w.b.SetCellStr(w.sheet, ref, text))
	}
	w.keep(w.b.SetCellStyle(w.sheet, ref, ref, style))
}

func (w *cellWriter) keep(err error) {
	if w.err == nil {
		w.err = err
	}
}

// column sets a column's format, width, header, note and validation.
func (b *templateBuilder) column(name string, col int, c sheet.Column) error {
	letter := sheet.ColName(col)
	if err := b.SetColWidth(name, letter, letter, c.Width); err != nil {
		return err
	}
	// The column's format comes first, because it overwrites those of the cells.
	if err := b.SetColStyle(name, letter, b.dataStyle(c)); err != nil {
		return err
	}
	w := &cellWriter{b: b, sheet: name}
	title, need, head := b.style.band, b.style.choice, b.style.optional
	switch {
	case c.Required:
		need, head = b.style.need, b.style.required
	case c.AfterLetter():
		title, need, head = b.style.laterBand, b.style.afterwards, b.style.later
	}
	over := ""
	if c.ID == sheet.CircuitLineCode {
		over = b.Words.Line("template-band-later")
	}
	w.put(letter, titleRow, title, over)
	w.put(letter, needRow, need, b.Words.Line(needCode(c)))
	w.put(letter, headerRow, head, c.Header)
	w.keep(b.AddComment(name, b.note(fmt.Sprintf("%s%d", letter, headerRow), c.Header, b.expects(c))))
	w.keep(b.validation(name, letter, c))
	return w.err
}

// needCode is the code of the word that says whether a column must be filled in.
func needCode(c sheet.Column) string {
	if c.Required {
		return "template-note-required"
	}
	if c.AfterLetter() {
		return "template-note-later"
	}
	return "template-note-optional"
}

// expects says what a column expects: in the note of its header, in the prompt of its cells
// and in the guide.
func (b *templateBuilder) expects(c sheet.Column) string {
	switch {
	case c.ID == sheet.CircuitAccount:
		return b.Words.Line("template-column-account")
	case c.ID == sheet.CircuitConfirm:
		return b.Words.Line("template-column-confirm")
	case c.Parameter == "":
		return b.Words.Line("template-column-circuits")
	}
	return b.Words.Line("template-column-" + strings.ToLower(c.Parameter))
}

func (b *templateBuilder) dataStyle(c sheet.Column) int {
	switch {
	case c.Text:
		return b.style.text
	case c.ID == sheet.CircuitConstructionTime:
		return b.style.date
	case c.ID == sheet.CircuitBandwidth:
		return b.style.whole
	}
	return b.style.plain
}

// noteAuthor is the author of the header notes. It is not the author of a run's notes, which
// the next run replaces.
const noteAuthor = "loabatch template"

// note is the note of a header.
func (b *templateBuilder) note(ref, header, text string) excelize.Comment {
	face := noteFaces[b.Language]
	return excelize.Comment{
		Cell: ref, Author: noteAuthor, Width: 300, Height: 110,
		Paragraph: []excelize.RichTextRun{
			{Text: header + "\n", Font: &excelize.Font{Bold: true, Size: 9, Family: face}},
			{Text: text, Font: &excelize.Font{Size: 9, Family: face}},
		},
	}
}

// marks colours what is wrong, and what is missing in a row that is not empty.
func (b *templateBuilder) marks(name string, cols []sheet.Column) error {
	last := sheet.ColName(len(cols) + 1)
	for _, c := range cols {
		var rules []excelize.ConditionalFormatOptions
		for _, d := range b.defects(c) {
			rules = append(rules, excelize.ConditionalFormatOptions{Type: "formula", Format: &b.style.wrong, Criteria: d.formula})
		}
		if c.Required {
			rules = append(rules, excelize.ConditionalFormatOptions{
				Type: "formula", Format: &b.style.missing,
				Criteria: fmt.Sprintf("AND(COUNTA($B%[1]d:$%[2]s%[1]d)>0,%[3]s)", firstRow, last, empty(cellOf(c.ID))),
			})
		}
		if formula := b.isWanting(c.ID); formula != "" {
			rules = append(rules, excelize.ConditionalFormatOptions{Type: "formula", Format: &b.style.missing, Criteria: formula})
		}
		if len(rules) == 0 {
			continue
		}
		if err := b.SetConditionalFormat(name, below(letterOf(c.ID)), rules); err != nil {
			return err
		}
	}
	return nil
}

// below is the range of a column below its header.
func below(letter string) string {
	return fmt.Sprintf("%s%d:%s%d", letter, firstRow, letter, lastRow)
}

// rowHeights are the heights of the data rows, in points, by the template's language; 0 is the
// program's default. Chinese characters need more than the height of a line of Latin ones.
var rowHeights = [...]float64{sheet.English: 0, sheet.Chinese: 18}

// view freezes the headers and the instance IDs, and prepares the sheet for printing with
// gridlines. Only the columns of an application are printed: more would make a page
// unreadable.
func (b *templateBuilder) view(name, last string) error {
	if err := b.SetPanes(name, &excelize.Panes{
		Freeze: true, XSplit: 2, YSplit: headerRow, TopLeftCell: fmt.Sprintf("C%d", firstRow), ActivePane: "bottomLeft",
		Selection: []excelize.Selection{{SQRef: fmt.Sprintf("B%d", firstRow), ActiveCell: fmt.Sprintf("B%d", firstRow), Pane: "bottomLeft"}},
	}); err != nil {
		return err
	}
	if height := rowHeights[b.Language]; height > 0 {
		custom := true
		if err := b.SetSheetProps(name, &excelize.SheetPropsOptions{DefaultRowHeight: &height, CustomHeight: &custom}); err != nil {
			return err
		}
	}
	centre := true
	if err := b.SetPageMargins(name, &excelize.PageLayoutMarginsOptions{Horizontally: &centre}); err != nil {
		return err
	}
	if err := b.SetHeaderFooter(name, &excelize.HeaderFooterOptions{OddFooter: "&L&F&C&A&R&P / &N"}); err != nil {
		return err
	}
	// #Check has formulas below the data, which would be printed as empty pages.
	area := excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: fmt.Sprintf("%s!$B:$%s", name, last), Scope: name}
	if err := b.SetDefinedName(&area); err != nil {
		return err
	}
	return b.printed(name, "landscape", fmt.Sprintf("%s!$%d:$%d", name, titleRow, headerRow))
}

// printed fits the sheet to the width of a page and repeats title rows, if there are any.
func (b *templateBuilder) printed(name, orientation, titles string) error {
	a4, wide, high, fit := 9, 1, 0, true
	if err := b.SetPageLayout(name, &excelize.PageLayoutOptions{
		Orientation: &orientation, Size: &a4, FitToWidth: &wide, FitToHeight: &high,
	}); err != nil {
		return err
	}
	if err := b.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	if titles == "" {
		return nil
	}
	return b.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: titles, Scope: name})
}

// prompted are the columns whose cells show, when selected, what they expect. A prompt has
// at most 255 characters, its title 32.
var prompted = map[sheet.ColumnID]bool{
	sheet.CircuitInstanceID: true, sheet.CircuitRegionID: true, sheet.CircuitCompanyName: true, sheet.CircuitConstructionTime: true,
	sheet.CircuitBandwidth: true, sheet.CircuitClientToken: true, sheet.CircuitAccount: true, sheet.CircuitLineCode: true, sheet.CircuitLineLabel: true,
	sheet.CircuitLineContact: true, sheet.CircuitFinished: true, sheet.CircuitConfirm: true,
	sheet.EngineerInstanceID: true, sheet.EngineerName: true, sheet.EngineerCertificateNo: true, sheet.EngineerContact: true,
}

// validation guides input into a column: a dropdown, bounds, a prompt. Closed lists and
// bounds reject other values. For a value that may be right after all, the program only asks;
// an engineer's circuits accept any value, since there may be several.
func (b *templateBuilder) validation(name, letter string, c sheet.Column) error {
	dv := excelize.NewDataValidation(true)
	dv.SetSqref(below(letter))
	var err error
	if list := b.list[c.ID]; list != "" {
		dv.SetSqrefDropList(list)
	}
	custom := func(formula string) { dv.Type, dv.Formula1 = "custom", escaped(formula) }
	switch {
	case c.ID == sheet.CircuitRegionID && dv.Type != "":
		b.ask(dv, c, "template-warn-region")
	case len(c.Values) > 0:
		b.refuse(dv, c, "template-refuse-list")
	case c.ID == sheet.CircuitBandwidth:
		err = dv.SetRange(sheet.MinBandwidth, sheet.MaxBandwidth, excelize.DataValidationTypeWhole, excelize.DataValidationOperatorBetween)
		b.refuse(dv, c, "template-refuse-bandwidth")
	case c.ID == sheet.CircuitClientToken:
		err = dv.SetRange(1, sheet.MaxClientToken, excelize.DataValidationTypeTextLength, excelize.DataValidationOperatorBetween)
		b.refuse(dv, c, "template-refuse-token")
	case c.ID == sheet.CircuitInstanceID:
		custom(fmt.Sprintf(`AND(LEFT(%[1]s,3)="pc-",COUNTIF(%[2]s,%[1]s)<=1)`, cellOf(c.ID), circuitIDs))
		b.ask(dv, c, "template-warn-circuit")
	case c.ID == sheet.CircuitConstructionTime:
		custom(fmt.Sprintf(`IF(ISNUMBER(%[1]s),%[1]s>TODAY(),LEN(%[1]s)>=8)`, cellOf(c.ID)))
		b.ask(dv, c, "template-warn-time")
	case c.ID == sheet.EngineerCertificateNo:
		custom("NOT(" + b.wrongDigit() + ")")
		b.ask(dv, c, "template-warn-digit")
	}
	if err != nil {
		return err
	}
	if prompted[c.ID] {
		dv.SetInput(c.Header, b.expects(c))
	}
	if dv.Type == "" && !prompted[c.ID] {
		return nil
	}
	return b.AddDataValidation(name, dv)
}

// refuse makes a validation reject other values and say what is expected.
func (b *templateBuilder) refuse(dv *excelize.DataValidation, c sheet.Column, code string) {
	dv.SetError(excelize.DataValidationErrorStyleStop, c.Header, b.Words.Line(code))
}

// ask makes a validation ask whether to keep another value.
func (b *templateBuilder) ask(dv *excelize.DataValidation, c sheet.Column, code string) {
	dv.SetError(excelize.DataValidationErrorStyleWarning, c.Header, b.Words.Line(code))
}

// escaped escapes a validation's formula for XML, which excelize does not do.
func escaped(formula string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(formula)
}
