package build

import (
	"fmt"

	"github.com/loabatch/loabatch/sheet"
	"github.com/xuri/excelize/v2"
)

// templateStyles holds the styles that the template's cells use, and the formats of
// its marks.
type templateStyles struct {
	header, optional            int // headers of required and optional columns
	text, date, whole, plain    int // data, by column
	title, section, body, label int // guide
	missing, repeated           int // marks
}

// typeface is that of a new workbook.
const typeface = "Calibri"

// Colours of the template: required headers dark, optional ones lighter.
const (
	inkDark   = "1F3A5F"
	inkLight  = "5B7BA3"
	paper     = "FFFFFF"
	lineGrey  = "BFC7D1"
	amberFill = "FFF2CC"
	redFill   = "F8CBAD"
)

func (b *templateBuilder) styles() error {
	fill := func(colour string) excelize.Fill {
		return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
	}
	edge := []excelize.Border{{Type: "bottom", Color: lineGrey, Style: 1}, {Type: "right", Color: lineGrey, Style: 1}}
	head := func(colour string) *excelize.Style {
		return &excelize.Style{
			Font: &excelize.Font{Bold: true, Color: paper, Family: typeface, Size: 11}, Fill: fill(colour), Border: edge,
			Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
		}
	}
	date := "yyyy-mm-dd hh:mm:ss"
	wrap := &excelize.Alignment{Vertical: "top", WrapText: true}
	for _, s := range []struct {
		id    *int
		style *excelize.Style
	}{
		{&b.style.header, head(inkDark)},
		{&b.style.optional, head(inkLight)},
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
	var err error
	if b.style.missing, err = b.NewConditionalStyle(&excelize.Style{Fill: fill(amberFill)}); err != nil {
		return err
	}
	b.style.repeated, err = b.NewConditionalStyle(&excelize.Style{Fill: fill(redFill)})
	return err
}

// column returns a column its format, width, header, note and validation.
func (b *templateBuilder) column(name string, col int, c sheet.Column) error {
	letter := sheet.ColName(col)
	if err := b.SetColWidth(name, letter, letter, c.Width); err != nil {
		return err
	}
	// The column's format comes first: it would overwrite the header's.
	if err := b.SetColStyle(name, letter, b.dataStyle(c)); err != nil {
		return err
	}
	if err := b.SetCellStr(name, letter+"1", c.Header); err != nil {
		return err
	}
	style := b.style.optional
	if c.Required {
		style = b.style.header
	}
	if err := b.SetCellStyle(name, letter+"1", letter+"1", style); err != nil {
		return err
	}
	if err := b.note(name, letter+"1", c); err != nil {
		return err
	}
	return b.validation(name, letter, c)
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

// noteAuthor is the author of the header notes. It is not that of the notes of a run, which
// the next run replaces: these stay.
const noteAuthor = "loabatch template"

// note adds a note to the header that says what is expected.
func (b *templateBuilder) note(name, ref string, c sheet.Column) error {
	need := "template-note-optional"
	if c.Required {
		need = "template-note-required"
	}
	return b.AddComment(name, excelize.Comment{
		Cell: ref, Author: noteAuthor, Width: 300, Height: 110,
		Paragraph: []excelize.RichTextRun{
			{Text: c.Header + " · " + b.Words.Line(need) + "\n", Font: &excelize.Font{Bold: true, Size: 9, Family: "Tahoma"}},
			{Text: c.Note, Font: &excelize.Font{Size: 9, Family: "Tahoma"}},
		},
	})
}

// marks colours what is missing in a row that is not empty, and circuits that appear
// twice.
func (b *templateBuilder) marks(name string, cols []sheet.Column) error {
	last := sheet.ColName(len(cols))
	for i, c := range cols {
		if !c.Required {
			continue
		}
		letter := sheet.ColName(i + 1)
		err := b.SetConditionalFormat(name, below(letter), []excelize.ConditionalFormatOptions{{
			Type: "formula", Format: &b.style.missing,
			Criteria: fmt.Sprintf("AND(COUNTA($A2:$%s2)>0,LEN(TRIM(%s2))=0)", last, letter),
		}})
		if err != nil {
			return err
		}
	}
	if name != sheet.CircuitsName {
		return nil
	}
	return b.SetConditionalFormat(name, below("A"), []excelize.ConditionalFormatOptions{{
		Type: "duplicate", Criteria: "=", Format: &b.style.repeated,
	}})
}

// below is the range of a column below its header.
func below(letter string) string { return fmt.Sprintf("%s2:%s%d", letter, letter, lastRow) }

// view freezes the header and the first column, and prepares the sheet for printing.
func (b *templateBuilder) view(name string) error {
	if err := b.SetRowHeight(name, 1, 32); err != nil {
		return err
	}
	if err := b.SetPanes(name, &excelize.Panes{
		Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomLeft",
		Selection: []excelize.Selection{{SQRef: "A2", ActiveCell: "A2", Pane: "bottomLeft"}},
	}); err != nil {
		return err
	}
	return b.printed(name, "landscape", fmt.Sprintf("%s!$1:$1", name))
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

// prompts are the columns whose cells show a prompt, with the code of its text. A
// prompt has at most 255 characters, its title 32.
var prompts = map[sheet.ColumnID]string{
	sheet.CircuitInstanceID:       "template-prompt-circuit",
	sheet.CircuitConstructionTime: "template-prompt-time",
	sheet.CircuitBandwidth:        "template-prompt-bandwidth",
	sheet.CircuitClientToken:      "template-prompt-token",
	sheet.EngineerInstanceID:      "template-prompt-engineer-circuits",
	sheet.EngineerCertificateNo:   "template-prompt-certificate",
	sheet.EngineerContact:         "template-prompt-contact",
}

// validation guides input into a column: a dropdown for a closed list, bounds, a prompt.
// Lists and bounds reject other values; the check of the circuit's ID only warns.
func (b *templateBuilder) validation(name, letter string, c sheet.Column) error {
	dv := excelize.NewDataValidation(true)
	dv.SetSqref(below(letter))
	var err error
	switch {
	case b.list[c.ID] != "":
		dv.SetSqrefDropList(b.list[c.ID])
		b.refuse(dv, c, "template-refuse-list")
	case c.ID == sheet.CircuitBandwidth:
		err = dv.SetRange(sheet.MinBandwidth, sheet.MaxBandwidth, excelize.DataValidationTypeWhole, excelize.DataValidationOperatorBetween)
		b.refuse(dv, c, "template-refuse-bandwidth")
	case c.ID == sheet.CircuitClientToken:
		err = dv.SetRange(1, sheet.MaxClientToken, excelize.DataValidationTypeTextLength, excelize.DataValidationOperatorBetween)
		b.refuse(dv, c, "template-refuse-token")
	case c.ID == sheet.CircuitInstanceID:
		dv.Type = "custom"
		dv.Formula1 = fmt.Sprintf(`AND(LEFT(%[1]s2,3)="pc-",COUNTIF($%[1]s$2:$%[1]s$%[2]d,%[1]s2)=1)`, letter, lastRow)
		dv.SetError(excelize.DataValidationErrorStyleWarning, c.Header, b.Words.Line("template-warn-circuit"))
	}
	if err != nil {
		return err
	}
	code, ok := prompts[c.ID]
	if ok {
		dv.SetInput(c.Header, b.Words.Line(code))
	}
	if dv.Type == "" && !ok {
		return nil
	}
	return b.AddDataValidation(name, dv)
}

// refuse makes a validation reject other values and say what is expected.
func (b *templateBuilder) refuse(dv *excelize.DataValidation, c sheet.Column, code string) {
	dv.SetError(excelize.DataValidationErrorStyleStop, c.Header, b.Words.Line(code))
}
