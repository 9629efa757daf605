package read

import (
	"bytes"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// cellKind is the type that a cell's element states (ST_CellType, ECMA-376 part 1, 18.18.11).
type cellKind uint8

const (
	numberKind cellKind = iota // n, or no type
	sharedKind                 // s
	stringKind                 // str: a formula's string
	inlineKind                 // inlineStr
	boolKind                   // b
	errorKind                  // e
	dateKind                   // d
)

func kindOfCell(t []byte) (cellKind, bool) {
	switch string(t) {
	case "n":
		return numberKind, true
	case "s":
		return sharedKind, true
	case "str":
		return stringKind, true
	case "inlineStr":
		return inlineKind, true
	case "b":
		return boolKind, true
	case "e":
		return errorKind, true
	case "d":
		return dateKind, true
	}
	return numberKind, false
}

// keep interprets a cell and adds it to the row, unless it is empty.
func (s *sheetScanner) keep(cell *rawCell) error {
	r := &s.row
	format := s.formats.at(cell.style)
	out := sheet.Cell{Col: r.col, Formula: cell.formula, Rich: cell.rich, DateStyle: format.date, HiddenCol: s.hidden.has(r.col)}
	if cell.style > 0 && s.unstyled != "" {
		return s.partMissing(s.unstyled)
	}
	if cell.kind == sharedKind && s.strings.missing != "" {
		return s.partMissing(s.strings.missing)
	}
	run, code := s.interpret(&out, cell)
	if out.Type == sheet.NumberCell {
		out.Format = format.code
	}
	if code != "" {
		return s.cellError(code, r.out.Number, r.col)
	}
	if out.Type == sheet.BlankCell && !out.Formula {
		return nil
	}
	r.out.Cells = append(r.out.Cells, out)
	r.spans = append(r.spans, run)
	return nil
}

// partMissing returns the error of a cell that needs a missing part.
func (s *sheetScanner) partMissing(part string) error {
	at := sheet.Ref{Sheet: s.name, Row: s.row.out.Number, Col: s.row.col}
	return xmltok.NewErrorAt(at, "part-missing", "part", opc.Quoted(part))
}

// interpret sets the type of a cell, and either its value or the run of the row's text that is its value. It
// returns a code that says what is wrong with the cell.
func (s *sheetScanner) interpret(out *sheet.Cell, cell *rawCell) (run textRun, code string) {
	r := &s.row
	run = textRun{from: cell.from, to: len(r.text)}
	if cell.kind != stringKind && cell.kind != inlineKind {
		run = trimmed(r.text, run)
	}
	if run.from == run.to {
		if cell.kind == stringKind && cell.formula && cell.value {
			out.Type = sheet.TextCell // the result of the formula is the empty text, as of =""
		}
		return run, ""
	}
	text := r.text[run.from:run.to]
	switch cell.kind {
	case sharedKind:
		return valueSet, s.setShared(out, text)
	case boolKind:
		return valueSet, setBool(out, text)
	case numberKind:
		out.Type = sheet.NumberCell
		if !isNumber(text) {
			return run, "cell-number"
		}
	case errorKind:
		out.Type = sheet.ErrorCell
	case dateKind:
		out.Type = sheet.DateCell
	default:
		out.Type = sheet.TextCell
		if bytes.Contains(text, []byte("_x")) {
			r.text = xmltok.AppendUnescapedXString(r.text[:run.from], bytes.Clone(text))
			run.to = len(r.text)
		}
	}
	if run.to-run.from > xmltok.LongestText {
		return run, "cell-long"
	}
	return run, ""
}

// valueSet is the run of a cell whose value is not part of the row's text.
var valueSet = textRun{to: -1}

// trimmed returns a run without the white space around it.
func trimmed(text []byte, run textRun) textRun {
	for run.from < run.to && text[run.from] <= ' ' {
		run.from++
	}
	for run.from < run.to && text[run.to-1] <= ' ' {
		run.to--
	}
	return run
}

func (s *sheetScanner) setShared(out *sheet.Cell, text []byte) string {
	index, ok := ParseUint(text, len(s.strings.entries)-1)
	if !ok {
		return "cell-string-index"
	}
	if out.Value, out.Rich, _ = s.strings.at(index); out.Value != "" {
		out.Type = sheet.TextCell
	}
	return ""
}

func setBool(out *sheet.Cell, text []byte) string {
	out.Type = sheet.BoolCell
	switch string(text) {
	case "1", "true":
		out.Value = "TRUE"
	case "0", "false":
		out.Value = "FALSE"
	default:
		return "cell-bool"
	}
	return ""
}

// isNumber reports whether text is a decimal number as in xsd:double, without infinities
// and NaN.
func isNumber(b []byte) bool {
	i, digits := 0, 0
	sign := func() {
		if i < len(b) && (b[i] == '-' || b[i] == '+') {
			i++
		}
	}
	run := func() {
		for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
			digits++
		}
	}
	sign()
	run()
	if i < len(b) && b[i] == '.' {
		i++
		run()
	}
	if digits == 0 {
		return false
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		sign()
		digits = 0
		run()
		return digits > 0 && i == len(b)
	}
	return i == len(b)
}

// ParseRef reads a cell reference such as F12, as in the r attribute of a cell:
// letters, then digits, no dollar signs.
func ParseRef(b []byte) (row, col int, ok bool) {
	i := 0
	for ; i < len(b) && i < 4; i++ {
		c := b[i] &^ 0x20 // upper case
		if c < 'A' || c > 'Z' {
			break
		}
		col = col*26 + int(c-'A') + 1
	}
	row, ok = ParseUint(b[i:], sheet.MaxRow)
	return row, col, ok && i > 0 && row > 0 && col <= sheet.MaxCol
}

// ParseRange reads a range such as A1:F12, or a single cell. Its corners may be in
// any order.
func ParseRange(b []byte) (sheet.Range, bool) {
	first, second, two := bytes.Cut(b, []byte(":"))
	if !two {
		second = first
	}
	r1, c1, ok1 := ParseRef(first)
	r2, c2, ok2 := ParseRef(second)
	if !ok1 || !ok2 {
		return sheet.Range{}, false
	}
	return sheet.Range{Row1: min(r1, r2), Col1: min(c1, c2), Row2: max(r1, r2), Col2: max(c1, c2)}, true
}

// ParseUint reads a plain decimal number up to a limit.
func ParseUint(b []byte, limit int) (int, bool) {
	if len(b) == 0 || len(b) > 10 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, n <= limit
}

// NumberAttr returns an attribute that is a plain decimal number.
func NumberAttr(t *xmltok.Token, name string) (int, bool) {
	v, ok := t.Attr(name)
	if !ok {
		return 0, false
	}
	return ParseUint(v, 1<<31-1)
}
