package batch

import (
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

func TestSuffixedTokensFit(t *testing.T) {
	derived := "01234567-89ab-8def-8123-456789abcdef"
	for own, want := range map[string]string{
		"mine":                  "mine-456789abcdef",
		strings.Repeat("x", 64): strings.Repeat("x", 51) + "-456789abcdef",
		strings.Repeat("x", 51): strings.Repeat("x", 51) + "-456789abcdef",
	} {
		if got := suffixToken(own, derived); got != want || !sheet.ValidClientToken(got) {
			t.Errorf("suffixToken(%q) = %q", own, got)
		}
	}
}
