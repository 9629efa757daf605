package sheet

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet/internal/nodata"
)

// Redactor masks personal data in text of any kind: numbers that identify a person (see
// [MaskNumbers]) and, wherever they occur as words, the personal values that it knows.
type Redactor struct {
	alone   map[string]bool // values, folded, that are masked where they are all of a text
	within  map[string]bool // values that are masked within a text as well
	lengths map[rune][]int  // of the values of within, in characters, by the first one; longest first
}

// NewRedactor returns a Redactor that knows no values yet.
func NewRedactor() *Redactor {
	return &Redactor{alone: map[string]bool{}, within: map[string]bool{}, lengths: map[rune][]int{}}
}

// minKnownDigits is how many digits a value without letters must have to be masked in other
// cells: shorter ones are quantities as often as numbers of a person.
const minKnownDigits = 6

// Learn adds a personal value: a name, a certificate number, a contact. Placeholders and
// the words of closed lists, which end up in personal columns by mistake, are left out. A
// name of one word is masked only where it is all of a text, since companies and places
// have such names too.
func (r *Redactor) Learn(value string) {
	value = trimOuter(value)
	key := foldKey(value)
	digits, letters, wide, words := 0, 0, 0, len(strings.Fields(value))
	for _, c := range value {
		switch {
		case unicode.IsDigit(c):
			digits++
		case c >= 0x2E80 && unicode.IsLetter(c):
			wide++
		case unicode.IsLetter(c):
			letters++
		}
	}
	switch {
	case letters == 0 && wide == 0 && digits < minKnownDigits, letters+digits+wide < 2:
		return
	case nodata.Of(strings.Map(narrow, value), key) != nodata.Data:
		return
	}
	for _, list := range valueKeys {
		if _, listed := list[key]; listed {
			return
		}
	}
	r.add(value, wide > 1 || digits > 0 || words > 1 || strings.ContainsRune(value, '@'))
	if digits >= minKnownDigits {
		r.add(strings.Map(func(c rune) rune {
			if strings.ContainsRune(" -().", narrow(c)) {
				return -1
			}
			return c
		}, value), true)
	}
}

// add adds one spelling of a value, which is masked within texts or only where it is alone.
func (r *Redactor) add(value string, within bool) {
	folded := foldText(value)
	r.alone[string(folded)] = true
	if !within {
		return
	}
	r.within[string(folded)] = true
	if n := len(folded); !slices.Contains(r.lengths[folded[0]], n) {
		r.lengths[folded[0]] = append(r.lengths[folded[0]], n)
		slices.SortFunc(r.lengths[folded[0]], func(a, b int) int { return b - a })
	}
}

// foldText returns the characters of a text in lower case and half width, one for each.
func foldText(s string) []rune {
	folded := make([]rune, 0, len(s))
	for _, c := range s {
		folded = append(folded, unicode.ToLower(narrow(c)))
	}
	return folded
}

// Text returns a text with personal data masked. It has as many characters as before.
func (r *Redactor) Text(s string) string {
	if len(r.alone) == 0 || s == "" {
		return MaskNumbers(s)
	}
	folded := foldText(s)
	text := strings.TrimFunc(string(folded), isOuter)
	if r.alone[text] {
		return strings.Replace(s, trimOuter(s), Mask(trimOuter(s)), 1)
	}
	var masked []rune
	for i := 0; i < len(folded); i++ {
		n := r.valueAt(folded, i)
		if n == 0 {
			continue
		}
		if masked == nil {
			masked = []rune(s)
		}
		copy(masked[i:], []rune(Mask(string(masked[i:i+n]))))
		i += n - 1
	}
	if masked == nil {
		return MaskNumbers(s)
	}
	return MaskNumbers(string(masked))
}

// valueAt returns the length of the longest known value that starts at i, or 0. A value that
// begins or ends with a letter or a digit of an alphabet is not part of a longer word.
func (r *Redactor) valueAt(text []rune, i int) int {
	lengths := r.lengths[text[i]]
	if len(lengths) == 0 || i > 0 && inWord(text[i-1]) && inWord(text[i]) {
		return 0
	}
	for _, n := range lengths {
		end := i + n
		if end <= len(text) && !(end < len(text) && inWord(text[end-1]) && inWord(text[end])) && r.within[string(text[i:end])] {
			return n
		}
	}
	return 0
}

// inWord reports whether a character is a letter or digit of a script that writes words
// apart, which Chinese does not.
func inWord(c rune) bool {
	if c < utf8.RuneSelf {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	}
	return c < 0x2E80 && (unicode.IsLetter(c) || unicode.IsDigit(c))
}
