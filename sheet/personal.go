package sheet

import (
	"log/slog"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Personal is a value that identifies a person: a name, a certificate number or a
// contact. Printing, logging or marshalling it shows the masked form. Reveal returns the
// value itself, which is for the request and nothing else.
type Personal string

// Reveal returns the value itself.
func (p Personal) Reveal() string { return string(p) }

// String returns the masked form.
func (p Personal) String() string { return Mask(string(p)) }

// GoString returns the masked form, which makes %#v safe too.
func (p Personal) GoString() string { return Mask(string(p)) }

// MarshalText returns the masked form; JSON and XML use it.
func (p Personal) MarshalText() ([]byte, error) { return []byte(Mask(string(p))), nil }

// LogValue returns the masked form.
func (p Personal) LogValue() slog.Value { return slog.StringValue(Mask(string(p))) }

// Mask replaces most characters of a value with asterisks. It keeps the length and enough
// of the ends to recognise the cell: two characters at each end of 9 or more characters,
// the first of 2 to 8, and none of a single character.
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

// maxShown is how many characters of a value a problem quotes at most.
const maxShown = 120

// show returns a value as it may be shown: shortened, and masked if it is personal.
func (d *decoder) show(f *field, value string) string {
	value = shorten(value, maxShown)
	switch {
	case !d.hides(f, value):
		return value
	case f.col.ID == EngineerInstanceID: // mask each part on its own, as Mask keeps the ends
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

// hides reports whether a value is personal: because its column is, or because it may
// belong to a personal column next to it, in a row pasted one cell too far to either side.
// Words that are merely wrong for their column stay readable.
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

// likeInstanceID reports whether part of a cell was probably meant as a circuit's ID. A
// name has no digits, and a number has no letters.
func likeInstanceID(part string) bool {
	key := foldKey(part)
	return key == "" || strings.HasPrefix(key, "pc") ||
		strings.ContainsFunc(key, unicode.IsDigit) && strings.ContainsFunc(key, func(r rune) bool { return r >= 'a' && r <= 'z' })
}
