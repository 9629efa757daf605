package xlsx

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/xuri/excelize/v2"
)

// notesBook is a workbook with a note of the user's in A2.
func notesBook(t *testing.T) []byte {
	f := excelize.NewFile()
	defer f.Close()
	for cell, text := range map[string]string{"A1": "Instance ID", "B1": "Region ID", "A2": "pc-made0001", "B2": "nowhere"} {
		if err := f.SetCellStr("Sheet1", cell, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.AddComment("Sheet1", excelize.Comment{Cell: "A2", Author: "Made Up", Text: "ask about this one"}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// notes returns the notes of a sheet as excelize reads them.
func notes(t *testing.T, file []byte, name string) string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	comments, err := f.GetComments(name)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, c := range comments {
		text := c.Text
		for _, run := range c.Paragraph {
			text += run.Text
		}
		list = append(list, c.Cell+" "+c.Author+": "+text)
	}
	return strings.Join(list, "; ")
}

func TestNotesAreAddedAndReplaced(t *testing.T) {
	p := resultPatch("Circuits", 2, 2)
	p.Sheets[0].Marks = append(p.Sheets[0].Marks, sheet.Mark{Row: 2, Col: 1, Style: sheet.StyleBad, Note: "and this"})
	first := copied(t, xlsxtest.WithSheet(t, `<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row></sheetData>`), p)
	if got, want := notes(t, first, "Circuits"), "A2 loabatch: loabatch: this is wrong\nand this; B2 loabatch: loabatch: this is odd"; got != want {
		t.Errorf("notes are %q, want %q", got, want)
	}
	p.Sheets[0].Marks = []sheet.Mark{{Row: 1, Col: 2, Style: sheet.StyleWarn, Note: "another"}}
	second := copied(t, first, p)
	if got, want := notes(t, second, "Circuits"), "B1 loabatch: loabatch: another"; got != want {
		t.Errorf("after a second run notes are %q, want %q", got, want)
	}
	if n := strings.Count(xlsxtest.PartOf(t, second, "xl/drawings/vmlDrawing1.vml"), "<v:shape "); n != 1 {
		t.Errorf("the drawing has %d shapes", n)
	}
	p.Sheets[0].Marks, p.Sheets[0].Columns[0].Shades = nil, nil
	third := copied(t, second, p)
	if got := notes(t, third, "Circuits"); got != "" {
		t.Errorf("after a run without problems notes are %q", got)
	}
	if strings.Contains(xlsxtest.PartOf(t, third, "xl/worksheets/sheet1.xml"), "conditionalFormatting") {
		t.Error("after a run without problems cells are still coloured")
	}
}

func TestNotesOfTheUserStay(t *testing.T) {
	out := copied(t, notesBook(t), resultPatch("Sheet1", 2, 2))
	if got, want := notes(t, out, "Sheet1"), "A2 Made Up: ask about this one; B2 loabatch: loabatch: this is odd"; got != want {
		t.Errorf("notes are %q, want %q", got, want)
	}
	out = copied(t, out, resultPatch("Sheet1", 2, 2))
	if got, want := notes(t, out, "Sheet1"), "A2 Made Up: ask about this one; B2 loabatch: loabatch: this is odd"; got != want {
		t.Errorf("after a second run notes are %q, want %q", got, want)
	}
}

// TestNotesAreKnownWithoutAuthor replaces the notes of an earlier run after another program
// has dropped their author.
func TestNotesAreKnownWithoutAuthor(t *testing.T) {
	first := copied(t, xlsxtest.WithSheet(t, xlsxtest.DataRows), resultPatch("Circuits", 2, 2))
	var parts []xlsxtest.Part
	for _, f := range xlsxtest.ZipOf(t, first).File {
		content := string(xlsxtest.Unpacked(t, f))
		if strings.Contains(f.Name, "comments") {
			content = strings.ReplaceAll(content, "<author>loabatch</author>", "<author> </author>")
		}
		parts = append(parts, xlsxtest.Part{Name: f.Name, Content: content})
	}
	p := resultPatch("Circuits", 2, 2)
	p.Sheets[0].Marks = p.Sheets[0].Marks[:1]
	second := copied(t, xlsxtest.Zipped(t, parts), p)
	if got, want := notes(t, second, "Circuits"), "A2 loabatch: loabatch: this is wrong"; got != want {
		t.Errorf("notes are %q, want %q", got, want)
	}
}

// plainWords renders each text of a template as its code.
type plainWords struct{}

func (plainWords) Line(code string, _ ...sheet.Arg) string { return code }

// templateFile is the template with a row to fill in.
func templateFile(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteTemplate(&b, Template{Words: plainWords{}, Circuits: [][]any{{"pc-made0001"}}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// oldTemplate is the template as earlier versions wrote it: its header notes have the same
// author as the notes of a run.
func oldTemplate(t *testing.T) []byte {
	var parts []xlsxtest.Part
	file := templateFile(t)
	for _, f := range xlsxtest.ZipOf(t, file).File {
		parts = append(parts, xlsxtest.Part{Name: f.Name, Content: strings.ReplaceAll(string(xlsxtest.Unpacked(t, f)), "<author>loabatch template</author>", "<author>loabatch</author>")})
	}
	return xlsxtest.Zipped(t, parts)
}

// TestNotesOfTheTemplateStay copies the template, that of this version and that of earlier
// ones, and copies the copy: every header keeps its note, and the notes of the earlier run
// are gone.
func TestNotesOfTheTemplateStay(t *testing.T) {
	for name, file := range map[string][]byte{"template": templateFile(t), "old template": oldTemplate(t)} {
		before := notes(t, file, "Circuits")
		if n := strings.Count(before, "; "); n < 8 {
			t.Fatalf("%s: its notes are %q", name, before)
		}
		p := resultPatch("Circuits", len(sheet.Columns), 2)
		for _, mark := range []sheet.Mark{
			{Row: 2, Col: 1, Style: sheet.StyleBad, Note: "first"}, {Row: 2, Col: 2, Style: sheet.StyleWarn, Note: "second"},
		} {
			p.Sheets[0].Marks = []sheet.Mark{mark, {Row: 3, Col: 1, Style: sheet.StyleBad, Note: "no room"}}
			file = copied(t, file, p)
			want := before + "; " + sheet.ColName(mark.Col) + "2 loabatch: loabatch: " + mark.Note
			if got := notes(t, file, "Circuits"); got != want {
				t.Errorf("%s: notes are\n%s\nwant\n%s", name, got, want)
			}
			if n := strings.Count(xlsxtest.PartOf(t, file, "xl/drawings/vmlDrawing1.vml"), "<v:shape "); n != strings.Count(xlsxtest.PartOf(t, file, "xl/comments1.xml"), "<comment ") {
				t.Errorf("%s: the drawing has %d shapes", name, n)
			}
		}
		if got, want := notes(t, file, "Engineers"), notes(t, templateFile(t), "Engineers"); strings.ReplaceAll(got, "loabatch:", "loabatch template:") != want {
			t.Errorf("%s: notes of the other sheet are\n%s\nwant\n%s", name, got, want)
		}
	}
}

// TestVerifyNoticesNotes verifies copies that lost a note or have a different one.
func TestVerifyNoticesNotes(t *testing.T) {
	file := notesBook(t)
	p := resultPatch("Sheet1", 2, 2)
	out := copied(t, file, p)
	for _, c := range []struct{ what, old, new, place string }{
		{"a user's note", "ask about this one", "ask about this", "Sheet1!A2"},
		{"the place of a user's note", `ref="A2"`, `ref="A1"`, "Sheet1!A1"},
		{"an added note", "this is odd", "this is", "Sheet1!B2"},
		{"the added note", `ref="B2"`, `ref="B3"`, "Sheet1!B2"},
	} {
		var parts []xlsxtest.Part
		for _, f := range xlsxtest.ZipOf(t, out).File {
			content := string(xlsxtest.Unpacked(t, f))
			if strings.Contains(f.Name, "comments") {
				content = strings.Replace(content, c.old, c.new, 1)
			}
			parts = append(parts, xlsxtest.Part{Name: f.Name, Content: content})
		}
		changed := xlsxtest.Zipped(t, parts)
		err := Verify(bytes.NewReader(changed), int64(len(changed)), bytes.NewReader(file), int64(len(file)), p)
		var in *sheet.InputError
		if !errors.As(err, &in) || in.Problems[0].Code != "copy-note-differs" || in.Problems[0].At.String() != c.place {
			t.Errorf("%s: %v, want copy-note-differs at %s", c.what, err, c.place)
		}
	}
}

func TestNotesAreLeftOut(t *testing.T) {
	const rels = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/vmlDrawing" Target="../drawings/vmlDrawing1.vml"/></Relationships>`
	file := xlsxtest.Zipped(t, xlsxtest.PlainParts(
		xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: xlsxtest.SheetOpen + `<sheetData><row r="1"/><row r="2"><c r="A2"><v>1</v></c></row></sheetData><legacyDrawing xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/></worksheet>`},
		xlsxtest.Part{Name: "xl/worksheets/_rels/sheet1.xml.rels", Content: rels},
		xlsxtest.Part{Name: "xl/drawings/vmlDrawing1.vml", Content: `<xml><p>a control<br></xml>`},
	))
	out := copied(t, file, resultPatch("Circuits", 2, 2))
	if got := xlsxtest.PartOf(t, out, "xl/drawings/vmlDrawing1.vml"); got != `<xml><p>a control<br></xml>` {
		t.Errorf("the drawing became %s", got)
	}
}

// TestNewPartsAreNamedRelatively checks that added relationships have relative targets, as in
// Office: exceljs cannot open a workbook that names a sheet's notes from the root.
func TestNewPartsAreNamedRelatively(t *testing.T) {
	file := copied(t, xlsxtest.WithSheet(t, `<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row></sheetData>`), resultPatch("Circuits", 2, 2))
	rels := xlsxtest.PartOf(t, file, "xl/worksheets/_rels/sheet1.xml.rels")
	for _, want := range []string{`Target="../comments1.xml"`, `Target="../drawings/vmlDrawing1.vml"`} {
		if !strings.Contains(rels, want) {
			t.Errorf("%s is not in %s", want, rels)
		}
	}
}
