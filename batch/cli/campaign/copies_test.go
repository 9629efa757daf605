//go:build unix

package campaign_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// cells returns every cell of every sheet of a copy.
func cells(t *testing.T, path string) map[string]string {
	content, _ := clitest.Read(t, path)
	book, err := xlsx.Open(bytes.NewReader(content), int64(len(content)), xlsx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	all := map[string]string{}
	for _, s := range book.Sheets() {
		for row, err := range book.Rows(s.Name) {
			if err != nil {
				t.Fatal(err)
			}
			for _, cell := range row.Cells {
				all[fmt.Sprintf("%s row %d column %d", s.Name, row.Number, cell.Col)] = cell.Value
			}
		}
	}
	return all
}

// sameCells compares two copies cell by cell, and names the first differences.
func sameCells(t *testing.T, one, other string) {
	t.Helper()
	a, b := cells(t, one), cells(t, other)
	both := maps.Clone(a)
	maps.Copy(both, b)
	differences := 0
	for _, at := range slices.Sorted(maps.Keys(both)) {
		if a[at] == b[at] {
			continue
		}
		if differences++; differences <= 5 {
			t.Errorf("%s: %q in %s, %q in %s", at, a[at], one, b[at], other)
		}
	}
	if differences > 5 {
		t.Errorf("%d cells differ", differences)
	}
}

// results returns the result of each circuit in a copy.
func results(t *testing.T, path string) map[string]string {
	all := map[string]string{}
	for _, row := range clitest.Cells(t, path, "Instance ID", "Result") {
		all[row[0]] = row[1]
	}
	return all
}
