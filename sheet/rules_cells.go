package sheet

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// cellError: an error literal such as #REF! is no value.
var cellError = cellRules.add(Rule{Code: "cell-error", Severity: Error, Column: NoColumn, Fixed: true})

// cellFormulaEmpty: a formula whose value was never computed has no value.
var cellFormulaEmpty = cellRules.add(Rule{Code: "cell-formula-empty", Severity: Error, Column: NoColumn, Fixed: true})

// cellFormula: a formula counts with the value that was last computed.
var cellFormula = cellRules.add(Rule{Code: "cell-formula", Severity: Note, Column: NoColumn})

// cellBoolean: TRUE and FALSE are no text.
var cellBoolean = cellRules.add(Rule{Code: "cell-boolean", Severity: Error, Column: NoColumn, Fixed: true})

// typed sorts out the cells that cannot have a value of any column.
func (d *decoder) typed(f *field) state {
	c := &f.cell
	switch {
	case c.Type == BlankCell && c.Formula:
		d.tell(cellFormulaEmpty, f)
		return fault
	case c.Type == BlankCell || c.Type == TextCell && isBlank(c.Value):
		return empty
	case c.Type == ErrorCell:
		d.tell(cellError, f)
		return fault
	case c.Type == BoolCell:
		d.tell(cellBoolean, f)
		return fault
	}
	if c.Formula {
		d.tell(cellFormula, f)
	}
	d.richText(f)
	return ok
}

// cellDate: a date stands where text or a number belongs: Excel changed what was typed.
var cellDate = cellRules.add(Rule{Code: "cell-date", Severity: Error, Column: NoColumn, Fixed: true})

// cellDigitsLost: of a number, Excel keeps 15 digits (IEEE 754 double).
var cellDigitsLost = cellRules.add(Rule{Code: "cell-digits-lost", Severity: Error, Column: NoColumn})

// cellStoredNumber: digits stored as a number have lost the zeros in front.
var cellStoredNumber = cellRules.add(Rule{Code: "cell-stored-number", Severity: Warning, Column: NoColumn})

// digits takes a number where text belongs.
func (d *decoder) digits(f *field) (string, state) {
	before, value := d.errors, f.cell.Value
	switch {
	case f.cell.DateStyle:
		d.tell(cellDate, f)
	case !f.digits:
	case digitsLost(value):
		d.tell(cellDigitsLost, f)
	default:
		d.tell(cellStoredNumber, f)
	}
	if d.errors > before {
		return "", fault
	}
	return value, ok
}

// digitsLost reports whether a stored number is beyond what a double holds exactly in
// decimal: more than 15 digits, or written with an exponent.
func digitsLost(value string) bool {
	if strings.ContainsAny(value, "eE") {
		return true
	}
	whole, _, _ := strings.Cut(strings.TrimLeft(value, "-+0"), ".")
	return len(whole) > 15
}

// cellExponent: 5.1E+17 is what Excel shows of a long number, not the number.
var cellExponent = cellRules.add(Rule{Code: "cell-exponent", Severity: Error, Column: NoColumn})

// isExponent reports what a spreadsheet shows of a long number: 5.1E+17.
func isExponent(s string) bool {
	plus := strings.IndexByte(s, '+')
	if plus < 1 || s[plus-1]|0x20 != 'e' {
		return false
	}
	mantissa, exponent := s[:plus-1], s[plus+1:]
	whole, fraction, point := strings.Cut(mantissa, ".")
	return isDigits(exponent) && isDigits(whole) && len(whole) == 1 && (!point || isDigits(fraction))
}

// cellMerged: only the first cell of a merged range has a value.
var cellMerged = cellRules.add(Rule{Code: "cell-merged", Severity: Error, Column: NoColumn, Fixed: true})

// cellAt is a cell of the sheet at hand.
type cellAt struct{ row, col int }

// merged tells of the cells of data that lie under a merged range: only its first cell
// has the value that a reader sees in all. That a covered cell is empty is no news then.
func (d *decoder) merged(l *layout, first int) {
	ranges := d.book.Merged(l.table.Sheet)
	if len(ranges) == 0 {
		return
	}
	covered := map[cellAt]bool{}
	var added []Problem
	for i := range d.cells {
		f := &d.cells[i]
		if f.col.Sheet != l.id || f.at.Col == 0 {
			continue
		}
		for _, u := range d.under(ranges, l.id, f.at.Col) {
			covered[u.cell] = true
			added = append(added, Problem{At: Ref{Sheet: f.at.Sheet, Row: u.cell.row, Col: f.at.Col}, Also: Ref{Sheet: f.at.Sheet, Row: u.first.row, Col: u.first.col}, Column: f.header})
		}
	}
	told := slices.DeleteFunc(d.w.Problems[first:], func(p Problem) bool {
		return covered[cellAt{p.At.Row, p.At.Col}] && strings.HasSuffix(p.Code, "-missing")
	})
	d.w.Problems = d.w.Problems[:first+len(told)]
	for _, p := range added {
		d.add(cellMerged, p)
		d.invalidate(l.id, p.At.Row)
	}
}

// underMerge is a cell that a merged range covers, and the range's first cell.
type underMerge struct{ cell, first cellAt }

// under lists the cells of one column that ranges cover, in rows that were read. Each
// cell is listed once, so that overlapping ranges cost no more than their rows.
func (d *decoder) under(ranges []Range, id SheetID, col int) (cells []underMerge) {
	var here []Range
	for _, r := range ranges {
		if col >= r.Col1 && col <= r.Col2 && (r.Row1 != r.Row2 || r.Col1 != r.Col2) {
			here = append(here, r)
		}
	}
	slices.SortFunc(here, func(a, b Range) int { return cmp.Compare(a.Row1, b.Row1) })
	count, row := d.rows(id)
	done := 0
	for _, r := range here {
		i := sort.Search(count, func(i int) bool { return row(i) >= max(r.Row1, done+1) })
		for ; i < count && row(i) <= r.Row2; i++ {
			done = row(i)
			if cell := (cellAt{row(i), col}); cell != (cellAt{r.Row1, r.Col1}) {
				cells = append(cells, underMerge{cell, cellAt{r.Row1, r.Col1}})
			}
		}
	}
	return cells
}

// cellLineBreak: line breaks and tabs within a value are not removed in silence.
var cellLineBreak = cellRules.add(Rule{Code: "cell-line-break", Severity: Error, Column: NoColumn})

// cellControl: control characters have no place in a value.
var cellControl = cellRules.add(Rule{Code: "cell-control", Severity: Error, Column: NoColumn})

// cellInvisible: characters that cannot be seen make two values differ that look alike.
var cellInvisible = cellRules.add(Rule{Code: "cell-invisible", Severity: Error, Column: NoColumn})

// cellConfusable: identifiers are ASCII; a letter of another alphabet only looks right.
var cellConfusable = cellRules.add(Rule{Code: "cell-confusable", Severity: Error, Column: NoColumn})

// cellDecomposed: text is in Unicode normalization form C (UAX #15).
var cellDecomposed = cellRules.add(Rule{Code: "cell-decomposed", Severity: Error, Column: NoColumn})

// cellUnreadable: U+FFFD stands for a character that was lost on the way.
var cellUnreadable = cellRules.add(Rule{Code: "cell-unreadable", Severity: Error, Column: NoColumn})

// charFault gives the rule that a character breaks, or nil.
func charFault(r rune, kind textKind) *Rule {
	switch {
	case r >= ' ' && r <= '~':
		return nil
	case kind == codesText && (r == '\n' || r == '\r' || r == '、'):
		return nil
	case r == '\n' || r == '\r' || r == '\t' || r == 0x2028 || r == 0x2029 || r == 0x85:
		return cellLineBreak
	case unicode.Is(unicode.Cc, r):
		return cellControl
	case r == utf8.RuneError || unicode.Is(unicode.Co, r) || r&0xFFFE == 0xFFFE:
		return cellUnreadable
	case isInvisible(r):
		return cellInvisible
	case kind == digitText, (kind == codeText || kind == codesText) && !isEastAsian(r):
		return cellConfusable
	}
	return nil
}

// isEastAsian reports what nobody takes for a Latin letter: a text with it was never
// meant as a code, and the rule of its column says what is needed.
func isEastAsian(r rune) bool {
	return r >= 0x3001 && r <= 0x30FF || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo)
}

// isInvisible reports characters that show nothing, or a space that is not U+0020.
func isInvisible(r rune) bool {
	switch {
	case r == 0x3000: // seen as what it is: a wide space
		return false
	case r >= 0xFE00 && r <= 0xFE0F, r == 0x034F, r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0:
		return true
	}
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zs, r) && r != ' '
}

// isComposed reports whether a character is in normalization form C and stays so whatever
// precedes it: Latin, Han, and full-width characters. It keeps most texts away from norm.
func isComposed(r rune) bool {
	return r < 0x300 || r >= 0x3400 && r <= 0x9FFF || isWide(r)
}

// decomposed returns the first character that keeps a text from being in normalization
// form C and its position from 1, or position 0. A normalized text has only normalized
// prefixes (UAX #15, section 1.3), so the position can be searched for. As norm implements
// the Stream-Safe Text Format, it also finds more than 30 combining marks in a row.
func decomposed(s string) (bad rune, place int) {
	if norm.NFC.IsNormalString(s) {
		return 0, 0
	}
	chars := []rune(s)
	i := sort.Search(len(chars), func(i int) bool { return !norm.NFC.IsNormalString(string(chars[:i+1])) })
	return chars[i], i + 1
}

// cellFullWidth: full-width letters and digits in free text are sent as they stand.
var cellFullWidth = cellRules.add(Rule{Code: "cell-full-width", Severity: Warning, Column: NoColumn})

// cellTrimmed: outer space is dropped.
var cellTrimmed = cellRules.add(Rule{Code: "cell-trimmed", Severity: Note, Column: NoColumn})

// cellNarrowed: full-width characters of identifiers, dates and numbers are read as their plain form.
var cellNarrowed = cellRules.add(Rule{Code: "cell-narrowed", Severity: Note, Column: NoColumn})

// fit cleans a text and tells what came of it.
func (d *decoder) fit(f *field) (string, state) {
	before := d.errors
	c := clean(f.cell.Value, f.kind)
	if c.fault != nil {
		d.tell(c.fault, f, Arg{"char", codePoint(c.bad)}, Arg{"place", fmt.Sprint(c.at)})
	}
	if c.trimmed {
		d.tell(cellTrimmed, f, Arg{"before", d.show(f, f.cell.Value)}, Arg{"after", d.show(f, c.text)})
	}
	if c.narrowed {
		d.tell(cellNarrowed, f, Arg{"before", d.show(f, f.cell.Value)}, Arg{"after", d.show(f, c.text)})
	}
	if c.wide != 0 {
		d.tell(cellFullWidth, f, Arg{"char", codePoint(c.wide)})
	}
	if f.col.Text && isExponent(c.text) {
		d.tell(cellExponent, f)
	}
	if d.errors > before {
		return "", fault
	}
	return c.text, ok
}

// cellSpelling: a value of a closed list is sent as the API spells it.
var cellSpelling = cellRules.add(Rule{Code: "cell-spelling", Severity: Note, Column: NoColumn})

// listed gives the API's spelling of a field with a closed list.
func (d *decoder) listed(f *field, missing, unknown *Rule) string {
	s, found := d.required(f, missing)
	if !found {
		return ""
	}
	if slices.Contains(f.col.Values, s) {
		return s
	}
	value, known := valueKeys[f.col.ID][foldKey(s)]
	switch {
	case !known:
		d.tell(unknown, f, Arg{"allowed", strings.Join(f.col.Values, ", ")})
	default:
		d.tell(cellSpelling, f, Arg{"before", d.show(f, s)}, Arg{"after", value})
	}
	return value
}

// cellRich: text formatted in parts counts as its plain text.
var cellRich = cellRules.add(Rule{Code: "cell-rich", Severity: Off, Column: NoColumn})

// richText reports text whose formatting is lost.
func (d *decoder) richText(f *field) {
	if f.cell.Rich {
		d.tell(cellRich, f)
	}
}
