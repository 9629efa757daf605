package xlsx

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"github.com/loabatch/loabatch/sheet"
)

// rowReader holds the row that is being read. Its memory is reused from row to row;
// the values of its cells are slices of one string for each row, or of the shared
// strings, so that they may be kept.
type rowReader struct {
	out   sheet.Row
	any   bool      // it has a value or a formula
	text  []byte    // characters of all its values but the shared ones
	spans []textRun // of its cells, in parallel with out.Cells
	item  textCollector
	col   int // of the latest cell
}

// maxRowText bounds the characters of one row, in bytes, and so the memory it takes.
const maxRowText = 64 << 20

// textRun is where a cell's value stands in the row's text; to < 0 when the value is set already.
type textRun struct{ from, to int }

// readRow reads the row whose start tag is t, and all its cells.
func (s *sheetScanner) readRow(t *token) error {
	r := &s.row
	r.out = sheet.Row{Number: s.last + 1, Cells: r.out.Cells[:0]}
	r.text, r.spans, r.col, r.any = r.text[:0], r.spans[:0], 0, false
	if n, ok := t.attr("r"); ok {
		if r.out.Number, ok = parseUint(n, sheet.MaxRow); !ok || r.out.Number == 0 {
			return s.rowFault("row-number", s.last, "found", shown(n))
		}
	}
	if r.out.Number > sheet.MaxRow {
		return s.rowFault("row-number", s.last, "found", strconv.Itoa(r.out.Number))
	}
	if h, ok := t.attr("hidden"); ok {
		r.out.Hidden = isTrue(string(h))
	}
	s.last = r.out.Number
	if !s.seen.add(s.last) {
		return s.rowFault("row-twice", s.last)
	}
	if t.empty {
		return nil
	}
	for {
		t, err := s.tz.next()
		if err != nil {
			return s.tz.noEOF(err)
		}
		switch {
		case t.kind == endTag && t.depth == 3:
			return s.finishRow()
		case t.kind == startTag && t.depth == 4 && t.is("c"):
			if err := s.readCell(t); err != nil {
				return err
			}
		}
	}
}

// finishRow gives the cells their values and puts them into column order.
func (s *sheetScanner) finishRow() error {
	r := &s.row
	all := string(r.text)
	for i, run := range r.spans {
		if run.to >= 0 {
			r.out.Cells[i].Value = all[run.from:run.to]
		}
	}
	byCol := func(a, b sheet.Cell) int { return cmp.Compare(a.Col, b.Col) }
	if !slices.IsSortedFunc(r.out.Cells, byCol) {
		slices.SortFunc(r.out.Cells, byCol)
	}
	for i := 1; i < len(r.out.Cells); i++ {
		if r.out.Cells[i].Col == r.out.Cells[i-1].Col {
			return s.cellFault("cell-twice", r.out.Number, r.out.Cells[i].Col)
		}
	}
	r.any = len(r.out.Cells) > 0
	return nil
}

// rawCell is a cell as its element and children say it, before it is understood.
type rawCell struct {
	kind    cellKind
	style   int
	formula bool
	from    int // its text begins here in the row's text
	rich    bool
	value   bool // it has a v or an is
}

// readCell reads the cell whose start tag is t.
func (s *sheetScanner) readCell(t *token) error {
	r := &s.row
	cell := rawCell{from: len(r.text)}
	col := r.col + 1
	for i := range t.attrs {
		a := &t.attrs[i]
		if a.nameEnd-a.name != 1 {
			continue
		}
		value := t.raw[a.value:a.valueEnd]
		ok := true
		switch t.raw[a.name] {
		case 'r':
			var row int
			if row, col, ok = parseRef(value); !ok || row != r.out.Number {
				return s.rowFault("cell-reference", r.out.Number, "found", shown(value))
			}
		case 's':
			if cell.style, ok = parseUint(value, maxFormats); !ok {
				return s.cellFault("cell-style", r.out.Number, col, "found", shown(value))
			}
		case 't':
			if cell.kind, ok = kindOfCell(value); !ok {
				return s.cellFault("cell-type", r.out.Number, col, "found", shown(value))
			}
		}
	}
	if col > sheet.MaxCol {
		return s.rowFault("cell-reference", r.out.Number, "found", strconv.Itoa(col))
	}
	if len(r.out.Cells) == sheet.MaxCol { // more cells than columns
		return s.cellFault("cell-twice", r.out.Number, col)
	}
	r.col = col
	if t.empty {
		return nil
	}
	if s.readPlain(t, &cell) {
		if len(r.text) > maxRowText {
			return s.rowFault("row-long", r.out.Number)
		}
		return s.keep(&cell)
	}
	if err := s.readCellBody(&cell); err != nil {
		return err
	}
	return s.keep(&cell)
}

// readPlain reads the children of a cell that has a plain body, and reports whether it
// has one.
func (s *sheetScanner) readPlain(t *token, cell *rawCell) bool {
	body, ok := s.tz.plainBody(t)
	if !ok {
		return false
	}
	text, ok := appendText(s.row.text, body.text)
	if !ok {
		return false // the long way says what is wrong, and where
	}
	s.row.text = text
	if cell.value = true; body.inline {
		cell.kind = inlineKind
	}
	s.tz.pass(body)
	return true
}

// readCellBody reads the children of a cell.
func (s *sheetScanner) readCellBody(cell *rawCell) error {
	for {
		t, err := s.tz.next()
		if err != nil {
			return s.tz.noEOF(err)
		}
		switch {
		case t.kind == endTag && t.depth == 4:
			return nil
		case t.kind != startTag || t.depth != 5 || !t.space.main():
			continue
		}
		switch local := string(t.local); local {
		case "v", "is":
			if cell.value {
				return s.cellFault("cell-value-twice", s.row.out.Number, s.row.col)
			}
			cell.value = true
			if local == "is" {
				cell.kind = inlineKind
			}
			if t.empty {
				continue
			}
			if local == "is" {
				err = s.readInline(cell)
			} else {
				err = s.readValue()
			}
		case "f":
			cell.formula = true
			if !t.empty {
				err = s.tz.skip(5)
			}
		}
		if err != nil {
			return err
		}
	}
}

// readValue takes the characters of a v.
func (s *sheetScanner) readValue() error {
	for {
		t, err := s.tz.next()
		if err != nil {
			return s.tz.noEOF(err)
		}
		switch t.kind {
		case endTag:
			if t.depth == 5 {
				return nil
			}
		case charData, cdata:
			if s.row.text, err = t.text(s.row.text); err != nil {
				return err
			}
			if len(s.row.text) > maxRowText {
				return s.rowFault("row-long", s.row.out.Number)
			}
		}
	}
}

// readInline takes the characters of an inline string.
func (s *sheetScanner) readInline(cell *rawCell) error {
	item := &s.row.item
	item.begin(5)
	for {
		t, err := s.tz.next()
		if err != nil {
			return s.tz.noEOF(err)
		}
		if t.kind == endTag && t.depth == 5 {
			cell.rich = item.rich
			s.row.text = append(s.row.text, item.text...)
			if len(s.row.text) > maxRowText {
				return s.rowFault("row-long", s.row.out.Number)
			}
			return nil
		}
		if err := item.take(t); err != nil {
			return err
		}
	}
}

// shown makes an attribute's value fit for an error: it is structure, never a cell's
// text, and cut short.
func shown(b []byte) string {
	const longest = 24
	if len(b) > longest {
		b = b[:longest]
	}
	return quoted(string(bytes.ToValidUTF8(b, []byte("?"))))
}
