package sheet

import (
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet/internal/dates"
	"github.com/loabatch/loabatch/sheet/internal/numfmt"
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
	case EngineerCertificateType, EngineerGender, CircuitLineProvider, CircuitFinished:
		shown = MaskNumbers(value)
		if shown != value {
			return shorten(shown, maxShown), true
		}
		slipped := strings.ContainsFunc(value, unicode.IsDigit)
		if !slipped && f.col.ID == EngineerCertificateType {
			_, slipped = valueKeys[EngineerCertificateType][foldKey(d.cells[EngineerCertificateNo].cell.Value)]
		}
		if slipped {
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
	if isInstanceID(value) || everyCircuit[foldKey(value)] {
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

// MaskNumbers masks the numbers in a text that identify a person whatever the text is
// about: identity numbers, phone numbers with a country or area code or of a mainland
// mobile, and passport numbers of the common form. The rest of the text stays readable.
func MaskNumbers(s string) string {
	if !manyDigits(s) || isTimestamp(s) || isFraction(s) || isInstanceID(s) || isUUID(s) {
		return s
	}
	var buf [128]byte
	plain := inASCII(buf[:0], s)
	var text []rune
	for i := 0; i < len(plain); {
		if n := max(instanceIDAt(plain, i), uuidAt(plain, i)); n > 0 {
			i += n
			continue
		}
		n := max(passportAt(plain, i), numberAt(plain, i))
		if n == 0 {
			i++
			continue
		}
		if text == nil {
			text = []rune(s)
		}
		copy(text[i:], []rune(Mask(string(text[i:i+n]))))
		i += n
	}
	if text != nil {
		return string(text)
	}
	if strings.IndexByte(s, 'E') > 0 { // 9.9999919900101101E+17
		if digits, exact := numfmt.Plain(s); exact && isDigits(digits) && MaskNumbers(digits) != digits {
			return Mask(s)
		}
	}
	return s
}

// inASCII appends one byte for each character: its half-width form, a hyphen for dashes,
// spaces, dots and invisible characters that can be between digits, and 0xFF for any other
// that is not ASCII.
func inASCII(plain []byte, s string) []byte {
	for _, r := range s {
		switch r = narrow(r); {
		case r < utf8.RuneSelf:
			plain = append(plain, byte(r))
		case r == 0xB7 || r == 0x2022 || r == 0x2212 || r == 0x30FB || unicode.In(r, unicode.Pd, unicode.Zs, unicode.Cf):
			plain = append(plain, '-')
		default:
			plain = append(plain, 0xFF)
		}
	}
	return plain
}

// isTimestamp reports whether a text has the form of a date with the year first, and a time
// of day perhaps, by far the most common text with many digits.
func isTimestamp(s string) bool {
	if len(s) < 10 || len(s) > 25 || s[4] != '-' || s[7] != '-' || s[:2] != "20" && s[:2] != "19" {
		return false
	}
	for i := 10; i < len(s); i++ {
		if c := s[i]; i < 19 && i%3 == 1 && c >= '0' && c <= '9' || (c < '0' || c > '9') && strings.IndexByte(" -:+TZ.", c) < 0 {
			return false
		}
	}
	return true
}

// isFraction reports whether a text is a number with a fraction, such as the stored number
// of a date with a time of day, 46826.041666666664. A phone number with a point in it,
// 010.12345678 or 138.12345678, is not one, nor is 13812345678.0.
func isFraction(s string) bool {
	s = strings.TrimPrefix(s, "-")
	if mantissa, exponent, found := strings.Cut(s, "E-"); found && isDigits(exponent) {
		s = mantissa
	}
	whole, fraction, point := strings.Cut(s, ".")
	return point && isDigits(whole) && isDigits(fraction) && strings.Trim(fraction, "0") != "" &&
		len(whole) <= 10 && (whole[0] != '0' || len(whole) == 1) && !(len(whole) == 3 && len(fraction) == 8)
}

// manyDigits reports whether a text has the digits that the shortest of the numbers has.
func manyDigits(s string) bool {
	const fewest = 7
	n := 0
	for i := 0; i < len(s) && n < fewest; i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			n++
		case c == 0xEF && i+2 < len(s) && s[i+1] == 0xBC && s[i+2] >= 0x90 && s[i+2] <= 0x99: // U+FF10 to U+FF19
			n++
		}
	}
	return n == fewest
}

func digitAt(b []byte, i int) bool { return i >= 0 && i < len(b) && b[i] >= '0' && b[i] <= '9' }

func letterAt(b []byte, i int) bool {
	return i >= 0 && i < len(b) && (b[i]|0x20) >= 'a' && (b[i]|0x20) <= 'z'
}

// hexAt reports whether a digit of either kind is at i: a number before it may be part of
// a hash.
func hexAt(b []byte, i int) bool { return letterAt(b, i) && b[i]|0x20 <= 'f' }

func wordAt(b []byte, i int) bool { return digitAt(b, i) || letterAt(b, i) }

// instanceIDAt returns the length of the circuit's ID that starts at i, or 0.
func instanceIDAt(b []byte, i int) int {
	if b[i] != 'p' || i+3 >= len(b) || b[i+1] != 'c' || b[i+2] != '-' || wordAt(b, i-1) {
		return 0
	}
	end := i + 3
	for end < len(b) && (digitAt(b, end) || b[end] >= 'a' && b[end] <= 'z') {
		end++
	}
	if !isInstanceID(string(b[i:end])) {
		return 0
	}
	return end - i
}

// uuidAt returns the length of the UUID that starts at i, or 0. Tokens and request IDs are
// UUIDs.
func uuidAt(b []byte, i int) int {
	end := i + len(uuidForm)
	if end > len(b) || b[i+8] != '-' || wordAt(b, i-1) || wordAt(b, end) || !isUUID(b[i:end]) {
		return 0
	}
	return len(uuidForm)
}

const uuidForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"

// isUUID reports whether a text is a UUID.
func isUUID[T string | []byte](s T) bool {
	if len(s) != len(uuidForm) {
		return false
	}
	for i := range len(uuidForm) {
		switch c := s[i]; {
		case uuidForm[i] == '-':
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f'):
			return false
		}
	}
	return true
}

// passportAt returns the length of the passport number that starts at i, or 0: a letter
// with 7 or 8 digits or, as in China since 2017, E and another letter with 7 digits.
func passportAt(b []byte, i int) int {
	if !letterAt(b, i) || wordAt(b, i-1) {
		return 0
	}
	start := i + 1
	if b[i]|0x20 == 'e' && letterAt(b, start) {
		start++
	}
	spaced := start < len(b) && (b[start] == ' ' || b[start] == '-')
	if spaced {
		start++
	}
	end := start
	for digitAt(b, end) {
		end++
	}
	if spaced && end-start == 8 && plausibleBirth(string(b[start:end])) {
		return 0 // a date
	}
	if n := end - start; n != 7 && (n != 8 || letterAt(b, i+1)) || wordAt(b, end) || end < len(b) && b[end] == '-' {
		return 0
	}
	return end - i
}

// Bounds of a number that is searched for.
const (
	maxNumber = 20 // digits
	maxGap    = 3  // characters between groups of digits
)

// numberAt returns the length of the longest personal number that starts at i, or 0. Its
// digits may be in groups.
func numberAt(b []byte, i int) int {
	plus := i < len(b) && b[i] == '+'
	if digitAt(b, i-1) || !plus && !digitAt(b, i) {
		return 0
	}
	var buf [maxNumber + 1]byte
	digits := buf[:0]
	found, groups, at := 0, 0, i
	if plus {
		at++
	}
	for {
		for gap := 0; at < len(b) && gap < maxGap && strings.IndexByte(" -()./_\t\n\r", b[at]) >= 0; gap++ {
			at++
		}
		if !digitAt(b, at) {
			return found
		}
		for ; digitAt(b, at); at++ {
			if digits = append(digits, b[at]); len(digits) > maxNumber {
				return found
			}
		}
		groups++
		if (!hexAt(b, at) || exponentAt(b, at)) && personalNumber(string(digits), plus, groups) {
			found = at - i
		}
		if at < len(b) && b[at]|0x20 == 'x' && !wordAt(b, at+1) && len(digits) == 17 && plausibleBirth(string(digits[6:14])) {
			found = at + 1 - i
		}
	}
}

// exponentAt reports whether an exponent is at i, as in 1.3812345678E10.
func exponentAt(b []byte, i int) bool {
	if b[i]|0x20 != 'e' {
		return false
	}
	if i++; i < len(b) && b[i] == '+' {
		i++
	}
	return digitAt(b, i) && (!wordAt(b, i+1) || digitAt(b, i+1) && !wordAt(b, i+2))
}

// personalNumber reports whether digits identify a person. With plus they follow a +.
func personalNumber(digits string, plus bool, groups int) bool {
	switch n := len(digits); {
	case plus:
		return n >= 7 && n <= 15
	case n == 18:
		return plausibleBirth(digits[6:14])
	case n == 15 && groups == 1 && plausibleBirth("19"+digits[6:12]):
		return true
	case n >= 12 && n <= 17 && digits[:2] == "00" && digits[2] != '0': // a country code
		return true
	case n == 11 && groups > 1 && (digits[:3] == "852" || digits[:3] == "853"): // Hong Kong and Macao
		return true
	}
	return isPhone(digits)
}

// plausibleBirth reports whether eight digits can be the date of a birth.
func plausibleBirth(date string) bool {
	c, exists := dates.Basic(date)
	return exists && c.Year >= 1900 && c.Year < 2100
}
