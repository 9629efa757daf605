package report_test

import (
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/report"
)

// Wrap breaks at words but never within one, counts wide characters twice, and does not
// count colour.
func TestWrap(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"short", "short"},
		{"  one two three four five", "  one two three four\n    five"},
		{"中文字符 中文字符 中文字符", "中文字符 中文字符 中\n    文字符"},
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

// Chinese is broken between characters, but not before a full-width mark, after an opening
// bracket, or within a path, an ID or a colour.
func TestWrapChinese(t *testing.T) {
	for _, tc := range []struct {
		line  string
		width int
		want  string
	}{
		{"错误：没有施工工程师负责这条专线", 16, "错误：没有施工工\n  程师负责这条专\n  线"},
		{"一二三四五，六七八九", 10, "一二三四\n  五，六七\n  八九"},
		{"一二三四（五六）七八", 10, "一二三四\n  （五六）\n  七八"},
		{"无法写入 /srv/loabatch/a.xlsx：磁盘已满", 30, "无法写入\n  /srv/loabatch/a.xlsx：磁盘已\n  满"},
		{"  专线 pc-example0000000001 出现在两行中", 20, "  专线 pc-example0000000001\n  出现在两行中"},
		{"\x1b[1;31m错误：\x1b[0m没有施工工程师", 10, "\x1b[1;31m错误：\x1b[0m没有\n  施工工程\n  师"},
	} {
		got := report.Wrap(tc.line, tc.width, 2)
		if got != tc.want {
			t.Errorf("%q in %d cells: got %q, want %q", tc.line, tc.width, got, tc.want)
		}
	}
}
