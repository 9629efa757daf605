package prose

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// TestStyle holds every sentence with something to do to the rules of the catalogue: one
// line that starts small and has no full stop, and a hint that is a sentence, a question
// or ends in the command to type.
func TestStyle(t *testing.T) {
	for _, code := range English.Codes() {
		e, _ := English.Entry(code)
		first, _ := utf8.DecodeRuneInString(e.Message)
		switch {
		case e.Message == "" || strings.Contains(e.Message, "\n"):
			t.Errorf("%s: the message %q is no line", code, e.Message)
		case strings.HasSuffix(e.Message, "."):
			t.Errorf("%s: the message %q ends in a full stop", code, e.Message)
		case unicode.IsUpper(first):
			t.Errorf("%s: the message %q starts with a capital", code, e.Message)
		}
		if e.Hint != "" && !strings.HasSuffix(e.Hint, ".") && !strings.HasSuffix(e.Hint, "?") && !strings.Contains(e.Hint, ": ") {
			t.Errorf("%s: the hint %q is no sentence and names no command", code, e.Hint)
		}
	}
}
