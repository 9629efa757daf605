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

// FuzzXString escapes any text and reads it back.
func FuzzXString(f *testing.F) {
	for _, s := range []string{"", "_x0041_", "_", "_x", "__x005F_x0041_", "a<b>&\"'", "\r\n\t\x00\x1f", "😀\uFFFE\uFFFF", "_xD83D__xDE00_", "_x0000\x05"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		xml, ok := appendText(nil, appendXString(nil, s))
		if !ok {
			t.Fatalf("%q is escaped as no XML", s)
		}
		if got := unescapeX(string(xml)); got != s {
			t.Errorf("%q is read back as %q from %q", s, got, xml)
		}
	})
}
