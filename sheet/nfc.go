package sheet

import (
	"sort"
	"strings"
)

// classed is a range of characters with one canonical combining class.
type classed struct {
	first, last rune
	class       uint8
}

// span is a range of characters.
type span struct{ first, last rune }

// decomposed gives the first character that keeps a text from being in Unicode
// normalization form C (UAX #15), and its place in characters from 1; or place 0. The
// tables are those of Unicode 15, in nfc_table.go.
func decomposed(s string) (bad rune, place int) {
	starter, last := rune(-1), uint8(0)
	adjacent := false // nothing stands between the starter and this character
	n := 0
	for _, r := range s {
		n++
		if r < 0x300 || r >= 0x3400 && r <= 0x9FFF {
			starter, last, adjacent = r, 0, true
			continue
		}
		class := combiningClass(r)
		switch {
		case inSpans(neverComposed, r), class != 0 && class < last:
			return r, n
		case starter >= 0 && (adjacent || last != 0 && last < class) && composes(starter, r):
			return r, n
		}
		if class == 0 {
			starter, last, adjacent = r, 0, true
		} else {
			last, adjacent = class, false
		}
	}
	return 0, 0
}

// composes reports whether two characters in a row would be spelt otherwise: mostly as
// one composed character.
func composes(base, mark rune) bool {
	switch {
	case mark >= 0x1161 && mark <= 0x1175: // Hangul vowel after a leading consonant
		return base >= 0x1100 && base <= 0x1112
	case mark >= 0x11A8 && mark <= 0x11C2: // Hangul trailing consonant after a syllable without one
		return base >= 0xAC00 && base <= 0xD7A3 && (base-0xAC00)%28 == 0
	}
	return strings.ContainsRune(composedWith[mark], base)
}

func combiningClass(r rune) uint8 {
	i := sort.Search(len(combining), func(i int) bool { return combining[i].last >= r })
	if i < len(combining) && combining[i].first <= r {
		return combining[i].class
	}
	return 0
}

func inSpans(table []span, r rune) bool {
	i := sort.Search(len(table), func(i int) bool { return table[i].last >= r })
	return i < len(table) && table[i].first <= r
}
