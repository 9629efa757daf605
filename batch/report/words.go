package report

import (
	"strconv"

	"github.com/loabatch/loabatch/sheet"
)

// Words renders the labels of reports. Line gives the sentence of a code with its
// placeholders filled from the arguments; a code it does not know renders as itself.
type Words interface {
	Line(code string, args ...sheet.Arg) string
}

// counted renders a line about n things, with {n} filled in. The catalogue picks the
// singular or the plural.
func counted(words Words, code string, n int, args ...sheet.Arg) string {
	return words.Line(code, append(args, number("n", n))...)
}

// number is a named figure.
func number(name string, n int) sheet.Arg { return sheet.Arg{Name: name, Value: strconv.Itoa(n)} }

// text is a named text.
func text(name, value string) sheet.Arg { return sheet.Arg{Name: name, Value: value} }
