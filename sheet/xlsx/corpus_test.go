package xlsx

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpus gives the workbooks of the folder that LOABATCH_CORPUS names: files saved by
// many programs, some damaged on purpose. Without the variable the test is skipped.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	dir := os.Getenv("LOABATCH_CORPUS")
	if dir == "" {
		t.Skip("LOABATCH_CORPUS names no folder of workbooks")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if !strings.HasPrefix(filepath.Ext(e.Name()), ".xls") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = b
	}
	if len(files) == 0 {
		t.Fatalf("no workbooks in %s", dir)
	}
	return files
}
