package xlsx

import (
	"bytes"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// parseRef reads a cell reference such as F12, as cells bear it: letters, then digits,
// no dollar signs.
func parseRef(b []byte) (row, col int, ok bool) {
	i := 0
	for ; i < len(b) && i < 4; i++ {
		c := b[i] &^ 0x20 // upper case
		if c < 'A' || c > 'Z' {
			break
		}
		col = col*26 + int(c-'A') + 1
	}
	row, ok = parseUint(b[i:], sheet.MaxRow)
	return row, col, ok && i > 0 && row > 0 && col <= sheet.MaxCol
}

// parseRange reads a range such as A1:F12, or a single cell. Its corners may stand in
// any order.
func parseRange(b []byte) (sheet.Range, bool) {
	first, second, two := bytes.Cut(b, []byte(":"))
	if !two {
		second = first
	}
	r1, c1, ok1 := parseRef(first)
	r2, c2, ok2 := parseRef(second)
	if !ok1 || !ok2 {
		return sheet.Range{}, false
	}
	return sheet.Range{Row1: min(r1, r2), Col1: min(c1, c2), Row2: max(r1, r2), Col2: max(c1, c2)}, true
}

// parseUint reads a plain decimal number up to a limit.
func parseUint(b []byte, limit int) (int, bool) {
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

// numberAttr gives an attribute that is a plain number.
func numberAttr(t *xmltok.Token, name string) (int, bool) {
	v, ok := t.Attr(name)
	if !ok {
		return 0, false
	}
	return parseUint(v, 1<<31-1)
}
