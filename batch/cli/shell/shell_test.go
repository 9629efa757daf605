package shell

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/loabatch/loabatch/batch/notify"
)

// TestWindowsQuote has a command line of Windows split again.
func TestWindowsQuote(t *testing.T) {
	for arg, want := range map[string]string{
		"": `""`, `C:\lo a\申请 表.xlsx`: `"C:\lo a\申请 表.xlsx"`, `C:\loa\文.xlsx`: `C:\loa\文.xlsx`, `\\server\share\a.xlsx`: `\\server\share\a.xlsx`,
		`a b\`: `"a b\\"`, `a"b`: `"a\"b"`, "it's": `"it's"`, "5%": `"5%"`, "a&b": `"a&b"`, "(a)": `"(a)"`, "a,b": `"a,b"`, "专线　表": `"专线　表"`,
	} {
		if got := windowsQuote(arg); got != want {
			t.Errorf("%q: %s, want %s", arg, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows quotes in another way, see TestWindowsQuote")
	}
	for arg, want := range map[string]string{
		"": `""`, "a.xlsx": "a.xlsx", "a b": `"a b"`, "$x": `'$x'`, `it's`: `"it's"`, `it's $5`: `'it'\''s $5'`, "a\nb": "\"a\nb\"", "文": "文", "(a)": `"(a)"`,
	} {
		if got := Quote(arg); got != want {
			t.Errorf("%q: %s, want %s", arg, got, want)
		}
		if got, err := notify.ParseCommand("x " + Quote(arg)); err != nil || len(got) != 2 || got[1] != arg {
			t.Errorf("%q comes back as %s", arg, fmt.Sprint(got))
		}
	}
}
