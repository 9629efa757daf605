package edit

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// maxCellText is Excel's limit for the text of a cell, in UTF-16 units.
const maxCellText = 32767

// cellText returns the text that a cell can hold: valid UTF-8 of at most maxCellText
// units. Longer text is cut and ends in an ellipsis.
func cellText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxCellText {
		return s
	}
	units, fits := 0, 0 // fits: where the text with an ellipsis would end
	for i, r := range s {
		if units <= maxCellText-1 {
			fits = i
		}
		if units += utf16.RuneLen(r); units > maxCellText {
			return s[:fits] + "…"
		}
	}
	return s
}

// serial returns a time as stored in a cell: the days since 1899-12-30, or since 1904-01-01 (ECMA-376 part 1,
// 18.17.4.1).
func serial(t time.Time, date1904 bool) float64 {
	first := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if date1904 {
		first = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return t.Sub(first).Seconds() / (24 * 60 * 60)
}

// appendCell appends one cell. The prefix is that of the sheet's elements, x: or nothing.
func appendCell(dst []byte, prefix string, row, col, style int, date1904 bool, cell *sheet.PutCell) []byte {
	dst = append(append(append(dst, '<'), prefix...), `c r="`...)
	dst = appendRef(dst, row, col)
	dst = append(strconv.AppendInt(append(dst, `" s="`...), int64(style), 10), '"')
	number, isNumber := cell.Number, cell.IsNumber
	if !cell.Time.IsZero() {
		number, isNumber = serial(cell.Time, date1904), true
	}
	switch {
	case isNumber && !math.IsNaN(number) && !math.IsInf(number, 0):
		dst = append(append(append(dst, "><"...), prefix...), "v>"...)
		dst = append(dst, numberText(number)...)
		dst = append(append(append(dst, "</"...), prefix...), "v></"...)
	case cell.Text == "":
		return append(dst, "/>"...)
	default:
		dst = append(append(append(dst, ` t="inlineStr"><`...), prefix...), "is><"...)
		dst = append(append(dst, prefix...), `t xml:space="preserve">`...)
		dst = xmltok.AppendXString(dst, cellText(cell.Text))
		dst = append(append(append(dst, "</"...), prefix...), "t></"...)
		dst = append(append(append(dst, prefix...), "is></"...), prefix...)
		return append(dst, "c>"...)
	}
	return append(append(dst, prefix...), "c>"...)
}

// numberText formats a number as stored in a cell.
func numberText(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'G', -1, 64)
}

// appendRef appends a cell's reference: F12.
func appendRef(dst []byte, row, col int) []byte {
	var b [4]byte
	i := len(b)
	for col > 0 && i > 0 {
		col--
		i--
		b[i] = byte('A' + col%26)
		col /= 26
	}
	return strconv.AppendInt(append(dst, b[i:]...), int64(row), 10)
}

// rangeText formats a range for an attribute: A1:F12, or F12 for a single cell.
func rangeText(r sheet.Range) string {
	b := appendRef(nil, r.Row1, r.Col1)
	if r.Row1 != r.Row2 || r.Col1 != r.Col2 {
		b = appendRef(append(b, ':'), r.Row2, r.Col2)
	}
	return string(b)
}

// formulaRange formats a range for a defined name: 'Circuits'!$A$1:$F$12.
func formulaRange(name string, r sheet.Range) string {
	corner := func(row, col int) string { return "$" + sheet.ColName(col) + "$" + strconv.Itoa(row) }
	return quotedSheet(name) + "!" + corner(r.Row1, r.Col1) + ":" + corner(r.Row2, r.Col2)
}

// quotedSheet returns a sheet's name for use in a formula. It is always quoted, since
// names such as Q1 or R1C1 need it too.
func quotedSheet(name string) string { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }
