// Package build makes workbooks from nothing: the template that is filled in. It is the
// only importer of excelize, which writes what a template needs (styles, validations,
// panes, notes). It is not used for reading: it takes twenty times as long as package read,
// has no types while streaming, and returns fewer rows of a damaged file without an error.
package build

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loabatch/loabatch/sheet"
	"github.com/xuri/excelize/v2"
)

// Names of the template's own sheets. The list sheet is hidden; it holds the closed
// lists that the dropdowns show.
const (
	GuideName = "Guide"
	ListsName = "Lists"
)

// Template describes a workbook to be filled in: both data sheets made from
// [sheet.Columns], a guide, and the lists behind the dropdowns.
type Template struct {
	Words TemplateWords

	// Rows to fill in, each in the order of the sheet's columns. A value is a string
	// (written as text), an int or float64 (a number), a bool, a time.Time (a date
	// cell, in its own zone's clock), or nil (left empty). A row may be short.
	Circuits, Engineers [][]any
}

// TemplateWords renders the prose of the template: the guide, the prompts and the
// notes' words, under codes that start with template-.
type TemplateWords interface {
	Line(code string, args ...sheet.Arg) string
}

// lastRow is the last row with formats and validations.
const lastRow = sheet.MaxRow

// templateDate is the date in the document's properties. It is fixed, so that the
// same columns and words give the same bytes.
const templateDate = "2026-01-01T00:00:00Z"

// Write writes the workbook. The same Template gives the same bytes, on any
// day and machine. Dropdowns and validations guide who types; they do not act on
// what is pasted, so nothing that is read relies on them.
func Write(w io.Writer, t Template) error {
	b := &templateBuilder{File: excelize.NewFile(), Template: t}
	defer b.Close()
	for _, step := range []func() error{b.sheets, b.styles, b.lists, b.circuits, b.engineers, b.guide, b.properties} {
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

// templateBuilder carries the workbook through the steps that build it.
type templateBuilder struct {
	*excelize.File
	Template
	style templateStyles
	list  map[sheet.ColumnID]string // the range of a closed list, as a formula writes it
}

func (b *templateBuilder) sheets() error {
	if err := b.SetSheetName("Sheet1", sheet.CircuitsName); err != nil {
		return err
	}
	for _, name := range []string{sheet.EngineersName, GuideName, ListsName} {
		if _, err := b.NewSheet(name); err != nil {
			return err
		}
	}
	b.SetActiveSheet(0)
	return b.SetSheetVisible(ListsName, false)
}

// lists writes each closed list into a column of the hidden sheet.
func (b *templateBuilder) lists() error {
	b.list = map[sheet.ColumnID]string{}
	col := 0
	for _, c := range sheet.Columns {
		if len(c.Values) == 0 {
			continue
		}
		col++
		letter := sheet.ColName(col)
		if err := b.SetCellStr(ListsName, letter+"1", c.Header); err != nil {
			return err
		}
		for i, v := range c.Values {
			if err := b.SetCellStr(ListsName, fmt.Sprintf("%s%d", letter, i+2), v); err != nil {
				return err
			}
		}
		b.list[c.ID] = fmt.Sprintf("%s!$%s$2:$%s$%d", ListsName, letter, letter, len(c.Values)+1)
	}
	return nil
}

func (b *templateBuilder) circuits() error {
	return b.dataSheet(sheet.CircuitsName, templateColumns(sheet.CircuitsSheet), b.Circuits)
}

func (b *templateBuilder) engineers() error {
	return b.dataSheet(sheet.EngineersName, templateColumns(sheet.EngineersSheet), b.Engineers)
}

// templateColumns lists the data columns of a sheet in the table's order.
func templateColumns(id sheet.SheetID) []sheet.Column {
	var cols []sheet.Column
	for _, c := range sheet.Columns {
		if c.Sheet == id {
			cols = append(cols, c)
		}
	}
	return cols
}

// dataSheet builds one of the two sheets to fill in.
func (b *templateBuilder) dataSheet(name string, cols []sheet.Column, rows [][]any) error {
	for i, c := range cols {
		if err := b.column(name, i+1, c); err != nil {
			return fmt.Errorf("%s, column %s: %w", name, c.Header, err)
		}
	}
	if err := b.marks(name, cols); err != nil {
		return err
	}
	for i, row := range rows {
		if err := b.fill(name, i+2, row); err != nil {
			return fmt.Errorf("%s, row %d: %w", name, i+2, err)
		}
	}
	// Readers that trust the dimension would miss rows without it.
	if err := b.SetSheetDimension(name, fmt.Sprintf("A1:%s%d", sheet.ColName(len(cols)), len(rows)+1)); err != nil {
		return err
	}
	return b.view(name)
}

// fill writes one row of values into cells that have their column's format already.
func (b *templateBuilder) fill(name string, row int, values []any) error {
	for i, v := range values {
		ref := fmt.Sprintf("%s%d", sheet.ColName(i+1), row)
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

// properties sets the document's own.
func (b *templateBuilder) properties() error {
	if err := b.SetAppProps(&excelize.AppProperties{Application: "loabatch"}); err != nil {
		return err
	}
	return b.SetDocProps(&excelize.DocProperties{
		Title: b.Words.Line("template-title"), Creator: "loabatch", LastModifiedBy: "loabatch",
		Created: templateDate, Modified: templateDate,
	})
}

// normalize rewrites a generated workbook so that its bytes depend on its parts alone:
// content types first, as programs that detect a file's type expect, then the rest by
// name, all without times.
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
		if f.Name == corePropsPart {
			part = []byte(officeCoreProps.Replace(string(part)))
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

const corePropsPart = "docProps/core.xml"

// officeCoreProps returns the core properties the prefix that Office uses. Excelize writes
// them into the default namespace, which is the same in XML, but not for programs that
// look for cp:coreProperties by name, such as exceljs. Text contains no <.
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
