package sheet

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// foldKey gives the form in which headers, sheet names and values of closed lists are
// compared: lower case, half width, letters and digits only.
func foldKey(s string) string {
	var b strings.Builder
	for _, r := range s {
		r = narrow(r)
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// narrow gives the plain form of a full-width character (U+FF01 to U+FF5E, U+3000).
func narrow(r rune) rune {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E:
		return r - 0xFEE0
	case r == 0x3000:
		return ' '
	}
	return r
}

// distance is the optimal string alignment distance: how many edits lie between two
// keys, where an edit inserts, drops or changes a character or swaps two neighbours.
func distance(a, b []rune) int {
	prev, cur, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range cur {
		cur[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(cur[j]+1, next[j-1]+1, cur[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], prev[j-2]+1)
			}
		}
		prev, cur, next = cur, next, prev
	}
	return cur[len(b)]
}

// nearest gives the candidate with the fewest edits to s, the first of equals.
func nearest(s string, candidates []string) string {
	best, least := "", -1
	from := []rune(s)
	from = from[:min(len(from), 64)]
	for _, c := range candidates {
		if d := distance(from, []rune(c)); least < 0 || d < least {
			best, least = c, d
		}
	}
	return best
}

// nearMiss reports whether a key is probably a slip of a known one: two edits from
// ten characters on, one from three on, none below.
func nearMiss(key, known string) bool {
	n, m := utf8.RuneCountInString(key), utf8.RuneCountInString(known)
	limit := 0
	switch shorter := min(n, m); {
	case shorter >= 10:
		limit = 2
	case shorter >= 3:
		limit = 1
	}
	if limit == 0 || n-m > limit || m-n > limit {
		return false
	}
	return distance([]rune(key), []rune(known)) <= limit
}
