package edit

import (
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// localName is the name of a defined name that belongs to one sheet, and the sheet's index.
type localName struct {
	name  string
	sheet int
}

// localNames holds what such names refer to.
type localNames map[localName]string

// localNames reads the defined names that belong to one sheet each.
func (cp *Copier) localNames() (localNames, error) {
	tz, err := cp.OpenXML(cp.book.Part)
	if err != nil {
		return nil, err
	}
	found := localNames{}
	for t, err := range tz.All() {
		if err != nil {
			return nil, err
		}
		if t.Kind != xmltok.StartTag || t.Depth != 3 || t.Empty || !t.Is("definedName") {
			continue
		}
		var bad bool
		name := t.Value("name", &bad)
		at, ok := read.NumberAttr(t, "localSheetId")
		var text []byte
		for {
			if t, err = tz.Next(); err != nil {
				return nil, tz.NoEOF(err)
			}
			if t.Kind == xmltok.EndTag && t.Depth == 3 {
				break
			}
			if text, err = t.Text(text); err != nil {
				return nil, err
			}
		}
		if ok && at < len(cp.book.Sheets) {
			found[localName{name, at}] = string(text)
		}
	}
	return found, nil
}

// planPrint makes the results printable if the user has set up nothing: the column that names a row, and beside
// it the result columns worth printing. All columns on one sheet of paper would be too small to read.
func (cp *Copier) planPrint(at int, s *sheetPatcher, names localNames) {
	area, ok := s.printed()
	if !ok {
		return
	}
	if text, there := names[localName{areaName, at}]; there && !sameColumns(text, area) && !wholeColumns(text, s.p.KeyCol) {
		return
	}
	name := cp.sheetName(at)
	header, key := s.p.HeaderRow, s.p.KeyCol
	titles := formulaRows(name, header, header)
	if had, there := names[localName{titlesName, at}]; there && !repeatsOnly(had, header, key) && !repeatsBand(had, header) {
		return
	}
	if key > 0 && key < area.Col1 {
		col := "$" + sheet.ColName(key)
		titles = quotedSheet(name) + "!" + col + ":" + col + "," + titles
	}
	cp.bookEdit.names = append(cp.bookEdit.names,
		bookName{name: areaName, index: at, shown: true, text: formulaRange(name, area)},
		bookName{name: titlesName, index: at, shown: true, text: titles})
}

// printed returns the range that is printed: whole from the left where the data is narrow.
func (s *sheetPatcher) printed() (area sheet.Range, ok bool) {
	area = s.frame
	area.Col1, area.Col2 = 0, 0
	for _, c := range s.cols {
		if !c.Print {
			continue
		}
		if area.Col1 == 0 {
			area.Col1 = c.Col
		}
		area.Col2 = c.Col
	}
	const narrow = 5 // columns that fit on the paper beside the results
	if area.Col1 > 0 && area.Col1 <= narrow {
		area.Col1 = 1
	}
	return area, area.Col1 > 0
}

// sameColumns reports whether a print area covers the same columns as ours, from the same
// row: it was set by an earlier run.
func sameColumns(text string, area sheet.Range) bool {
	r, ok := read.ParseRange([]byte(strings.ReplaceAll(text[strings.LastIndexByte(text, '!')+1:], "$", "")))
	return ok && r.Row1 == area.Row1 && r.Col1 == area.Col1 && r.Col2 == area.Col2
}

// wholeColumns reports whether a print area is whole columns from the key column on, as in the template, which
// does not know the results.
func wholeColumns(text string, key int) bool {
	from, to, found := strings.Cut(strings.ReplaceAll(text[strings.LastIndexByte(text, '!')+1:], "$", ""), ":")
	return found && key > 0 && from == sheet.ColName(key) && to != "" && strings.Trim(to, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// repeatsBand reports whether print titles are the rows from the first to the header, as in the template.
func repeatsBand(text string, header int) bool {
	return strings.ReplaceAll(text[strings.LastIndexByte(text, '!')+1:], "$", "") == "1:"+strconv.Itoa(header)
}

// repeatsOnly reports whether print titles are the header row, with or without the key column.
func repeatsOnly(text string, header, key int) bool {
	n := strconv.Itoa(header)
	for _, part := range strings.Split(strings.ReplaceAll(text, "$", ""), ",") {
		col := sheet.ColName(max(key, 1))
		if what := part[strings.LastIndexByte(part, '!')+1:]; what != n+":"+n && what != col+":"+col {
			return false
		}
	}
	return true
}

// formulaRows formats whole rows for a defined name: 'Errors'!$1:$1.
func formulaRows(name string, from, to int) string {
	return quotedSheet(name) + "!$" + strconv.Itoa(from) + ":$" + strconv.Itoa(to)
}

// printScale is the scale at which the results fit on A4 landscape, in percent. If the sheet is fitted to the
// paper anyway, it is fitted to its width.
const printScale = 75

// addPage writes the page setup of a sheet without one, and the margins if these are missing too.
func (s *sheetPatcher) addPage() {
	if s.todo.margins {
		s.Put("<" + s.prefix + `pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>`)
	}
	s.Put("<" + s.prefix + `pageSetup paperSize="9" scale="` + strconv.Itoa(printScale) + `" fitToHeight="0" orientation="landscape"/>`)
}
