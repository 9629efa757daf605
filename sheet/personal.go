package sheet

import (
	"log/slog"
	"slices"
	"strings"
	"unicode"
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

// longestShown is how many characters of a value a problem quotes.
const longestShown = 120

// show gives a value as it may be shown: cut off, and masked where it is personal.
func (d *decoder) show(f *field, value string) string {
	value = shorten(value, longestShown)
	switch {
	case !d.hides(f, value):
		return value
	case f.col.ID == EngineerInstanceID: // each on its own, since Mask leaves the ends
		parts := strings.FieldsFunc(value, isSeparator)
		for i, part := range parts {
			if parts[i] = trimOuter(part); !likeInstanceID(part) {
				parts[i] = Mask(parts[i])
			}
		}
		return strings.Join(parts, ", ")
	}
	return Mask(value)
}

// hides reports whether a value is personal: by its column, or because it may have
// slipped over from one that is, in a row pasted one cell too far to either side. Words
// that are merely wrong in their place stay readable.
func (d *decoder) hides(f *field, value string) bool {
	switch {
	case f.col.Personal:
		return true
	case f.col.ID == EngineerInstanceID:
		return slices.ContainsFunc(strings.FieldsFunc(value, isSeparator), func(part string) bool { return !likeInstanceID(part) })
	case f.col.ID == EngineerCertificateType:
		if _, slipped := valueKeys[f.col.ID][foldKey(d.cells[EngineerCertificateNo].cell.Value)]; slipped {
			return true
		}
	case f.col.ID != EngineerGender:
		return false
	}
	return strings.ContainsFunc(value, unicode.IsDigit)
}

// likeInstanceID reports whether a part of a cell was at least meant for the ID of a
// circuit. A name has no digits, a number no letters.
func likeInstanceID(part string) bool {
	key := foldKey(part)
	return key == "" || strings.HasPrefix(key, "pc") ||
		strings.ContainsFunc(key, unicode.IsDigit) && strings.ContainsFunc(key, func(r rune) bool { return r >= 'a' && r <= 'z' })
}
