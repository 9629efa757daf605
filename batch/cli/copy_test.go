package cli

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A copy that has no place where it was wanted goes beside it, to the ledger of this
// very run, or to the temporary files.
func TestSecondPlaces(t *testing.T) {
	a := &app{env: Env{Getenv: os.Getenv}}
	ledger := filepath.Join("var", "night", "ledger.db")
	got := a.secondPlaces(filepath.Join("out", "a.xlsx"), "r1", ledger)
	var want []string
	for _, folder := range []string{"out", filepath.Dir(ledger), os.TempDir()} {
		want = append(want, filepath.Join(folder, "a.r1-2.xlsx"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
