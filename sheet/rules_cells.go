package sheet

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// cellError: an error literal such as #REF! is not a value.
var cellError = cellRules.add(Rule{Code: "cell-error", Severity: Error, Column: NoColumn, Fixed: true})

// cellFormulaEmpty: a formula whose value was never computed has no value.
var cellFormulaEmpty = cellRules.add(Rule{Code: "cell-formula-empty", Severity: Error, Column: NoColumn, Fixed: true})

// cellFormula: a formula stands for the value last computed.
var cellFormula = cellRules.add(Rule{Code: "cell-formula", Severity: Note, Column: NoColumn})

// cellBoolean: TRUE and FALSE are not text.
var cellBoolean = cellRules.add(Rule{Code: "cell-boolean", Severity: Error, Column: NoColumn, Fixed: true})

// checkType rejects the types of cells that cannot hold a value of any column.
func (d *decoder) checkType(f *field) valueState {
	c := &f.cell
	switch {
	case c.Type == BlankCell && c.Formula:
		d.report(cellFormulaEmpty, f)
		return valueRejected
	case c.Type == BlankCell || c.Type == TextCell && isBlank(c.Value):
		return valueMissing
	case c.Type == ErrorCell:
		d.report(cellError, f)
		return valueRejected
	case c.Type == BoolCell:
		d.report(cellBoolean, f)
		return valueRejected
	}
	if c.Formula && !(c.Type == TextCell && d.noDataRule(f, trimOuter(c.Value)) != nil) {
		d.report(cellFormula, f)
	}
	d.richText(f)
	return valueOK
}

// cellMerged: only the first cell of a merged range has a value.
var cellMerged = cellRules.add(Rule{Code: "cell-merged", Severity: Error, Column: NoColumn, Fixed: true})

// cellAt is a cell of the current sheet.
type cellAt struct{ row, col int }

// merged reports the data cells that a merged range covers: the value that the user sees in
// all of them is only in the first. Problems about missing values of these cells are
// withdrawn.
func (d *decoder) merged(l *layout) {
	ranges := d.book.Merged(l.table.Sheet)
	if len(ranges) == 0 {
		return
	}
	d.flushProblems()
	for i := range d.cells {
		f := &d.cells[i]
		if f.col.Sheet != l.id || f.at.Col == 0 {
			continue
		}
		cells := d.coveredCells(ranges, l.id, f.at.Col)
		if len(cells) == 0 {
			continue
		}
		d.withdrawMissing(f, cells)
		for _, u := range cells {
			before := d.errors
			d.record(cellMerged, Problem{At: Ref{Sheet: f.at.Sheet, Row: u.cell.row, Col: f.at.Col}, Also: Ref{Sheet: f.at.Sheet, Row: u.first.row, Col: u.first.col}, Column: f.header})
			if d.errors > before {
				d.invalidate(f.col.ID, u.cell.row)
			}
		}
	}
	d.listing.missing = nil
}

// withdrawMissing takes back the problems about missing values of covered cells, which
// are in one column and sorted by row.
func (d *decoder) withdrawMissing(f *field, cells []coveredCell) {
	covered := func(row int) bool {
		_, found := slices.BinarySearchFunc(cells, row, func(u coveredCell, row int) int { return cmp.Compare(u.cell.row, row) })
		return found
	}
	d.w.Problems = slices.DeleteFunc(d.w.Problems, func(p Problem) bool {
		if p.At.Sheet != f.at.Sheet || p.At.Col != f.at.Col || !strings.HasSuffix(p.Code, "-missing") || !covered(p.At.Row) {
			return false
		}
		if r := ruleOf(p.Code); r != nil {
			d.listing.withdraw(r, &p)
		}
		return true
	})
	d.listing.withdrawUnlisted(f.at.Sheet, f.at.Col, covered)
}

// coveredCell is a cell that a merged range covers, and the first cell of the range.
type coveredCell struct{ cell, first cellAt }

// coveredCells lists the cells of one column that ranges cover, in rows that were read.
// Each cell is listed once, which bounds the cost of overlapping ranges.
func (d *decoder) coveredCells(ranges []Range, id SheetID, col int) (cells []coveredCell) {
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
				cells = append(cells, coveredCell{cell, cellAt{r.Row1, r.Col1}})
			}
		}
	}
	return cells
}

// cellLineBreak: line breaks and tabs within a value are not removed silently.
var cellLineBreak = cellRules.add(Rule{Code: "cell-line-break", Severity: Error, Column: NoColumn})

// cellControl: a value has no control characters.
var cellControl = cellRules.add(Rule{Code: "cell-control", Severity: Error, Column: NoColumn})

// cellInvisible: invisible characters make values differ that look alike.
var cellInvisible = cellRules.add(Rule{Code: "cell-invisible", Severity: Error, Column: NoColumn})

// cellConfusable: identifiers are ASCII, even if a letter of another alphabet looks the same.
var cellConfusable = cellRules.add(Rule{Code: "cell-confusable", Severity: Error, Column: NoColumn})

// cellDecomposed: text is in Unicode normalization form C (UAX #15).
var cellDecomposed = cellRules.add(Rule{Code: "cell-decomposed", Severity: Error, Column: NoColumn})

// cellUnreadable: U+FFFD replaces a character lost in a conversion.
var cellUnreadable = cellRules.add(Rule{Code: "cell-unreadable", Severity: Error, Column: NoColumn})

// charRule returns the rule that a character breaks, or nil.
func charRule(r rune, kind textKind) *Rule {
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

// isEastAsian reports whether r cannot be mistaken for a Latin letter. A text with such a
// character was never meant as a code, and the rule of its column explains what is needed.
func isEastAsian(r rune) bool {
	return r >= 0x3001 && r <= 0x30FF || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo)
}

// isInvisible reports whether r is invisible or a space other than U+0020.
func isInvisible(r rune) bool {
	switch {
	case r == 0x3000: // visibly a wide space
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

// cellFullWidth: full-width letters and digits in free text are sent unchanged.
var cellFullWidth = cellRules.add(Rule{Code: "cell-full-width", Severity: Warning, Column: NoColumn})

// cellTrimmed: leading and trailing space is removed.
var cellTrimmed = cellRules.add(Rule{Code: "cell-trimmed", Severity: Note, Column: NoColumn})

// cellNarrowed: full-width characters of identifiers, dates and numbers are read as ASCII.
var cellNarrowed = cellRules.add(Rule{Code: "cell-narrowed", Severity: Note, Column: NoColumn})

// cellLength: a very long value is probably a remark, or several cells pasted into one.
var cellLength = cellRules.add(Rule{Code: "cell-length", Severity: Warning, Column: NoColumn})

// maxUsual is the length from which a value is suspicious, in characters: the API's page
// gives no limit, and services keep names and addresses in fields of 255 characters.
const maxUsual = 255

// isLong reports whether a value of a field is suspiciously long. A list of instance IDs,
// which is not sent, may have any length.
func isLong(f *field, s string) bool {
	return len(s) > maxUsual && f.col.Parameter != "" && utf8.RuneCountInString(s) > maxUsual
}

// cleanText cleans the text of a field and reports what was changed and what is wrong.
func (d *decoder) cleanText(f *field) (string, valueState) {
	before := d.errors
	c := clean(f.cell.Value, f.kind)
	if !f.form && d.noData(f, c.text) {
		return "", valueRejected
	}
	if c.rule != nil && d.wants(c.rule, f) {
		d.keep(c.rule, f, func() string { return suggestText(c.rule, f.cell.Value) }, Arg{"char", codePoint(c.bad)}, Arg{"place", strconv.Itoa(c.at)})
	}
	if c.trimmed {
		d.report(cellTrimmed, f, Arg{"before", d.show(f, f.cell.Value)}, Arg{"after", d.show(f, c.text)})
	}
	if c.narrowed {
		d.report(cellNarrowed, f, Arg{"before", d.show(f, f.cell.Value)}, Arg{"after", d.show(f, c.text)})
	}
	if c.wide != 0 && d.wants(cellFullWidth, f) {
		d.keep(cellFullWidth, f, func() string { return suggestText(cellFullWidth, c.text) }, Arg{"char", codePoint(c.wide)})
	}
	if text, found := withoutApostrophe(c.text, f.kind); found {
		d.report(cellApostrophe, f, Arg{"before", d.show(f, c.text)}, Arg{"after", d.show(f, text)})
		c.text = text
	}
	if isLong(f, c.text) {
		d.report(cellLength, f, Arg{"n", strconv.Itoa(utf8.RuneCountInString(c.text))})
	}
	switch {
	case f.col.Text && isExponent(c.text):
		d.report(cellExponent, f)
	case f.col.Personal && isPointZero(c.text):
		digits, _, _ := strings.Cut(c.text, ".")
		d.report(cellNumberForm, f, Arg{"stored", d.show(f, digits)}, Arg{"shown", d.show(f, c.text)})
	}
	if d.errors > before {
		return "", valueRejected
	}
	return c.text, valueOK
}

// cellSpelling: a value of a closed list is sent in the API's spelling.
var cellSpelling = cellRules.add(Rule{Code: "cell-spelling", Severity: Note, Column: NoColumn})

// listed returns the value of a field with a closed list, in the API's spelling.
func (d *decoder) listed(f *field, missing, unknown *Rule) string {
	return d.listedOr(f, missing, func(string) *Rule { return unknown })
}

// listedOr is listed with the rule that a value breaks which is not on the list.
func (d *decoder) listedOr(f *field, missing *Rule, unknown func(value string) *Rule) string {
	s, found := d.required(f, missing)
	if !found {
		return ""
	}
	if slices.Contains(f.col.Values, s) {
		return s
	}
	value, known := valueKeys[f.col.ID][foldKey(s)]
	switch {
	case known:
		d.report(cellSpelling, f, Arg{"before", d.show(f, s)}, Arg{"after", value})
	case !d.noData(f, s):
		d.reportWith(unknown(f.cell.Value), f, func() string { return d.suggestListed(f.col, s) }, Arg{"allowed", strings.Join(f.col.Values, ", ")})
	}
	return value
}

// cellRich: text with formatted parts is read as plain text.
var cellRich = cellRules.add(Rule{Code: "cell-rich", Severity: Off, Column: NoColumn})

// richText reports text with formatted parts.
func (d *decoder) richText(f *field) {
	if f.cell.Rich {
		d.report(cellRich, f)
	}
}
