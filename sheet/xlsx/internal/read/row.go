package read

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// rowReader holds the row that is being read. Its memory is reused from row to row; the values of its cells are
// slices of one string for each row, or of the shared strings, so they may be kept.
type rowReader struct {
	out   sheet.Row
	any   bool      // it has a value or a formula
	text  []byte    // characters of all its values except shared ones
	spans []textRun // of its cells, in parallel with out.Cells
	item  TextCollector
	col   int // of the latest cell
}

// maxRowText bounds the characters of one row, in bytes, and so the memory it takes.
const maxRowText = 64 << 20

// textRun is where a cell's value is in the row's text; to < 0 if the value is already set.
type textRun struct{ from, to int }

// readRow reads the row whose start tag is t, and all its cells.
func (s *sheetScanner) readRow(t *xmltok.Token) error {
	r := &s.row
	r.out = sheet.Row{Number: s.last + 1, Cells: r.out.Cells[:0]}
	r.text, r.spans, r.col, r.any = r.text[:0], r.spans[:0], 0, false
	if n, ok := t.Attr("r"); ok {
		if r.out.Number, ok = ParseUint(n, sheet.MaxRow); !ok || r.out.Number == 0 {
			return s.rowError("row-number", s.last, "found", shown(n))
		}
	}
	if r.out.Number > sheet.MaxRow {
		return s.rowError("row-number", s.last, "found", strconv.Itoa(r.out.Number))
	}
	if h, ok := t.Attr("hidden"); ok {
		r.out.Hidden = IsTrue(string(h))
	}
	s.last = r.out.Number
	if !s.seen.add(s.last) {
		return s.rowError("row-twice", s.last)
	}
	if t.Empty {
		return nil
	}
	for {
		t, err := s.tz.Next()
		if err != nil {
			return s.tz.NoEOF(err)
		}
		switch {
		case t.Kind == xmltok.EndTag && t.Depth == 3:
			return s.finishRow()
		case t.Kind == xmltok.StartTag && t.Depth == 4 && t.Is("c"):
			if err := s.readCell(t); err != nil {
				return err
			}
		}
	}
}

// finishRow sets the values of the cells and sorts them by column.
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
			return s.cellError("cell-twice", r.out.Number, r.out.Cells[i].Col)
		}
	}
	r.any = len(r.out.Cells) > 0
	return nil
}

// rawCell is a cell as described by its element and children, before it is interpreted.
type rawCell struct {
	kind    cellKind
	style   int
	formula bool
	from    int // its text begins here in the row's text
	rich    bool
	value   bool // it has a v or an is
}

// readCell reads the cell whose start tag is t.
func (s *sheetScanner) readCell(t *xmltok.Token) error {
	r := &s.row
	cell := rawCell{from: len(r.text)}
	col := r.col + 1
	for i := range t.Attrs {
		a := &t.Attrs[i]
		if a.NameEnd-a.Name != 1 {
			continue
		}
		value := t.Raw[a.Value:a.ValueEnd]
		var ok bool
		switch t.Raw[a.Name] {
		case 'r':
			var row int
			if row, col, ok = ParseRef(value); !ok || row != r.out.Number {
				return s.rowError("cell-reference", r.out.Number, "found", shown(value))
			}
		case 's':
			if cell.style, ok = ParseUint(value, maxFormats); !ok {
				return s.cellError("cell-style", r.out.Number, col, "found", shown(value))
			}
		case 't':
			if cell.kind, ok = kindOfCell(value); !ok {
				return s.cellError("cell-type", r.out.Number, col, "found", shown(value))
			}
		}
	}
	if col > sheet.MaxCol {
		return s.rowError("cell-reference", r.out.Number, "found", strconv.Itoa(col))
	}
	if len(r.out.Cells) == sheet.MaxCol { // more cells than columns
		return s.cellError("cell-twice", r.out.Number, col)
	}
	r.col = col
	if t.Empty {
		return nil
	}
	if s.readPlain(t, &cell) {
		if len(r.text) > maxRowText {
			return s.rowError("row-long", r.out.Number)
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
func (s *sheetScanner) readPlain(t *xmltok.Token, cell *rawCell) bool {
	body, ok := s.tz.PlainBody(t)
	if !ok {
		return false
	}
	text, ok := xmltok.AppendText(s.row.text, body.Text)
	if !ok {
		return false // reading token by token tells what is wrong, and where
	}
	s.row.text = text
	if cell.value = true; body.Inline {
		cell.kind = inlineKind
	}
	s.tz.Pass(body)
	return true
}

// readCellBody reads the children of a cell.
func (s *sheetScanner) readCellBody(cell *rawCell) error {
	for {
		t, err := s.tz.Next()
		if err != nil {
			return s.tz.NoEOF(err)
		}
		switch {
		case t.Kind == xmltok.EndTag && t.Depth == 4:
			return nil
		case t.Kind != xmltok.StartTag || t.Depth != 5 || !t.Space.Main():
			continue
		}
		switch local := string(t.Local); local {
		case "v", "is":
			if cell.value {
				return s.cellError("cell-value-twice", s.row.out.Number, s.row.col)
			}
			cell.value = true
			if local == "is" {
				cell.kind = inlineKind
			}
			if t.Empty {
				continue
			}
			if local == "is" {
				err = s.readInline(cell)
			} else {
				err = s.readValue()
			}
		case "f":
			cell.formula = true
			if !t.Empty {
				err = s.tz.Skip(5)
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
		t, err := s.tz.Next()
		if err != nil {
			return s.tz.NoEOF(err)
		}
		switch t.Kind {
		case xmltok.EndTag:
			if t.Depth == 5 {
				return nil
			}
		case xmltok.CharData, xmltok.CDATA:
			if s.row.text, err = t.Text(s.row.text); err != nil {
				return err
			}
			if len(s.row.text) > maxRowText {
				return s.rowError("row-long", s.row.out.Number)
			}
		}
	}
}

// readInline takes the characters of an inline string.
func (s *sheetScanner) readInline(cell *rawCell) error {
	item := &s.row.item
	item.begin(5)
	for {
		t, err := s.tz.Next()
		if err != nil {
			return s.tz.NoEOF(err)
		}
		if t.Kind == xmltok.EndTag && t.Depth == 5 {
			cell.rich = item.rich
			s.row.text = append(s.row.text, item.Text...)
			if len(s.row.text) > maxRowText {
				return s.rowError("row-long", s.row.out.Number)
			}
			return nil
		}
		if err := item.take(t); err != nil {
			return err
		}
	}
}

// shown shortens an attribute's value for an error. It is structure, never the text of a
// cell.
func shown(b []byte) string {
	const longest = 24
	if len(b) > longest {
		b = b[:longest]
	}
	return opc.Quoted(string(bytes.ToValidUTF8(b, []byte("?"))))
}
