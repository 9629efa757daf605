package templates_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
	"github.com/loabatch/loabatch/templates"
)

// words is a catalogue that fails the test for a missing entry.
type words struct {
	*prose.Catalogue
	t *testing.T
}

func (w words) Line(code string, args ...sheet.Arg) string {
	if _, ok := w.Entry(code); !ok {
		w.t.Errorf("the catalogue has no entry %s", code)
	}
	return w.Catalogue.Line(code, args...)
}

// blank is an embedded workbook with its language and its words.
type blank struct {
	file     []byte
	language sheet.Language
	words    *prose.Catalogue
}

var blanks = []blank{{templates.Blank, sheet.English, prose.English}, {templates.BlankChinese, sheet.Chinese, prose.Chinese}}

// TestBlankIsWhatTheGeneratorMakes compares the uncompressed parts, so a new version of the
// compressor makes no difference.
func TestBlankIsWhatTheGeneratorMakes(t *testing.T) {
	for _, blank := range blanks {
		var b bytes.Buffer
		if err := xlsx.WriteTemplate(&b, xlsx.Template{Language: blank.language, Words: words{blank.words, t}, Regions: cloud.KnownRegions()}); err != nil {
			t.Fatal(err)
		}
		want, got := parts(t, b.Bytes()), parts(t, blank.file)
		for name, part := range want {
			if got[name] != part {
				t.Errorf("%s: %s is out of date; run go generate ./templates", blank.language.Tag(), name)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: the embedded workbook has %d parts, the generator makes %d", blank.language.Tag(), len(got), len(want))
		}
	}
}

// TestChineseBlankSpeaksChinese lists the Latin words in the texts of the Chinese workbook:
// only names, codes and examples are left.
func TestChineseBlankSpeaksChinese(t *testing.T) {
	book, err := xlsx.Open(bytes.NewReader(templates.BlankChinese), int64(len(templates.BlankChinese)), xlsx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	allowed := map[string]bool{}
	for _, w := range strings.Fields("loabatch template validate submit status complete advance FILE API ID UTC Token ASCII Excel LOA Mbit s IDC pc cn hangzhou region timezone T Z only MSTP MPLSVPN FIBRE Other IDCard Passport Male Female GB") {
		allowed[w] = true
	}
	letters := func(r rune) bool { return r < 'A' || r > 'Z' && r < 'a' || r > 'z' }
	for i := range sheet.Columns {
		for _, s := range sheet.Columns[i].Spellings() { // on the hidden sheet
			for _, w := range strings.FieldsFunc(s, letters) {
				allowed[w] = true
			}
		}
	}
	for _, r := range sheet.AllResults {
		for _, w := range strings.Split(string(r), "_") {
			allowed[w] = true
		}
	}
	for _, r := range cloud.KnownRegions() {
		for _, w := range strings.Split(r, "-") {
			allowed[w] = true
		}
	}
	for _, s := range book.Sheets() {
		for row, err := range book.Rows(s.Name) {
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range row.Cells {
				for _, w := range strings.FieldsFunc(c.Value, letters) {
					if !allowed[w] {
						t.Errorf("%s, row %d: %q in %q", s.Name, row.Number, w, c.Value)
					}
				}
			}
		}
	}
	for name, part := range parts(t, templates.BlankChinese) {
		if !strings.HasPrefix(name, "xl/comments") {
			continue
		}
		if n := strings.Count(part, "必填") + strings.Count(part, "。"); n < 5 {
			t.Errorf("the notes in %s are not in Chinese", name)
		}
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
	for _, blank := range blanks {
		t.Run(blank.language.Tag(), blank.guideDescribes)
	}
}

func (blank blank) guideDescribes(t *testing.T) {
	book, err := xlsx.Open(bytes.NewReader(blank.file), int64(len(blank.file)), xlsx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	described := map[string]int{}
	for row, err := range book.Rows(blank.language.AddedName(xlsx.GuideName)) {
		if err != nil {
			t.Fatal(err)
		}
		if len(row.Cells) > 1 {
			described[row.Cells[0].Value]++
		}
	}
	for _, c := range sheet.Columns {
		if described[blank.language.Header(c.ID)] == 0 {
			t.Errorf("the guide does not describe the column %s", c.Header)
		}
	}
	for _, r := range sheet.AllResults {
		if n := described[blank.language.Result(r)]; n != 1 {
			t.Errorf("the guide describes %s %d times, want once", r, n)
		}
	}
}
