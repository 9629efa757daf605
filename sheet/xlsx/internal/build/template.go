// Package build makes the template. It is the only importer of excelize, which writes what a
// template needs (styles, validations, panes, notes). Excelize is not used for reading: it
// takes twenty times as long as package read, has no types while streaming, and drops rows of
// a damaged file without an error.
package build

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loabatch/loabatch/sheet"
	"github.com/xuri/excelize/v2"
)

// English names of the template's own sheets. The list sheet is hidden; it holds the closed
// lists that the dropdowns show.
const (
	GuideName = "Guide"
	ListsName = "Lists"
)

// Template describes a workbook to be filled in: both data sheets made from
// [sheet.Columns], a guide, and the lists behind the dropdowns.
type Template struct {
	Language sheet.Language
	Words    TemplateWords // of that language
	Regions  []string      // the region IDs that the dropdown offers

	// Rows to fill in, each in the order of the sheet's columns. A value is a string
	// (written as text), an int or float64 (a number), a bool, a time.Time (a date
	// cell, in its own zone's clock), or nil (left empty). A row may be short.
	Circuits, Engineers [][]any
}

// TemplateWords renders the texts of the template: the guide, the titles, what the columns
// expect, and what #Check says. Their codes start with template-.
type TemplateWords interface {
	Line(code string, args ...sheet.Arg) string
}

// The rows of a data sheet: a band with its title, the words required and optional above
// each column, the headers, and the data with their formats and validations.
const (
	titleRow  = 1
	needRow   = 2 // required or optional
	headerRow = 3
	firstRow  = 4
	lastRow   = sheet.MaxRow
)

// layoutVersion is the version of the template, after [sheet.TemplateMark] on each data
// sheet. Version 1 had neither a title nor #Check, version 2 no columns for the time after
// the letter.
const layoutVersion = "3"

// templateDate is the date in the document's properties. It is fixed, so that the
// same columns and words give the same bytes.
const templateDate = "2026-01-01T00:00:00Z"

// Write writes the workbook. The same Template gives the same bytes, on any day and machine.
// Dropdowns and validations only guide typing; they do not apply to pasted cells, so reading
// does not rely on them.
func Write(w io.Writer, t Template) error {
	b := &templateBuilder{File: excelize.NewFile(), Template: t}
	defer b.Close()
	for _, step := range []func() error{b.sheets, b.styles, b.lists, b.names, b.circuits, b.engineers, b.guide, b.properties} {
		if err := step(); err != nil {
			return fmt.Errorf("template: %w", err)
		}
	}
	var raw bytes.Buffer
	if err := b.Write(&raw); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	return normalize(w, raw.Bytes())
}

// templateBuilder builds the workbook.
type templateBuilder struct {
	*excelize.File
	Template
	style templateStyles
	list  map[sheet.ColumnID]string // what a dropdown offers, as a formula
	read  map[sheet.ColumnID]string // other spellings that are read, folded, as a formula

	lastList int // the columns of the hidden sheet
	listErr  error
}

func (b *templateBuilder) sheets() error {
	if err := b.SetSheetName("Sheet1", b.Language.SheetName(sheet.CircuitsSheet)); err != nil {
		return err
	}
	for _, name := range []string{b.Language.SheetName(sheet.EngineersSheet), b.guideName(), b.listsName()} {
		if _, err := b.NewSheet(name); err != nil {
			return err
		}
	}
	b.SetActiveSheet(0)
	return b.SetSheetVisible(b.listsName(), false)
}

func (b *templateBuilder) guideName() string { return b.Language.AddedName(GuideName) }
func (b *templateBuilder) listsName() string { return b.Language.AddedName(ListsName) }

// lists writes what the dropdowns offer (closed lists and the regions) and the other
// spellings that are read to the hidden sheet.
func (b *templateBuilder) lists() error {
	b.list, b.read = map[sheet.ColumnID]string{sheet.EngineerInstanceID: listedIDs}, map[sheet.ColumnID]string{}
	for _, c := range b.columns(sheet.BothSheets) {
		values := c.Values
		if c.ID == sheet.CircuitRegionID {
			values = b.Regions
		}
		if len(values) > 0 {
			b.list[c.ID] = newList(b, c.Header, values)
		}
	}
	for _, c := range b.columns(sheet.BothSheets) {
		if len(c.Values) > 0 {
			b.read[c.ID] = newList(b, c.Header+" =", c.Spellings())
		}
	}
	return b.listErr
}

// newList writes values into the next column of the hidden sheet and returns their range for
// a formula. An error is kept in listErr.
func newList[T any](b *templateBuilder, header string, values []T) string {
	b.lastList++
	letter := sheet.ColName(b.lastList)
	name := b.listsName()
	err := b.SetCellStr(name, letter+"1", header)
	for i, v := range values {
		err = cmp.Or(err, b.SetCellValue(name, fmt.Sprintf("%s%d", letter, i+2), v))
	}
	b.listErr = cmp.Or(b.listErr, err)
	return fmt.Sprintf("%s!$%s$2:$%s$%d", name, letter, letter, len(values)+1)
}

func (b *templateBuilder) circuits() error {
	return b.dataSheet(sheet.CircuitsSheet, b.Circuits)
}

func (b *templateBuilder) engineers() error {
	return b.dataSheet(sheet.EngineersSheet, b.Engineers)
}

// columns lists the data columns of a sheet, or of both, in the table's order: with the
// headers and the closed lists of the template's language.
func (b *templateBuilder) columns(id sheet.SheetID) []sheet.Column {
	var cols []sheet.Column
	for _, c := range sheet.Columns {
		if c.Sheet == id || id == sheet.BothSheets {
			c.Header, c.Values = b.Language.Header(c.ID), b.Language.Values(&c)
			cols = append(cols, c)
		}
	}
	return cols
}

// dataSheet builds one of the two sheets to fill in.
func (b *templateBuilder) dataSheet(id sheet.SheetID, rows [][]any) error {
	name, cols := b.Language.SheetName(id), b.columns(id)
	for i, c := range cols {
		if err := b.column(name, i+2, c); err != nil {
			return fmt.Errorf("%s, column %s: %w", name, c.Header, err)
		}
	}
	if err := b.band(name, id); err != nil {
		return err
	}
	if err := b.checks(name, id, len(rows)); err != nil {
		return err
	}
	if err := b.marks(name, cols); err != nil {
		return err
	}
	for i, row := range rows {
		if err := b.fill(name, firstRow+i, row); err != nil {
			return fmt.Errorf("%s, row %d: %w", name, firstRow+i, err)
		}
	}
	// Without it, readers that trust the dimension would miss rows.
	if err := b.SetSheetDimension(name, fmt.Sprintf("A1:%s%d", sheet.ColName(len(cols)+1), firstRow+max(len(rows), checkedRows)-1)); err != nil {
		return err
	}
	printed := slices.IndexFunc(cols, func(c sheet.Column) bool { return c.AfterLetter() })
	if printed < 0 {
		printed = len(cols)
	}
	return b.view(name, sheet.ColName(printed+1))
}

// fill writes one row of values into cells that already have their column's format.
func (b *templateBuilder) fill(name string, row int, values []any) error {
	for i, v := range values {
		ref := fmt.Sprintf("%s%d", sheet.ColName(i+2), row)
		var err error
		switch v := v.(type) {
		case nil:
			continue
		case string:
			err = b.SetCellStr(name, ref, v)
		case int:
			err = b.SetCellInt(name, ref, int64(v))
		case float64:
			err = b.SetCellFloat(name, ref, v, -1, 64)
		case bool:
			err = b.SetCellBool(name, ref, v)
		case time.Time:
			err = b.SetCellDefault(name, ref, strconv.FormatFloat(serial(v), 'f', -1, 64)) // SetCellFloat cuts at 15 digits
		default:
			err = fmt.Errorf("%s: a %T cannot be written", ref, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// serial returns a time of day as days since 1899-12-30, the 1900 date system from
// March 1900 on (ECMA-376 part 1, 18.17.4.1).
func serial(t time.Time) float64 {
	wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	return wall.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24
}

// properties sets the document properties.
func (b *templateBuilder) properties() error {
	if err := b.SetAppProps(&excelize.AppProperties{Application: "loabatch"}); err != nil {
		return err
	}
	return b.SetDocProps(&excelize.DocProperties{
		Title: b.Words.Line("template-title"), Creator: "loabatch", LastModifiedBy: "loabatch",
		Created: templateDate, Modified: templateDate,
	})
}

// normalize rewrites a generated workbook so that its bytes depend only on its parts: content
// types first, as programs that detect file types expect, then the rest by name, all without
// times.
func normalize(w io.Writer, raw []byte) error {
	r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return err
	}
	slices.SortFunc(r.File, func(a, b *zip.File) int { return strings.Compare(partOrder(a.Name), partOrder(b.Name)) })
	z := zip.NewWriter(w)
	for _, f := range r.File {
		part, err := readPart(f)
		if err != nil {
			return err
		}
		switch {
		case f.Name == corePropsPart:
			part = []byte(officeCoreProps.Replace(string(part)))
		case strings.HasPrefix(f.Name, "xl/worksheets/sheet"):
			part = bytes.Replace(part, []byte(printOptions), []byte(printOptions+`gridLines="1" `), 1)
		}
		dst, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate})
		if err != nil {
			return err
		}
		if _, err := dst.Write(part); err != nil {
			return err
		}
	}
	return z.Close()
}

// printOptions starts the print options of a sheet, which data sheets have. Excelize cannot
// set gridlines.
const printOptions = `<printOptions `

const corePropsPart = "docProps/core.xml"

// officeCoreProps gives the core properties the prefix that Office uses. Excelize writes them
// into the default namespace, which is the same in XML, but not for programs that look for
// cp:coreProperties by name, such as exceljs. Text contains no <.
var officeCoreProps = strings.NewReplacer(
	"<coreProperties xmlns=", "<cp:coreProperties xmlns:cp=", "</coreProperties>", "</cp:coreProperties>",
	"<lastModifiedBy>", "<cp:lastModifiedBy>", "</lastModifiedBy>", "</cp:lastModifiedBy>",
)

// partOrder puts the content types first, then the package's relationships.
func partOrder(name string) string {
	switch {
	case name == "[Content_Types].xml":
		return "0"
	case strings.HasPrefix(name, "_rels/"):
		return "1" + name
	}
	return "2" + name
}

// readPart reads one part of a workbook that this program generated itself.
func readPart(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	part, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return part, nil
}
