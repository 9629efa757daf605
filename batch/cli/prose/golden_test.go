package prose

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden text")

// TestEverySentence compares all that the program can say with one text, so a change of
// words is read in its place among the others. Values are shown as <name>.
func TestEverySentence(t *testing.T) {
	var b strings.Builder
	for _, code := range slices.Sorted(maps.Keys(English.entries)) {
		e := English.entries[code]
		fmt.Fprintf(&b, "%s\n", code)
		for _, part := range []string{e.Message, e.Hint, e.Why, e.Wrong, e.Right} {
			if part != "" {
				fmt.Fprintf(&b, "    %s\n", strings.ReplaceAll(General(part), "\n", "\n    "))
			}
		}
	}
	path := filepath.Join("testdata", "english.txt")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() == string(want) {
		return
	}
	was := map[string]bool{}
	for line := range strings.Lines(string(want)) {
		was[line] = true
	}
	for line := range strings.Lines(b.String()) {
		if !was[line] {
			t.Errorf("new or changed: %s", line)
		}
	}
	t.Errorf("the words differ from %s (run with -update to accept)", path)
}
