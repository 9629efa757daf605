package templates_test

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
	"github.com/loabatch/loabatch/templates"
)

// words is the English catalogue. It fails the test for a missing entry.
type words struct{ t *testing.T }

func (w words) Line(code string, args ...sheet.Arg) string {
	if _, ok := prose.English.Entry(code); !ok {
		w.t.Errorf("the catalogue has no entry %s", code)
	}
	return prose.English.Line(code, args...)
}

// TestBlankIsWhatTheGeneratorMakes compares the uncompressed parts, so a new version of the
// compressor makes no difference.
func TestBlankIsWhatTheGeneratorMakes(t *testing.T) {
	var b bytes.Buffer
	if err := xlsx.WriteTemplate(&b, xlsx.Template{Words: words{t}, Regions: cloud.KnownRegions()}); err != nil {
		t.Fatal(err)
	}
	want, got := parts(t, b.Bytes()), parts(t, templates.Blank)
	for name, part := range want {
		if got[name] != part {
			t.Errorf("%s is out of date; run go generate ./templates", name)
		}
	}
	if len(got) != len(want) {
		t.Errorf("the embedded workbook has %d parts, the generator makes %d", len(got), len(want))
	}
}

func parts(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range r.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		part, err := io.ReadAll(rc)
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(part)
	}
	return all
}

func TestGuideDescribesEveryColumnAndResult(t *testing.T) {
	book, err := xlsx.Open(bytes.NewReader(templates.Blank), int64(len(templates.Blank)), xlsx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	described := map[string]int{}
	for row, err := range book.Rows(xlsx.GuideName) {
		if err != nil {
			t.Fatal(err)
		}
		if len(row.Cells) > 1 {
			described[row.Cells[0].Value]++
		}
	}
	for _, c := range sheet.Columns {
		if described[c.Header] == 0 {
			t.Errorf("the guide does not describe the column %s", c.Header)
		}
	}
	for _, r := range sheet.AllResults {
		if described[string(r)] != 1 {
			t.Errorf("the guide describes %s %d times, want once", r, described[string(r)])
		}
	}
}
