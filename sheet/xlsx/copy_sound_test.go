package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/edit"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
)

// TestCorpusCopiesAreSound copies every workbook of the corpus, redacted and not, and looks
// in all parts for defects that the source does not have. The copies are also written to the
// folder that LOABATCH_CORPUS_COPIES names, if any, for other programs to open.
func TestCorpusCopiesAreSound(t *testing.T) {
	before, after := map[string]int{}, map[string]int{}
	refused := map[string]int{}
	copies := 0
	for name, file := range xlsxtest.Corpus(t) {
		p, ok := corpusPatch(file)
		if !ok {
			if why := whyNotCopied(file); why != noError {
				refused[why]++
				continue
			}
			p = sheet.Patch{Added: addedSheets("Sheet1")} // there are no rows to put results in
		}
		was := defectsOf(t, file)
		for _, d := range was {
			before[d.Code]++
		}
		for _, redact := range []bool{false, true} {
			if p.Redact = redact; redact && len(p.Sheets) > 0 { // as if the first column were personal
				p.Sheets[0].Masked = []int{1}
			}
			var out bytes.Buffer
			if err := Copy(&out, bytes.NewReader(file), int64(len(file)), p); err != nil {
				t.Errorf("%s, redacted %v: %v", name, redact, err)
				continue
			}
			if err := verified(out.Bytes(), file, p); err != nil {
				t.Errorf("%s, redacted %v: %v", name, redact, err)
			}
			if dir := os.Getenv("LOABATCH_CORPUS_COPIES"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(redact)+"-"+name), out.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			copies++
			for _, d := range defectsOf(t, out.Bytes()) {
				if after[d.Code]++; !slices.Contains(was, d) {
					t.Errorf("%s, redacted %v: %v", name, redact, d)
				}
			}
		}
	}
	t.Logf("%d copies; refused: %v; defects in the sources: %v, in the copies: %v", copies, refused, before, after)
}

// whyNotCopied returns the code for which the reader refuses a workbook.
func whyNotCopied(file []byte) string {
	b, err := Open(bytes.NewReader(file), int64(len(file)), Limits{})
	if err != nil {
		return codeOf(err)
	}
	for _, s := range b.Sheets() {
		for _, err := range b.Rows(s.Name) {
			if err != nil {
				return codeOf(err)
			}
		}
	}
	return codeOf(b.CheckRest())
}

// noError is what codeOf returns for nil.
const noError = "no error"

// codeOf returns the code of an error of the codec.
func codeOf(err error) string {
	if in := (*sheet.InputError)(nil); errors.As(err, &in) {
		return in.Problems[0].Code
	}
	return noError
}

func defectsOf(t *testing.T, file []byte) []edit.Defect {
	t.Helper()
	found, err := edit.Defects(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestVerifyFindsPackageDefects damages a good copy in each way that makes other programs
// refuse or repair it. The same damage in the source does not count against the copy.
func TestVerifyFindsPackageDefects(t *testing.T) {
	const (
		types, book  = "[Content_Types].xml", "xl/workbook.xml"
		bookRels     = "xl/_rels/workbook.xml.rels"
		styles, data = "xl/styles.xml", "xl/worksheets/sheet1.xml"
		override     = `<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>`
	)
	source := xlsxtest.WithSheet(t, `<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row></sheetData>`+
		`<mergeCells count="1"><mergeCell ref="A5:A6"/></mergeCells><pageMargins left="1" right="1" top="1" bottom="1" header="1" footer="1"/>`)
	p := resultPatch("Circuits", 2, 2)
	good := copied(t, source, p)
	for _, c := range []struct{ name, part, old, new, code string }{
		{"no default for rels", types, `<Default Extension="rels"`, `<Default Extension="nothing"`, "copy-part-untyped"},
		{"no type of a chart", types, `PartName="/xl/charts/chart1.xml"`, `PartName="/xl/charts/chart9.xml"`, "copy-part-lost"},
		{"override twice", types, override, override + override, "copy-listed-twice"},
		{"override twice in another case", types, override, override + strings.Replace(override, "/xl/", "/XL/", 1), "copy-listed-twice"},
		{"default twice", types, `<Override`, `<Default Extension="XML" ContentType="text/xml"/><Override`, "copy-listed-twice"},
		{"relationship missing its part", "xl/drawings/_rels/drawing1.xml.rels", `chart1.xml`, `chart7.xml`, "copy-part-lost"},
		{"sheet ID twice", book, `sheetId="2"`, `sheetId="1"`, "copy-listed-twice"},
		{"defined name twice", book, `</definedNames>`, `<definedName name="A">1</definedName><definedName name="a">2</definedName></definedNames>`, "copy-listed-twice"},
		{"order of the workbook", book, `<sheets>`, `<calcPr/><sheets>`, "copy-element-order"},
		{"element twice", book, `</definedNames>`, `</definedNames><definedNames/>`, "copy-element-order"},
		{"fonts", styles, `<fonts count="`, `<fonts count="1`, "copy-list-count"},
		{"cellXfs", styles, `<cellXfs count="`, `<cellXfs count="1`, "copy-list-count"},
		{"dxfs", styles, `<dxfs count="`, `<dxfs count="1`, "copy-list-count"},
		{"order of styles", styles, `</styleSheet>`, `<fonts/></styleSheet>`, "copy-element-order"},
		{"merged cells", data, `<mergeCells count="1"`, `<mergeCells count="2"`, "copy-list-count"},
		{"order before the rows", data, `<sheetData>`, `<autoFilter ref="A1:B1"/><sheetData>`, "copy-element-order"},
		{"order after the rows", data, `</worksheet>`, `<cols><col min="1" max="1"/></cols></worksheet>`, "copy-element-order"},
		{"tables", data, `</worksheet>`, `<tableParts count="2"><tablePart/></tableParts></worksheet>`, "copy-list-count"},
		{"validations", data, `<hyperlinks`, `<dataValidations count="1"/><hyperlinks`, "copy-list-count"},
		{"added sheet", "xl/worksheets/sheet2.xml", `</worksheet>`, `<sheetPr/></worksheet>`, "copy-element-order"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := verified(damaged(t, good, c.part, c.old, c.new), source, p)
			if got := codeOf(err); err == nil || got != c.code {
				t.Errorf("the error is %v, want %s", err, c.code)
			}
		})
	}
	t.Run("as in the source", func(t *testing.T) {
		odd := damaged(t, source, types, override, override+`<Override PartName="/xl/lost.xml" ContentType="text/xml"/>`)
		odd = damaged(t, odd, data, `<mergeCells count="1"`, `<mergeCells count="7"`)
		odd = damaged(t, odd, data, `</worksheet>`, `<sheetPr/></worksheet>`)
		odd = damaged(t, odd, styles, `<borders count="1"`, `<borders count="9"`)
		if n := len(defectsOf(t, odd)); n != 4 {
			t.Errorf("%d defects in the source, want 4", n)
		}
		copied(t, odd, p)
	})
	t.Run("wrong as in the source, and otherwise wrong", func(t *testing.T) {
		odd := damaged(t, source, data, `<mergeCells count="1"`, `<mergeCells count="7"`)
		worse := damaged(t, good, data, `<mergeCells count="1"`, `<mergeCells count="8"`)
		if err := verified(worse, odd, p); codeOf(err) != "copy-list-count" {
			t.Errorf("the error is %v", err)
		}
	})
	for _, c := range []struct{ name, part, old, new string }{
		{"relationship", bookRels, `</Relationships>`, `<Relationship Id="rId99" Type="made" Target="drawings/drawing1.xml"/></Relationships>`},
		{"content type", types, `</Types>`, `<Override PartName="/xl/charts/chart1.xml" ContentType="text/xml"/></Types>`},
		{"relationship ID", book, `</sheets>`, `</sheets><externalReferences><externalReference r:id="rId4"/></externalReferences>`},
	} {
		t.Run("dangling "+c.name+" finds an added part", func(t *testing.T) {
			odd := damaged(t, source, c.part, c.old, c.new)
			found := good
			if c.part != types { // because the copy has an entry for the part
				found = damaged(t, good, c.part, c.old, c.new)
			}
			if err := verified(found, odd, p); codeOf(err) != "copy-part-found" {
				t.Errorf("the error is %v", err)
			}
		})
	}
	t.Run("relationship ID twice", func(t *testing.T) {
		twice := damaged(t, good, bookRels, `Id="rId4"`, `Id="rId3"`)
		if err := verified(twice, source, p); codeOf(err) != "part-relationship" {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("relationship ID of a drawing twice", func(t *testing.T) {
		twice := damaged(t, good, "xl/drawings/_rels/drawing1.xml.rels", `</Relationships>`,
			`<Relationship Id="rId1" Type="x" Target="../workbook.xml"/></Relationships>`)
		if err := verified(twice, source, p); codeOf(err) != "copy-listed-twice" {
			t.Errorf("the error is %v", err)
		}
	})
	if found := defectsOf(t, good); len(found) > 0 {
		t.Errorf("the good copy has defects: %v", found)
	}
}

// verified verifies a copy in memory.
func verified(out, source []byte, p sheet.Patch) error {
	return Verify(bytes.NewReader(out), int64(len(out)), bytes.NewReader(source), int64(len(source)), p)
}

// damaged returns a file with something replaced in one of its parts, once.
func damaged(t *testing.T, file []byte, part, old, new string) []byte {
	t.Helper()
	var parts []xlsxtest.Part
	for _, f := range xlsxtest.ZipOf(t, file).File {
		content := string(xlsxtest.Unpacked(t, f))
		if f.Name == part {
			if !strings.Contains(content, old) {
				t.Fatalf("there is no %q in %s: %s", old, part, content)
			}
			content = strings.Replace(content, old, new, 1)
		}
		parts = append(parts, xlsxtest.Part{Name: f.Name, Content: content})
	}
	return xlsxtest.Zipped(t, parts)
}
