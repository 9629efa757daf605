package edit

import (
	"strconv"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// sheetPatcher copies one worksheet part with a patch: cells in their rows, and around the
// rows what belongs to them. It streams: its memory is bounded by the longest cell and the
// short lists around the data.
type sheetPatcher struct {
	*xmltok.Editor
	p      *sheet.SheetPatch
	styles *stylePatch
	cols   []putColumn // by column
	ours   []bool      // by column: it is one of cols
	tabled bool        // a table covers the data and has its own filter
	notes  string      // ID of the relationship to the added notes' drawing; empty if there is none
	frame  sheet.Range // header to last row, first to last result column
	mask   *masker     // what is masked; nil for nothing
	cut    bool        // merged ranges were cut

	marked   map[[2]int]*markedCell // cells with a mark, by row and column
	resolve  func() error           // looks up their shared strings
	links    linkList
	files    map[string]string           // IDs of the relationships to files, by target
	target   func(*sheet.PutCell) string // the sheet that a link leads to
	date1904 bool
	deselect bool // the copy opens on another sheet

	prefix   string // of the part's elements, x: or nothing
	relName  string // name of the r:id attribute, with a declaration if the part lacks one
	pastData bool   // the rows have been copied
	lastRow  int    // number of the latest row
	patched  int    // rows that got cells
	kept     bool   // the latest row keeps its result cells
	filter   sheet.Range
	todo     struct{ properties, views, cols, filter, marks, links, margins, page, notes bool } // what is still to be written
	highest  int                                                                                // priority of the conditional formats so far
}

// putColumn is one result column, and the index of its cell in what Row returns.
type putColumn struct {
	sheet.PutColumn
	at int
}

// The elements of a worksheet in the order that CT_Worksheet requires (ECMA-376 part 1,
// 18.3.1.99), if something is inserted between them. For others see rankOf.
const (
	rankProperties = iota + 1
	rankDimension
	rankViews
	rankFormat
	rankCols
	rankData
	rankAfterData // sheetCalcPr to scenarios
	rankFilter
	rankAfterFilter // sortState to phoneticPr
	rankConditional
	rankValidations
	rankLinks
	rankMargins // printOptions, pageMargins
	rankPage
	rankAfterPage // headerFooter to drawing
	rankLegacyDrawing
	rankEnd
)

var worksheetRanks = map[string]int{
	"sheetPr": rankProperties, "dimension": rankDimension, "sheetViews": rankViews, "sheetFormatPr": rankFormat,
	"cols": rankCols, "sheetData": rankData,
	"sheetCalcPr": rankAfterData, "sheetProtection": rankAfterData, "protectedRanges": rankAfterData, "scenarios": rankAfterData,
	"autoFilter": rankFilter, "sortState": rankAfterFilter, "dataConsolidate": rankAfterFilter,
	"customSheetViews": rankAfterFilter, "mergeCells": rankAfterFilter, "phoneticPr": rankAfterFilter,
	"conditionalFormatting": rankConditional, "dataValidations": rankValidations, "hyperlinks": rankLinks,
	"printOptions": rankMargins, "pageMargins": rankMargins, "pageSetup": rankPage,
	"headerFooter": rankAfterPage, "rowBreaks": rankAfterPage, "colBreaks": rankAfterPage,
	"customProperties": rankAfterPage, "cellWatches": rankAfterPage, "ignoredErrors": rankAfterPage,
	"smartTags": rankAfterPage, "drawing": rankAfterPage, "legacyDrawing": rankLegacyDrawing,
	"legacyDrawingHF": rankEnd, "drawingHF": rankEnd, "picture": rankEnd, "oleObjects": rankEnd, "controls": rankEnd,
	"webPublishItems": rankEnd, "tableParts": rankEnd, "extLst": rankEnd,
}

// rankOf returns the rank of an element of the second level. One outside SpreadsheetML, such as validations
// wrapped for newer versions, comes after the formats of the data, or before the data.
func (s *sheetPatcher) rankOf(t *xmltok.Token) int {
	if rank, ok := worksheetRanks[string(t.Local)]; ok && t.Space.Main() {
		return rank
	}
	if !s.pastData {
		return rankProperties
	}
	return rankValidations
}

// run copies the part to its end.
func (s *sheetPatcher) run() error {
	for t, err := range s.Tokens.All() {
		if err != nil {
			return err
		}
		switch {
		case t.Depth == 1 && t.Kind == xmltok.StartTag:
			err = s.root(t)
		case t.Depth == 1 && t.Kind == xmltok.EndTag:
			err = s.before(rankEnd)
			s.Keep(t)
		case t.Depth == 2 && t.Kind == xmltok.StartTag:
			err = s.element(t)
		default:
			s.Keep(t)
		}
		if err != nil {
			return err
		}
	}
	return s.Finish()
}

// root copies the root element, and records the prefixes of elements and relationships.
func (s *sheetPatcher) root(t *xmltok.Token) error {
	if !t.Is("worksheet") || t.Empty {
		return s.Tokens.ErrorAt(t, "part-wrong-root")
	}
	s.prefix = t.Prefixed()
	s.relName = relIDName(s.Tokens, t.Space == xmltok.StrictSpace)
	s.Keep(t)
	return nil
}

// relIDName returns the name of the attribute r:id, with a declaration of its prefix if none is in scope.
func relIDName(tz *xmltok.Tokenizer, strict bool) string {
	if tz.SpaceOf("r") == xmltok.RelSpace {
		return "r:id"
	}
	return `xmlns:r="` + spacesOf(strict).rel + `" r:id`
}

// element copies one element of the second level, changed where the patch requires it.
func (s *sheetPatcher) element(t *xmltok.Token) error {
	rank := s.rankOf(t)
	if err := s.before(rank); err != nil {
		return err
	}
	if !t.Space.Main() {
		return s.KeepAll(t)
	}
	switch string(t.Local) {
	case "sheetPr":
		s.todo.properties = false
		return s.editProperties(t)
	case "dimension":
		return s.dimension(t)
	case "sheetViews":
		s.todo.views = false
		return s.editViews(t)
	case "cols":
		s.todo.cols = false
		return s.editCols(t)
	case "sheetData":
		s.pastData = true
		return s.sheetData(t)
	case "autoFilter":
		s.todo.filter = false
		return s.editFilter(t)
	case "mergeCells":
		return s.editMerged(t)
	case "conditionalFormatting":
		return s.editConditional(t)
	case "hyperlinks":
		if s.todo.links {
			s.todo.links = false
			return s.editLinks(t)
		}
	case "pageMargins":
		s.todo.margins = false
	case "pageSetup":
		s.todo.page = false
	case "legacyDrawing":
		if s.todo.notes { // a dangling reference, or our notes would have been merged into it
			return s.Drop(t)
		}
	}
	return s.KeepAll(t)
}

// before writes what belongs before an element of this rank but was missing.
func (s *sheetPatcher) before(rank int) error {
	if s.todo.properties && rank > rankProperties {
		s.todo.properties = false
		s.addProperties()
	}
	if s.todo.views && rank > rankViews {
		s.todo.views = false
		s.addViews()
	}
	if s.todo.cols && rank > rankCols {
		s.todo.cols = false
		s.addCols()
	}
	if s.todo.filter && rank > rankFilter {
		s.todo.filter = false
		s.filter = s.wantedFilter()
		s.Put("<" + s.prefix + `autoFilter ref="` + rangeText(s.filter) + `"/>`)
	}
	if s.todo.marks && rank > rankConditional {
		s.todo.marks = false
		if err := s.resolve(); err != nil {
			return err
		}
		s.addMarks()
	}
	if s.todo.links && rank > rankLinks {
		s.todo.links = false
		s.addLinks()
	}
	if s.todo.page && rank > rankPage {
		s.todo.page = false
		s.addPage()
	}
	if s.todo.notes && rank > rankLegacyDrawing {
		s.todo.notes = false
		s.Put("<" + s.prefix + "legacyDrawing " + s.relName + `="` + s.notes + `"/>`)
	}
	return nil
}

// dimension widens the used range. A malformed one is left alone: nothing relies on it.
func (s *sheetPatcher) dimension(t *xmltok.Token) error {
	ref, _ := t.Attr("ref")
	r, ok := read.ParseRange(ref)
	if !ok || s.patchedNothing() {
		return s.KeepAll(t)
	}
	wide := sheet.Range{
		Row1: min(r.Row1, s.frame.Row1), Col1: min(r.Col1, s.frame.Col1),
		Row2: max(r.Row2, s.frame.Row2), Col2: max(r.Col2, s.frame.Col2),
	}
	if wide == r {
		return s.KeepAll(t)
	}
	return s.ChangeAll(t, xmltok.WithAttr("ref", rangeText(wide)))
}

func (s *sheetPatcher) patchedNothing() bool { return len(s.cols) == 0 }

// sheetData copies the rows.
func (s *sheetPatcher) sheetData(t *xmltok.Token) error {
	s.Keep(t)
	if t.Empty {
		return nil
	}
	for {
		t, err := s.Tokens.Next()
		if err != nil {
			return s.Tokens.NoEOF(err)
		}
		switch {
		case t.Kind == xmltok.EndTag && t.Depth == 2:
			s.Keep(t)
			return nil
		case t.Kind == xmltok.StartTag && t.Depth == 3 && t.Is("row"):
			err = s.row(t)
		default:
			s.Keep(t)
		}
		if err != nil {
			return err
		}
	}
}

// rowsDiffer returns the error of a sheet with the wrong number of rows.
func rowsDiffer(name string, found, expected int) error {
	return xmltok.NewErrorAt(sheet.Ref{Sheet: name}, "copy-rows-differ", "sheet", name,
		"found", strconv.Itoa(found), "expected", strconv.Itoa(expected))
}

// checkRows compares the number of rows written with that of the patch.
func (s *sheetPatcher) checkRows() error {
	if s.patched != s.p.Rows {
		return rowsDiffer(s.p.Sheet, s.patched, s.p.Rows)
	}
	return nil
}
