package read

import (
	"strconv"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// sheetScanner reads one worksheet part, row by row, in memory bounded by its longest
// row. Rows come in the order of the file; the number of a row or the reference of a cell
// that the file leaves out follows from the one before (ECMA-376 part 1, 18.3.1.73 and
// 18.3.1.4).
type sheetScanner struct {
	tz       *xmltok.Tokenizer
	name     string // of the sheet
	strings  *stringTable
	formats  cellFormats
	unstyled string // the missing part of the styles, or ""

	inData bool // within sheetData
	row    rowReader
	last   int // number of the latest row
	seen   rowSet
	hidden colSet
	merged []sheet.Range
	extent sheet.Range           // the used range stated by the sheet
	frame  func(t *xmltok.Token) // see Book.Frame
}

// maxMerged bounds the list of merged ranges, and so its memory.
const maxMerged = 1 << 20

// next returns the next row that has a value or a formula, or io.EOF after a complete part.
func (s *sheetScanner) next() (*sheet.Row, error) {
	for {
		t, err := s.tz.Next()
		if err != nil {
			return nil, err
		}
		if t.Kind != xmltok.StartTag && t.Kind != xmltok.EndTag {
			continue
		}
		switch {
		case t.Depth == 1 && t.Kind == xmltok.StartTag && !t.Is("worksheet"):
			return nil, s.tz.ErrorAt(t, "part-wrong-root")
		case t.Depth == 1:
			if s.frame != nil && t.Kind == xmltok.StartTag {
				s.frame(t)
			}
		case t.Depth == 2:
			if t.Is("dimension") && t.Kind == xmltok.StartTag {
				ref, _ := t.Attr("ref")
				s.extent, _ = ParseRange(ref)
			}
			s.inData = t.Kind == xmltok.StartTag && !t.Empty && t.Is("sheetData")
			if s.frame != nil && t.Kind == xmltok.StartTag {
				s.frame(t)
			}
		case t.Depth == 3 && t.Kind == xmltok.StartTag:
			if err := s.child(t); err != nil {
				return nil, err
			}
			if s.row.any {
				s.row.any = false
				return &s.row.out, nil
			}
		}
	}
}

// child reads an element of the third level: a row, a column, a merged range.
func (s *sheetScanner) child(t *xmltok.Token) error {
	if s.frame != nil && !s.inData {
		s.frame(t)
	}
	switch {
	case s.inData && t.Is("row"):
		return s.readRow(t)
	case t.Is("col"):
		return s.readCol(t)
	case t.Is("mergeCell"):
		return s.readMerged(t)
	}
	return nil
}

// readCol records hidden columns.
func (s *sheetScanner) readCol(t *xmltok.Token) error {
	var bad bool
	if !IsTrue(t.Value("hidden", &bad)) {
		return nil
	}
	from, err1 := strconv.Atoi(t.Value("min", &bad))
	to, err2 := strconv.Atoi(t.Value("max", &bad))
	if bad || err1 != nil || err2 != nil || from < 1 || to < from {
		return s.tz.ErrorAt(t, "sheet-columns")
	}
	s.hidden.add(from, min(to, sheet.MaxCol))
	return nil
}

// readMerged reads a merged range.
func (s *sheetScanner) readMerged(t *xmltok.Token) error {
	ref, _ := t.Attr("ref")
	r, ok := ParseRange(ref)
	if !ok || len(s.merged) == maxMerged {
		return s.tz.ErrorAt(t, "sheet-merged")
	}
	s.merged = append(s.merged, r)
	return nil
}

// rowError returns an error at a row of the sheet.
func (s *sheetScanner) rowError(code string, row int, args ...string) error {
	return s.errorAt(sheet.Ref{Sheet: s.name, Row: row}, code, args...)
}

// cellError returns an error at a cell of the sheet.
func (s *sheetScanner) cellError(code string, row, col int, args ...string) error {
	return s.errorAt(sheet.Ref{Sheet: s.name, Row: row, Col: col}, code, args...)
}

func (s *sheetScanner) errorAt(at sheet.Ref, code string, args ...string) error {
	return xmltok.NewErrorAt(at, code, append([]string{"part", s.tz.Part, "place", at.String()}, args...)...)
}

// rowSet holds the numbers of the rows that were read: one bit each.
type rowSet struct{ bits []uint64 }

// add adds a number, and reports whether it is new.
func (r *rowSet) add(n int) bool {
	word, bit := n/64, uint64(1)<<(n%64)
	if word >= len(r.bits) {
		grown := make([]uint64, min(2*word+64, sheet.MaxRow/64+1))
		copy(grown, r.bits)
		r.bits = grown
	}
	if r.bits[word]&bit != 0 {
		return false
	}
	r.bits[word] |= bit
	return true
}

// colSet holds the hidden columns.
type colSet struct{ bits []bool }

func (c *colSet) add(from, to int) {
	if c.bits == nil {
		c.bits = make([]bool, sheet.MaxCol+1)
	}
	for i := from; i <= to; i++ {
		c.bits[i] = true
	}
}

func (c *colSet) has(col int) bool { return c.bits != nil && c.bits[col] }

// Table is a table of a sheet (ECMA-376 part 1, 18.5.1).
type Table struct {
	Part    string
	Name    string // as users see it
	Ref     sheet.Range
	Columns []TableColumn
	Plain   bool // neither filled by a query nor mapped to XML, and with a header row
	Filter  bool // it has a filter
	Totals  int  // how many of its last rows are totals
}

// TableColumn is one column of a table.
type TableColumn struct {
	ID   int
	Name string
}

// readTable reads a table's part.
func readTable(c *opc.Container, part string) (*Table, error) {
	tz, err := c.OpenXML(part)
	if err != nil {
		return nil, err
	}
	info := &Table{Part: part}
	for t, err := range tz.All() {
		if err != nil {
			return nil, err
		}
		if t.Kind != xmltok.StartTag || !t.Space.Main() {
			continue
		}
		var bad bool
		switch local := string(t.Local); {
		case t.Depth == 1:
			ref, _ := t.Attr("ref")
			var ok bool
			if info.Ref, ok = ParseRange(ref); !ok || local != "table" {
				return nil, tz.ErrorAt(t, "part-wrong-root")
			}
			info.Name = t.Value("displayName", &bad)
			info.Totals, _ = NumberAttr(t, "totalsRowCount")
			kind, headers := t.Value("tableType", &bad), t.Value("headerRowCount", &bad)
			info.Plain = (kind == "" || kind == "worksheet") && (headers == "" || headers == "1")
		case t.Depth == 2 && local == "autoFilter":
			info.Filter = true
		case t.Depth == 3 && local == "tableColumn":
			id, _ := NumberAttr(t, "id")
			info.Columns = append(info.Columns, TableColumn{id, xmltok.UnescapeXString(t.Value("name", &bad))})
		}
		if bad {
			return nil, tz.ErrorAt(t, "part-malformed")
		}
	}
	return info, nil
}

// Tables reads the tables of a sheet's part.
func Tables(c *opc.Container, rels []opc.Relationship) ([]*Table, error) {
	var tables []*Table
	for _, r := range rels {
		if r.Kind != "table" || r.External || c.File(r.Target) == nil {
			continue
		}
		info, err := readTable(c, r.Target)
		if err != nil {
			return nil, err
		}
		tables = append(tables, info)
	}
	return tables, nil
}
