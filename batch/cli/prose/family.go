package prose

import (
	"cmp"
	"slices"
	"strings"
)

// family is an entry that speaks for the codes of the API which have none of their own.
type family struct{ pattern, front, back string } // the pattern with one * for any text, and what is around the *

// families lists the patterns among the codes, the longest first.
func families(entries map[string]Entry) []family {
	var all []family
	for code := range entries {
		if front, back, star := strings.Cut(code, "*"); star {
			all = append(all, family{code, front, back})
		}
	}
	slices.SortFunc(all, func(a, b family) int {
		return cmp.Or(cmp.Compare(len(b.pattern), len(a.pattern)), strings.Compare(a.pattern, b.pattern))
	})
	return all
}

// has reports whether a code belongs to the family.
func (f *family) has(code string) bool {
	return len(code) >= len(f.front)+len(f.back) && strings.HasPrefix(code, f.front) && strings.HasSuffix(code, f.back)
}
