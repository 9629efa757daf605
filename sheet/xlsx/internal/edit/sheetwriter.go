package edit

import (
	"bufio"
	"io"
	"strconv"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// maxLinks is the most cells of an added sheet that are links: Excel allows 65,530 in a sheet. Further cells
// only show their text.
const maxLinks = 65_000

// sheetWriter writes an added sheet, row by row.
type sheetWriter struct {
	a       *sheet.AddedSheet
	styles  *stylePatch
	spaces  spaceNames
	filter  sheet.Range
	drawing string // ID of the relationship to the drawing; empty if there is none

	out   *bufio.Writer
	buf   []byte
	links linkList
	bars  []bar // of the chart

	target   func(*sheet.PutCell) string // the sheet that a link leads to
	date1904 bool
	selected bool // the copy opens on this sheet
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
		return rowsDiffer(w.a.Name, row, w.a.Count)
	}
	w.tail()
	return w.out.Flush()
}

// head writes what comes before the rows.
func (w *sheetWriter) head() {
	last := sheet.Range{Row1: 1, Col1: 1, Row2: max(w.a.Count, 1), Col2: max(len(w.a.Widths), 1)}
	w.out.WriteString(xmltok.Declaration + `<worksheet xmlns="` + w.spaces.main + `" xmlns:r="` + w.spaces.rel + `">` +
		`<sheetPr>` + tabColor("", w.a.Tab) + `<pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="` + rangeText(last) + `"/>`)
	grid := ""
	if w.a.Chart != nil {
		grid = ` showGridLines="0"`
	}
	if w.selected {
		grid += ` tabSelected="1"`
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
	b = append(b, '"')
	if ht := w.height(cells); ht != "" {
		b = append(append(append(b, ` ht="`...), ht...), '"')
	}
	b = append(b, '>')
	for i := range cells {
		c := &cells[i]
		if i >= sheet.MaxCol || c.Text == "" && !c.IsNumber && c.Time.IsZero() && c.Style == sheet.StylePlain {
			continue
		}
		style := w.styles.within(c)
		if c.Link.Row > 0 && !w.links.add("", w.target(c), n, i+1, c) && c.Style == sheet.StyleLink {
			style = w.styles.cells[sheet.StylePlain]
		}
		b = appendCell(b, "", n, i+1, style, w.date1904, c)
	}
	w.buf = append(b, `</row>`...)
	w.out.Write(w.buf)
	w.chartRow(n, cells)
}

// tail writes what comes after the rows.
func (w *sheetWriter) tail() {
	w.out.WriteString(`</sheetData>`)
	if w.filter != (sheet.Range{}) {
		w.out.WriteString(`<autoFilter ref="` + rangeText(w.filter) + `"/>`)
	}
	if w.links.count > 0 {
		w.out.WriteString(`<hyperlinks>`)
		w.out.Write(w.links.elements)
		w.out.WriteString(`</hyperlinks>`)
	}
	w.out.WriteString(`<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>` +
		`<pageSetup paperSize="9" fitToHeight="0" orientation="landscape"/>` +
		`<headerFooter><oddFooter>&amp;L&amp;A&amp;R&amp;P / &amp;N</oddFooter></headerFooter>`)
	if w.drawing != "" {
		w.out.WriteString(`<drawing r:id="` + w.drawing + `"/>`)
	}
	w.out.WriteString(`</worksheet>`)
}
