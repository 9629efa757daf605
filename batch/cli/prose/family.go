package prose

import "strings"

// family gives the entry that speaks for a code of the API without one of its own: that
// of the longest pattern which fits. A pattern is a code with one * for any text.
func (c *Catalogue) family(code string) (Entry, bool) {
	best := ""
	for pattern := range c.entries {
		front, back, star := strings.Cut(pattern, "*")
		if star && len(code) >= len(front)+len(back) && strings.HasPrefix(code, front) && strings.HasSuffix(code, back) &&
			(len(pattern) > len(best) || len(pattern) == len(best) && pattern < best) {
			best = pattern
		}
	}
	e, ok := c.entries[best]
	return e, ok
}
