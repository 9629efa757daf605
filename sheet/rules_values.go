package sheet

import (
	"cmp"
	"strings"

	"github.com/loabatch/loabatch/sheet/internal/dates"
	"github.com/loabatch/loabatch/sheet/internal/nodata"
	"github.com/loabatch/loabatch/sheet/internal/numfmt"
)

// cellFormulaText: the text of a formula is not its result.
var cellFormulaText = cellRules.add(Rule{Code: "cell-formula-text", Severity: Error, Column: NoColumn})

// cellErrorText: #REF!, Err:502, ##### and Loading... are what a program shows in place of a value.
var cellErrorText = cellRules.add(Rule{Code: "cell-error-text", Severity: Error, Column: NoColumn})

// cellPicture: a picture in a cell is a formula whose text is its own source.
var cellPicture = cellRules.add(Rule{Code: "cell-picture", Severity: Error, Column: NoColumn})

// cellPlaceholder: a required value is not TBD, N/A, 待定 or a lone punctuation mark.
var cellPlaceholder = cellRules.add(Rule{Code: "cell-placeholder", Severity: Error, Column: NoColumn})

// cellPlaceholderOptional: an optional value that is not known is left out.
var cellPlaceholderOptional = cellRules.add(Rule{Code: "cell-placeholder-optional", Severity: Warning, Column: NoColumn})

// noDataRule returns the rule that a text breaks because it is obviously not data, or nil. A masked value
// has its own rule, and names of people and places pass.
func (d *decoder) noDataRule(f *field, s string) *Rule {
	if !nodata.Suspect(s) {
		return nil
	}
	narrowed := strings.Map(narrow, s)
	switch nodata.Of(narrowed, foldKey(narrowed)) {
	case nodata.Formula:
		return cellFormulaText
	case nodata.ErrorWord:
		return cellErrorText
	case nodata.Picture:
		return cellPicture
	case nodata.Data:
		return nil
	}
	switch {
	case f.col.Personal && isMasked(s), nodata.NameLike(s) && (f.col.ID == EngineerName || f.col.ID == CircuitPeerLocation):
		return nil
	case f.col.Required:
		return cellPlaceholder
	}
	return cellPlaceholderOptional
}

// noData reports a text that is obviously not data, and whether that is an error. In a column whose own
// rules reject it, it reports only errors: one problem is enough for a value.
func (d *decoder) noData(f *field, s string) bool {
	r := d.noDataRule(f, s)
	form := f.form || f.col.ID == CircuitClientToken && !ValidClientToken(s)
	if r == nil || form && d.severityAt(r, &f.at) != Error {
		return false
	}
	if d.wants(r, f) {
		shown := d.show(f, s)
		if r == cellPlaceholder || r == cellPlaceholderOptional || r == cellErrorText {
			shown = shorten(s, maxShown) // identifies no one
		}
		d.keep(r, f, nil, Arg{"found", shown})
	}
	return d.severityAt(r, &f.at) == Error
}

// cellDate: a date in place of text or a number is Excel's reading of what was typed.
var cellDate = cellRules.add(Rule{Code: "cell-date", Severity: Error, Column: NoColumn, Fixed: true})

// cellDigitsLost: Excel keeps 15 digits of a number (IEEE 754 double).
var cellDigitsLost = cellRules.add(Rule{Code: "cell-digits-lost", Severity: Error, Column: NoColumn})

// cellNumberForm: a fraction, a percentage, an amount of money or a negative number is
// neither text nor a number that consists of digits.
var cellNumberForm = cellRules.add(Rule{Code: "cell-number-form", Severity: Error, Column: NoColumn})

// cellAsShown: the zeros and characters that a number format adds are part of the value.
var cellAsShown = cellRules.add(Rule{Code: "cell-as-shown", Severity: Note, Column: NoColumn})

// cellStoredNumber: digits stored as a number have lost any leading zeros.
var cellStoredNumber = cellRules.add(Rule{Code: "cell-stored-number", Severity: Warning, Column: NoColumn})

// numberAsText reads a number in a text column as shown by the cell: its digits, with the zeros and the
// literal text that its format adds. Thousands separators, decimals that are all zeros and the rounded
// form 1.39E+10 are not sent.
func (d *decoder) numberAsText(f *field) (string, valueState) {
	before := d.errors
	plain, exact := numfmt.Plain(f.cell.Value)
	if !exact {
		plain = f.cell.Value
	}
	value := plain
	switch shown := numfmt.Show(f.cell.Format, plain); {
	case f.cell.DateStyle:
		d.report(cellDate, f, Arg{"stored", d.show(f, plain)}, Arg{"shown", d.show(f, d.shownDate(plain))})
	case !f.digits: // the column's own rule says what is wrong
	case plain == "0":
		d.placeholderZero(f)
	case digitsLost(plain):
		d.report(cellDigitsLost, f)
	case !plainDigits(plain, shown.Style):
		d.report(cellNumberForm, f, Arg{"stored", d.show(f, plain)}, Arg{"shown", d.show(f, shown.Text)})
		value = cmp.Or(shown.Text, plain)
	case shown.Bare != plain:
		value = shown.Bare
		d.report(cellAsShown, f, Arg{"before", d.show(f, plain)}, Arg{"after", d.show(f, value)})
	default:
		d.report(cellStoredNumber, f, Arg{"sent", d.show(f, plain)})
	}
	if d.errors > before {
		return "", valueRejected
	}
	return value, valueOK
}

// placeholderZero reports a 0, which a formula returns for an empty cell.
func (d *decoder) placeholderZero(f *field) {
	r := cellPlaceholder
	if !f.col.Required {
		r = cellPlaceholderOptional
	}
	d.report(r, f, Arg{"found", "0"})
}

// plainDigits reports whether a number consists of digits, in a style that shows them.
func plainDigits(plain string, style numfmt.Style) bool {
	switch style {
	case numfmt.Digits, numfmt.Exponent, numfmt.Unknown:
		return isDigits(plain)
	}
	return false
}

// digitsLost reports whether a number has more digits before the decimal point than a
// spreadsheet keeps, so the last ones are made up.
func digitsLost(plain string) bool {
	whole, _, _ := strings.Cut(strings.TrimLeft(plain, "-0"), ".")
	return len(whole) > numfmt.MaxDigits || strings.ContainsAny(whole, "eE")
}

// shownDate returns the date of a serial number, or the number if there is no such date.
func (d *decoder) shownDate(serial string) string {
	if c, found := dates.Serial(serial, d.book.Date1904()); found {
		return c.String()
	}
	return serial
}

// cellExponent: 5.1E+17 is how Excel displays a long number, not the number.
var cellExponent = cellRules.add(Rule{Code: "cell-exponent", Severity: Error, Column: NoColumn})

// isExponent reports whether s is the display form of a long number, such as 5.1E+17. The
// plus may be missing after decimals: 1E5 alone could be a document's number.
func isExponent(s string) bool {
	if len(s) < 3 || s[1] != '.' && s[1]|0x20 != 'e' { // the common case: one digit before the point
		return false
	}
	e := strings.IndexAny(s, "eE")
	if e < 1 {
		return false
	}
	exponent, plus := strings.CutPrefix(s[e+1:], "+")
	whole, fraction, point := strings.Cut(s[:e], ".")
	return isDigits(exponent) && isDigits(whole) && len(whole) == 1 && (!point || isDigits(fraction)) && (plus || point)
}

// isPointZero reports whether a text is a whole number with a fraction of zeros, as written by programs
// that took it for a floating-point number.
func isPointZero(s string) bool {
	whole, fraction, _ := strings.Cut(s, ".")
	return isDigits(strings.TrimPrefix(whole, "+")) && fraction != "" && strings.Trim(fraction, "0") == ""
}

// cellApostrophe: the apostrophe that marks text in a spreadsheet does not belong to it.
var cellApostrophe = cellRules.add(Rule{Code: "cell-apostrophe", Severity: Note, Column: NoColumn})

// withoutApostrophe removes an apostrophe before a value that went through CSV. Free text
// keeps it unless a digit or + follows: 's-Hertogenbosch is a city.
func withoutApostrophe(s string, kind textKind) (string, bool) {
	if s == "" || s[0] != '\'' {
		return s, false
	}
	text := strings.TrimSpace(strings.TrimLeft(s, "'"))
	switch {
	case text == "", kind == freeText && text[0] != '+' && (text[0] < '0' || text[0] > '9'):
		return s, false
	}
	if kind != freeText {
		text = strings.TrimSpace(strings.TrimRight(text, "'"))
	}
	return text, true
}
