package templates_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
	"github.com/loabatch/loabatch/templates"
)

// words renders the English catalogue.
type words struct{ t *testing.T }

func (w words) Line(code string, args ...sheet.Arg) string {
	if _, ok := prose.English.Entry(code); !ok {
		w.t.Errorf("the catalogue has no entry %s", code)
	}
	named := map[string]string{}
	for _, a := range args {
		named[a.Name] = a.Value
	}
	message, _ := prose.English.Render(code, named)
	return message
}

// TestBlankIsWhatTheGeneratorMakes compares the parts, not the bytes, so that another
// version of the compressor is no difference.
func TestBlankIsWhatTheGeneratorMakes(t *testing.T) {
	var b bytes.Buffer
	if err := xlsx.WriteTemplate(&b, xlsx.Template{Words: words{t}}); err != nil {
		t.Fatal(err)
	}
	want, got := parts(t, b.Bytes()), parts(t, templates.Blank)
	for name, part := range want {
		if got[name] != part {
			t.Errorf("%s differs from what the columns and words of today give: go generate ./templates", name)
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

// TestPromptsFit: beyond these lengths Excel repairs the file by dropping validations.
func TestPromptsFit(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(templates.Blank))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, name := range []string{sheet.CircuitsName, sheet.EngineersName} {
		all, err := f.GetDataValidations(name)
		if err != nil || len(all) == 0 {
			t.Fatalf("%s has %d validations, %v", name, len(all), err)
		}
		for _, dv := range all {
			for limit, texts := range map[int][]*string{32: {dv.PromptTitle, dv.ErrorTitle}, 255: {dv.Prompt, dv.Error}} {
				for _, s := range texts {
					if s != nil && len(utf16.Encode([]rune(*s))) > limit {
						t.Errorf("%s %s: longer than %d: %s", name, dv.Sqref, limit, *s)
					}
				}
			}
		}
	}
}

func TestGuideTellsEveryColumnAndResult(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(templates.Blank))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(xlsx.GuideName)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	for _, r := range rows {
		if len(r) > 1 && strings.TrimSpace(r[1]) != "" {
			told[r[0]]++
		}
	}
	for _, c := range sheet.Columns {
		if told[c.Header] == 0 {
			t.Errorf("the guide does not tell of the column %s", c.Header)
		}
	}
	for _, r := range sheet.AllResults {
		if told[string(r)] != 1 {
			t.Errorf("the guide tells of %s %d times", r, told[string(r)])
		}
	}
}
