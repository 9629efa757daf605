package read

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// FuzzSheet scans anything as a worksheet: rows are within bounds and unique, their
// cells in order and within bounds.
func FuzzSheet(f *testing.F) {
	f.Add([]byte(xlsxtest.SheetXML))
	f.Add([]byte(xlsxtest.SheetOpen + `<cols><col min="1" max="2" hidden="1"/></cols><sheetData><row><c t="inlineStr"><is><r><t>a</t></r></is></c><c t="inlineStr"><is><t>乙 &amp; b</t></is></c><c t="b"><v>1</v></c></row><row r="9"><c r="C9" t="str"><f>A1</f><v>x_x0041_</v></c><c r="A9" t="e"><v>#N/A</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells></worksheet>`))
	f.Add([]byte("<\x00<is><"))
	for _, b := range xlsxtest.SeedParts(f, "worksheets/") {
		f.Add(b)
	}
	table, err := tableOf(xlsxtest.StringsXML, 10)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, code := scanned(t, table, b)
		if bytes.Contains(b, []byte("]")) || bytes.Contains(b, []byte("-")) {
			return // text in a comment or a CDATA section only looks like a tag
		}
		if xmltok.New(bytes.NewReader(b), "p").Charset != "utf-8" {
			return // one more byte changes every character after it
		}
		// a space in every cell's tag rules out plain bodies
		long := bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("<v>"), []byte("<v >")), []byte("<is>"), []byte("<is >"))
		slow, slowCode := scanned(t, table, long)
		if rows != slow || code != slowCode {
			t.Fatalf("got %q\n%s\ntoken by token %q\n%s", code, rows, slowCode, slow)
		}
	})
}

// scanned lists the rows of a worksheet part, with the code of the error that ends it.
func scanned(t *testing.T, table *stringTable, b []byte) (rows, code string) {
	s := &sheetScanner{tz: xmltok.New(bytes.NewReader(b), "p"), name: "Made", strings: table, formats: cellFormats{{}, {date: true, code: "d"}}}
	seen := map[int]bool{}
	for {
		row, err := s.next()
		if err == io.EOF {
			return rows, ""
		}
		if err != nil {
			return rows, xlsxtest.CodeOf(t, err)
		}
		if row.Number < 1 || row.Number > sheet.MaxRow || seen[row.Number] || len(row.Cells) == 0 {
			t.Fatalf("row %d with %d cells, met before: %v", row.Number, len(row.Cells), seen[row.Number])
		}
		seen[row.Number] = true
		checkCells(t, row)
		rows += fmt.Sprintln(*row)
	}
}

func checkCells(t *testing.T, row *sheet.Row) {
	last := 0
	for _, c := range row.Cells {
		if c.Col <= last || c.Col > sheet.MaxCol {
			t.Fatalf("row %d: column %d after %d", row.Number, c.Col, last)
		}
		last = c.Col
		if c.Type == sheet.BlankCell && c.Value != "" || c.Value == "" && !c.Formula {
			t.Fatalf("row %d: cell %+v", row.Number, c)
		}
	}
}

// FuzzOpen reads anything as a file.
func FuzzOpen(f *testing.F) {
	f.Add(xlsxtest.Zipped(f, xlsxtest.PlainParts()))
	f.Add(xlsxtest.Compound("EncryptedPackage"))
	f.Add([]byte("a,b\n"))
	for _, b := range xlsxtest.SeedFiles(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := readThrough(b); err != nil {
			xlsxtest.CodeOf(t, err)
		}
	})
}

// FuzzParts reads workbooks in which one part is anything, with the right checksum.
func FuzzParts(f *testing.F) {
	plain := xlsxtest.PlainParts()
	for i, p := range plain {
		f.Add(byte(i), []byte(p.Content))
	}
	f.Fuzz(func(t *testing.T, which byte, content []byte) {
		parts := xlsxtest.PlainParts()
		parts[int(which)%len(parts)].Content = string(content)
		if _, err := readThrough(xlsxtest.Zipped(t, parts)); err != nil {
			xlsxtest.CodeOf(t, err)
		}
	})
}
