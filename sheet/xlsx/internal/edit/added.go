package edit

import (
	"bufio"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// planAdded adds sheets after the workbook's own, or replaces those that an earlier run
// added. It returns the indexes of the latter.
func (cp *Copier) planAdded(added []sheet.AddedSheet) (replaced []int, err error) {
	earlier, err := cp.addedEarlier()
	if err != nil {
		return nil, err
	}
	for i := range added {
		a := &added[i]
		at, again := earlier[a.Name]
		again = again && cp.parts.changed[opc.PartKey(cp.book.Sheets[at].Part)] == nil // not where results go
		var part string
		if again {
			delete(earlier, a.Name)
			replaced = append(replaced, at)
			part = cp.book.Sheets[at].Part
			if err := cp.dropBelow(part); err != nil {
				return nil, err
			}
		} else {
			at, part = cp.newSheet(a.Name)
		}
		cp.bookEdit.names = append(cp.bookEdit.names, bookName{name: markerName, index: at, text: markerText(a.Name)})
		w := &sheetWriter{a: a, styles: cp.styles, spaces: cp.spaces}
		if a.Filter && a.Freeze > 0 && len(a.Widths) > 0 {
			w.filter = sheet.Range{Row1: a.Freeze, Col1: 1, Row2: max(a.Count, a.Freeze), Col2: len(a.Widths)}
			cp.nameFilter(at, w.filter)
		}
		if again {
			cp.parts.changed[opc.PartKey(part)] = w.write
		} else {
			cp.addPart(part, w.write)
		}
		if a.Chart != nil {
			cp.addChart(part, cp.sheetName(at), w)
		}
	}
	return replaced, nil
}

// newSheet adds an entry to the list of sheets, and returns its index and its part.
func (cp *Copier) newSheet(name string) (at int, part string) {
	at = len(cp.book.Sheets) + len(cp.bookEdit.sheets)
	part = cp.newPart(path.Join(path.Dir(cp.book.Part), "worksheets"), "sheet", ".xml", worksheetType)
	cp.bookEdit.sheets = append(cp.bookEdit.sheets, addedEntry{
		name: cp.freeName(name), sheetID: cp.freeSheetID(),
		relID: cp.bookRels.add(cp.spaces.rel+"/worksheet", relTarget(cp.book.Part, part)),
	})
	return at, part
}

// freeName returns a name that no sheet has: where the user has a sheet of this name, the
// added one names this program.
func (cp *Copier) freeName(name string) string {
	for n := 1; ; n++ {
		free := name
		switch {
		case n == 2:
			free = name + " (loabatch)"
		case n > 2:
			free = name + " (loabatch " + strconv.Itoa(n-1) + ")"
		}
		taken := cp.sheetIndex(free) >= 0
		for _, s := range cp.bookEdit.sheets {
			taken = taken || strings.EqualFold(s.name, free)
		}
		if !taken {
			return free
		}
	}
}

// freeSheetID returns the ID after the highest one, or the first free one where that would
// exceed the bound of 65,534.
func (cp *Copier) freeSheetID() string {
	used := map[int]bool{}
	highest := 0
	for _, s := range cp.book.Sheets {
		if id, err := strconv.Atoi(s.SheetID); err == nil {
			used[id] = true
			highest = max(highest, id)
		}
	}
	for _, s := range cp.bookEdit.sheets {
		if id, err := strconv.Atoi(s.sheetID); err == nil {
			used[id] = true
			highest = max(highest, id)
		}
	}
	if highest < 65534 {
		return strconv.Itoa(highest + 1)
	}
	id := 1
	for used[id] {
		id++
	}
	return strconv.Itoa(id)
}

// maxLinks is how many cells of an added sheet are links: Excel allows 65,530 in a
// sheet. Further cells only show their text.
const maxLinks = 65_000

// sheetWriter writes an added sheet, row by row.
type sheetWriter struct {
	a       *sheet.AddedSheet
	styles  *stylePatch
	spaces  spaceNames
	filter  sheet.Range
	drawing string // ID of the relationship to the drawing; empty when there is none

	out   *bufio.Writer
	buf   []byte
	links []byte // the hyperlink elements
	count int
	bars  []bar // of the chart
}

// write writes the part.
func (w *sheetWriter) write(dst io.Writer) error {
	w.out = bufio.NewWriterSize(dst, xmltok.OutBuffer)
	w.head()
	row := 0
	for cells := range w.a.Rows {
		row++
		if row > sheet.MaxRow {
			break
		}
		w.row(row, cells)
	}
	if row != w.a.Count {
		return xmltok.NewErrorAt(sheet.Ref{Sheet: w.a.Name}, "copy-rows-differ", "sheet", w.a.Name,
			"found", strconv.Itoa(row), "expected", strconv.Itoa(w.a.Count))
	}
	w.tail()
	return w.out.Flush()
}

// head writes what comes before the rows.
func (w *sheetWriter) head() {
	last := sheet.Range{Row1: 1, Col1: 1, Row2: max(w.a.Count, 1), Col2: max(len(w.a.Widths), 1)}
	w.out.WriteString(xmltok.Declaration + `<worksheet xmlns="` + w.spaces.main + `" xmlns:r="` + w.spaces.rel + `">` +
		`<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="` + rangeText(last) + `"/>`)
	grid := ""
	if w.a.Chart != nil {
		grid = ` showGridLines="0"`
	}
	w.out.WriteString(`<sheetViews><sheetView` + grid + ` workbookViewId="0">`)
	if w.a.Freeze > 0 {
		top := strconv.Itoa(w.a.Freeze)
		w.out.WriteString(`<pane ySplit="` + top + `" topLeftCell="A` + strconv.Itoa(w.a.Freeze+1) + `" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/>`)
	}
	w.out.WriteString(`</sheetView></sheetViews>`)
	if len(w.a.Widths) > 0 {
		w.out.WriteString(`<cols>`)
		for i, width := range w.a.Widths {
			n := strconv.Itoa(i + 1)
			w.out.WriteString(`<col min="` + n + `" max="` + n + `" width="` + widthText(width) + `" customWidth="1"/>`)
		}
		w.out.WriteString(`</cols>`)
	}
	w.out.WriteString(`<sheetData>`)
}

// row writes one row.
func (w *sheetWriter) row(n int, cells []sheet.PutCell) {
	b := strconv.AppendInt(append(w.buf[:0], `<row r="`...), int64(n), 10)
	b = append(b, `">`...)
	for i := range cells {
		c := &cells[i]
		if i >= sheet.MaxCol || c.Text == "" && !c.IsNumber && c.Style == sheet.StylePlain {
			continue
		}
		style := w.styles.cells[c.Style]
		if c.Link.Row > 0 {
			if w.count < maxLinks {
				w.link(n, i+1, c)
			} else if c.Style == sheet.StyleLink {
				style = w.styles.cells[sheet.StylePlain]
			}
		}
		b = appendCell(b, "", n, i+1, style, c)
	}
	w.buf = append(b, `</row>`...)
	w.out.Write(w.buf)
	w.chartRow(n, cells)
}

// link remembers a link, which is written after the rows.
func (w *sheetWriter) link(row, col int, c *sheet.PutCell) {
	w.count++
	b := appendRef(append(w.links, `<hyperlink ref="`...), row, col)
	b = xmltok.AppendAttr(append(b, `" location="`...), quotedSheet(c.Link.Sheet)+"!"+sheet.ColName(max(c.Link.Col, 1))+strconv.Itoa(c.Link.Row))
	b = xmltok.AppendAttr(append(b, `" display="`...), cellText(c.Text))
	w.links = append(b, `"/>`...)
}

// tail writes what comes after the rows.
func (w *sheetWriter) tail() {
	w.out.WriteString(`</sheetData>`)
	if w.filter != (sheet.Range{}) {
		w.out.WriteString(`<autoFilter ref="` + rangeText(w.filter) + `"/>`)
	}
	if w.count > 0 {
		w.out.WriteString(`<hyperlinks>`)
		w.out.Write(w.links)
		w.out.WriteString(`</hyperlinks>`)
	}
	w.out.WriteString(`<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>` +
		`<pageSetup orientation="landscape" fitToHeight="0"/>`)
	if w.drawing != "" {
		w.out.WriteString(`<drawing r:id="` + w.drawing + `"/>`)
	}
	w.out.WriteString(`</worksheet>`)
}
