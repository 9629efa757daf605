package report_test

import (
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/report"
)

// Wrap breaks at words, counts wide characters twice and colour not at all, and cuts no
// word.
func TestWrap(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"short", "short"},
		{"  one two three four five", "  one two three four\n    five"},
		{"中文字符 中文字符 中文字符", "中文字符 中文字符\n    中文字符"},
		{"\x1b[31mred words that\x1b[0m go on", "\x1b[31mred words that\x1b[0m go on"},
		{"a /very/long/path/that/is/not/cut b", "a /very/long/path/that/is/not/cut\n    b"},
	} {
		if got := report.Wrap(c.line, 20, 4); got != c.want {
			t.Errorf("Wrap(%q) is %q, want %q", c.line, got, c.want)
		}
		if got := report.Wrap(c.line, 0, 4); got != c.line || strings.Contains(got, "\n") {
			t.Errorf("Wrap(%q) without a width is %q", c.line, got)
		}
	}
}
