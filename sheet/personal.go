package sheet

import (
	"log/slog"
	"strings"
	"unicode/utf8"
)

// Personal is a value that identifies a person: a name, a certificate number, a
// contact. Printing, logging or marshalling it gives the masked form; Reveal gives
// the value itself, for the request and for nothing else.
type Personal string

// Reveal gives the value itself.
func (p Personal) Reveal() string { return string(p) }

// String gives the masked form.
func (p Personal) String() string { return Mask(string(p)) }

// GoString gives the masked form, so that %#v is safe too.
func (p Personal) GoString() string { return Mask(string(p)) }

// MarshalText gives the masked form; JSON and XML use it.
func (p Personal) MarshalText() ([]byte, error) { return []byte(Mask(string(p))), nil }

// LogValue gives the masked form.
func (p Personal) LogValue() slog.Value { return slog.StringValue(Mask(string(p))) }

// Mask hides most of a value but keeps its length and enough of its ends to find the
// cell again: two characters at each end from 9 characters on, one at the front
// from 2 on, none below.
func Mask(s string) string {
	n := utf8.RuneCountInString(s)
	front, back := 0, 0
	switch {
	case n >= 9:
		front, back = 2, 2
	case n >= 2:
		front = 1
	}
	var b strings.Builder
	i := 0
	for _, r := range s {
		if i < front || i >= n-back {
			b.WriteRune(r)
		} else {
			b.WriteByte('*')
		}
		i++
	}
	return b.String()
}
