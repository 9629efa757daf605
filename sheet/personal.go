package sheet

import (
	"log/slog"
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
	shown, _ := d.mask(f, value)
	return shown
}

// hides reports whether a value is personal.
func (d *decoder) hides(f *field, value string) bool {
	_, masked := d.mask(f, value)
	return masked
}

// mask returns a value as it may be shown, and whether it is masked as personal: because
// its column is, because it has a number that identifies a person, or because it may belong
// to a personal column next to it, in a row pasted one cell too far to either side. Words
// that are merely wrong for their column stay readable.
func (d *decoder) mask(f *field, value string) (shown string, masked bool) {
	switch f.col.ID {
	case EngineerInstanceID:
		shown = maskNotIDs(value)
		return shorten(shown, maxShown), shown != value
	case EngineerCertificateType, EngineerGender:
		shown = MaskNumbers(value)
		if shown != value {
			return shorten(shown, maxShown), true
		}
		_, slipped := valueKeys[EngineerCertificateType][foldKey(d.cells[EngineerCertificateNo].cell.Value)]
		if slipped && f.col.ID == EngineerCertificateType || strings.ContainsFunc(value, unicode.IsDigit) {
			return Mask(shorten(value, maxShown)), true
		}
		return shorten(value, maxShown), false
	}
	if f.col.Personal {
		return Mask(shorten(value, maxShown)), true
	}
	shown = MaskNumbers(value)
	return shorten(shown, maxShown), shown != value
}

// maskNotIDs masks the words of an engineers' Instance ID cell that were not meant as the
// ID of a circuit.
func maskNotIDs(value string) string {
	if isInstanceID(value) {
		return value
	}
	var b strings.Builder
	between := func(r rune) bool { return isSeparator(r) || unicode.IsSpace(r) }
	for value != "" {
		end := strings.IndexFunc(value, between)
		if end < 0 {
			end = len(value)
		}
		word := value[:end]
		if !likeInstanceID(word) {
			word = Mask(word)
		}
		b.WriteString(word)
		value = value[end:]
		next := strings.IndexFunc(value, func(r rune) bool { return !between(r) })
		if next < 0 {
			next = len(value)
		}
		b.WriteString(value[:next])
		value = value[next:]
	}
	return b.String()
}

// likeInstanceID reports whether a word was probably meant as a circuit's ID. A name has no
// digits, and a number has no letters.
func likeInstanceID(word string) bool {
	word = strings.Map(narrow, trimOuter(word))
	key := foldKey(word)
	switch {
	case key == "" || isInstanceID(word):
		return true
	case strings.ContainsFunc(word, func(r rune) bool { return r >= utf8.RuneSelf && unicode.IsLetter(r) }) || MaskNumbers(word) != word:
		return false
	}
	return strings.HasPrefix(key, "pc") ||
		strings.ContainsFunc(key, unicode.IsDigit) && strings.ContainsFunc(key, func(r rune) bool { return r >= 'a' && r <= 'z' })
}
