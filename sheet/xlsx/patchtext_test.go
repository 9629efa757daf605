package xlsx

import (
	"strings"
	"testing"
	"unicode/utf16"
)

func TestCellTextFits(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"short", "建设公司", "建设公司"},
		{"bound", strings.Repeat("x", maxCellText), strings.Repeat("x", maxCellText)},
		{"one more", strings.Repeat("x", maxCellText+1), strings.Repeat("x", maxCellText-1) + "…"},
		{"pair at the end", strings.Repeat("x", maxCellText-2) + "😀😀", strings.Repeat("x", maxCellText-2) + "…"},
		{"no UTF-8", "a\xffb", "a\uFFFDb"},
	} {
		got := cellText(test.in)
		if got != test.want {
			t.Errorf("%s: %d bytes, want %d", test.name, len(got), len(test.want))
		}
		if n := len(utf16.Encode([]rune(got))); n > maxCellText {
			t.Errorf("%s: %d units", test.name, n)
		}
	}
}
