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

// TestEverySentence compares all that the program can say with one text for each language,
// so a change of words is read in its place among the others. Values are shown as <name>.
func TestEverySentence(t *testing.T) {
	for _, c := range languages {
		compareGolden(t, filepath.Join("testdata", c.Language()+".txt"), everySentence(c))
	}
}

func everySentence(c *Catalogue) string {
	var b strings.Builder
	for _, code := range slices.Sorted(maps.Keys(c.entries())) {
		e := c.entries()[code]
		fmt.Fprintf(&b, "%s\n", code)
		for _, part := range []string{e.Message, e.Hint, e.Why, e.Wrong, e.Right} {
			if part != "" {
				fmt.Fprintf(&b, "    %s\n", strings.ReplaceAll(General(part), "\n", "\n    "))
			}
		}
	}
	return b.String()
}

func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	was := map[string]bool{}
	for line := range strings.Lines(string(want)) {
		was[line] = true
	}
	for line := range strings.Lines(got) {
		if !was[line] {
			t.Errorf("new or changed: %s", line)
		}
	}
	t.Errorf("the words differ from %s (run with -update to accept)", path)
}
