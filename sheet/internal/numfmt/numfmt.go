// Package numfmt shows a number the way a cell with a number format does (ECMA-376 part 1,
// 18.8.31). It covers the formats that people use for phone and document numbers: digits,
// leading zeros, literal text, groups, decimals, sections and conditions, but not dates.
package numfmt

import (
	"strconv"
	"strings"
)

// MaxDigits is how many significant digits a spreadsheet keeps of a number (IEEE 754
// double; Microsoft, Excel specifications and limits).
const MaxDigits = 15

// Plain writes a decimal number without an exponent and without redundant zeros: 1.39E10 and
// 13900000000.0 are both 13900000000. It returns false for a text that is not a number, or
// has more than a few hundred digits.
func Plain(value string) (string, bool) {
	mantissa, exp := strings.ToUpper(value), 0
	if m, e, found := strings.Cut(mantissa, "E"); found {
		n, err := strconv.Atoi(e)
		if err != nil || n > 400 || n < -400 {
			return "", false
		}
		mantissa, exp = m, n
	}
	sign := ""
	if strings.HasPrefix(mantissa, "-") {
		sign = "-"
	}
	whole, fraction, _ := strings.Cut(strings.TrimLeft(mantissa, "+-"), ".")
	digits, point := whole+fraction, len(whole)+exp
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	if point < 0 {
		digits, point = strings.Repeat("0", -point)+digits, 0
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	whole, fraction = strings.TrimLeft(digits[:point], "0"), strings.TrimRight(digits[point:], "0")
	switch {
	case whole == "" && fraction == "":
		return "0", true
	case whole == "":
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return sign + whole, true
}

// Style says how a format shows a number.
type Style uint8

// The styles.
const (
	Digits   Style = iota // the digits, with zeros and literal text at most
	Exponent              // a rounded form such as 1.39E+10: the digits themselves are not shown
	Percent
	Currency
	Fraction // such as 1/2
	Scaled   // thousands or millions
	Hidden   // no digit at all
	Unknown  // a format that this package does not show
)

// maxFormat is the length of the longest format, in bytes; Excel takes 255 characters.
const maxFormat = 1024

// Shown is what a cell shows.
type Shown struct {
	Text  string // as displayed, without outer space
	Bare  string // without group separators, and without decimals if all are zeros
	Style Style
}

// Show shows a number that Plain returned in a format. The empty format is General.
func Show(format, plain string) Shown {
	if format == "" || format == "@" || strings.EqualFold(format, "General") {
		return Shown{Text: plain, Bare: plain}
	}
	x, err := strconv.ParseFloat(plain, 64)
	if err != nil || len(format) > maxFormat {
		return Shown{Text: plain, Bare: plain, Style: Unknown}
	}
	s, signed := choose(sections(format), x)
	negative := signed && x < 0
	if x < 0 {
		x = -x
	}
	return s.show(x, strings.TrimPrefix(plain, "-"), negative)
}
