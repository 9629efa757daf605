package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// FuzzPatch patches any worksheet part that can be read: the copy holds what was put,
// every other cell as before, and a second copy is the same file as the first.
func FuzzPatch(f *testing.F) {
	for _, inner := range []string{
		xlsxtest.DataRows,
		`<dimension ref="A1"/><cols><col min="1" max="9" width="3"/></cols><sheetData><row><c><v>1</v></c></row><row r="3" spans="1:2"><c r="B3" t="inlineStr"><is><t>x</t></is></c><c/><c t="b"><v>1</v></c></row></sheetData><autoFilter ref="A1:B3"/><mergeCells><mergeCell ref="B3:E3"/></mergeCells>`,
		`<sheetData><row r="2"/><row r="1"><c r="B1"><f>1</f></c></row></sheetData><conditionalFormatting sqref="A1"/><legacyDrawing/>`,
	} {
		f.Add([]byte(xlsxtest.SheetOpen + inner + `</worksheet>`))
	}
	for _, part := range xlsxtest.SeedParts(f, "worksheets/sheet") {
		f.Add(part)
	}
	f.Fuzz(func(t *testing.T, sheetPart []byte) {
		file := xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: string(sheetPart)}))
		copyAnything(t, file)
	})
}

// FuzzCopy reads and copies any file at all.
func FuzzCopy(f *testing.F) {
	f.Add(xlsxtest.Zipped(f, xlsxtest.PlainParts()))
	for _, file := range xlsxtest.SeedFiles(f) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) { copyAnything(t, file) })
}

// copyAnything copies a file that may be none. What can be read can be copied, but for
// what the copy itself refuses in an orderly way.
func copyAnything(t *testing.T, file []byte) {
	p, ok := corpusPatch(file)
	if !ok {
		mustNotPanic(t, file)
		return
	}
	var out bytes.Buffer
	err := Copy(&out, bytes.NewReader(file), int64(len(file)), p)
	if in := (*sheet.InputError)(nil); errors.As(err, &in) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(bytes.NewReader(out.Bytes()), int64(out.Len()), bytes.NewReader(file), int64(len(file)), p); err != nil {
		t.Fatal(err)
	}
	col := p.Sheets[0].Columns[0].Col
	if was, is := cellsBefore(t, file, p.Sheets[0].Sheet, col), cellsBefore(t, out.Bytes(), p.Sheets[0].Sheet, col); was != is {
		t.Fatalf("cells were\n%s\nare\n%s", was, is)
	}
	var again bytes.Buffer
	if err := Copy(&again, bytes.NewReader(out.Bytes()), int64(out.Len()), p); err != nil {
		t.Fatalf("the copy cannot be copied: %v", err)
	}
	if err := Verify(bytes.NewReader(again.Bytes()), int64(again.Len()), bytes.NewReader(out.Bytes()), int64(out.Len()), p); err != nil {
		t.Fatal(err)
	}
}

// cellsBefore lists the cells of a sheet left of a column.
func cellsBefore(t *testing.T, file []byte, name string, col int) string {
	b, err := Open(bytes.NewReader(file), int64(len(file)), copyLimits)
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	for row, err := range b.Rows(name) {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range row.Cells {
			if c.Col < col {
				fmt.Fprintln(&list, row.Number, row.Hidden, c)
			}
		}
	}
	return list.String()
}

// FuzzStyles adds the formats to any styles part that can be read: the entries that
// were there stay in front, those that were added stand behind, and nothing is added
// again.
func FuzzStyles(f *testing.F) {
	f.Add([]byte(xlsxtest.StylesXML))
	f.Add([]byte(blankStyles(spacesOf(true).main)))
	f.Add([]byte(`<styleSheet><unknown/><cellXfs/><fonts><font/></fonts><fonts><font><b/></font></fonts></styleSheet>`))
	for _, part := range xlsxtest.SeedParts(f, "styles.xml") {
		f.Add(part)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		before, err := surveyStyles(xmltok.New(bytes.NewReader(content), "styles"))
		if err != nil {
			return
		}
		counts := before.counts
		p, err := newStylePatch(before)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := rewriteStyles(xmltok.NewEditor(xmltok.New(bytes.NewReader(content), "styles"), &out), before.prefix, p); err != nil {
			t.Fatal(err)
		}
		after, err := surveyStyles(xmltok.New(bytes.NewReader(out.Bytes()), "styles"))
		if err != nil {
			t.Fatalf("%v in %s", err, out.Bytes())
		}
		for list := range counts {
			if want := counts[list] + len(p.added[list]); after.counts[list] != want {
				t.Fatalf("%d %s, want %d in %s", after.counts[list], styleLists[list].list, want, out.Bytes())
			}
		}
	})
}
