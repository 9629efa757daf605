package report

import (
	"strings"
	"time"

	"github.com/rivo/uniseg"
)

// Width returns the width of a text in terminal cells, of which a wide character takes two
// and a combining mark none. Escape sequences for colour take none either.
func Width(s string) int { return uniseg.StringWidth(withoutColor(s)) }

// withoutColor removes the escape sequences that paint writes.
func withoutColor(s string) string {
	for {
		before, rest, found := strings.Cut(s, "\x1b[")
		if !found {
			return s
		}
		_, after, _ := strings.Cut(rest, "m")
		s = before + after
	}
}

// Wrap breaks a line at blanks into lines of at most width terminal cells, and indents all
// but the first. A word that is wider than a line gets a line of its own and is not cut, as
// it may be a path or an ID to be copied. A width of 0 means no limit.
func Wrap(line string, width, indent int) string {
	if width <= 0 || Width(line) <= width {
		return line
	}
	lead := line[:len(line)-len(strings.TrimLeft(line, " "))]
	margin := strings.Repeat(" ", min(indent, width/2))
	var b strings.Builder
	b.WriteString(lead)
	used, empty := len(lead), true
	for word := range strings.SplitSeq(line[len(lead):], " ") {
		w := Width(word)
		switch {
		case empty:
		case used+1+w <= width:
			b.WriteByte(' ')
			used++
		default:
			b.WriteString("\n" + margin)
			used = len(margin)
		}
		b.WriteString(word)
		used, empty = used+w, false
	}
	return b.String()
}

// Seconds formats whole seconds for people: 4s, 1m03s, 2h05m.
func Seconds(d time.Duration) string {
	if d < time.Minute {
		return d.Round(time.Second).String()
	}
	return elapsed(d.Seconds())
}
