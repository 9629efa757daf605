package xlsx

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

// seedFiles gives the small workbooks of the folder that LOABATCH_CORPUS names, if any.
func seedFiles(f *testing.F) (files [][]byte) {
	dir := os.Getenv("LOABATCH_CORPUS")
	if dir == "" {
		return nil
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.xls?"))
	if err != nil {
		f.Fatal(err)
	}
	const longest = 12 << 10 // mutation of more is slow and rarely finds more
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) <= longest {
			files = append(files, b)
		}
	}
	return files
}

// seedParts gives the parts of those workbooks whose name has a word in it.
func seedParts(f *testing.F, word string) (parts [][]byte) {
	for _, b := range seedFiles(f) {
		c, err := openContainer(bytes.NewReader(b), int64(len(b)), Limits{})
		if err != nil {
			continue
		}
		for _, file := range c.zip.File {
			if !strings.Contains(file.Name, word) {
				continue
			}
			if content, err := c.readSmall(file.Name, 16<<10); err == nil {
				parts = append(parts, content)
			}
		}
	}
	return parts
}

// FuzzTokens cuts anything into tokens: their raw bytes are the part again, tags nest,
// and what we take for well-formed encoding/xml takes for it too, with the same tags.
func FuzzTokens(f *testing.F) {
	for _, s := range []string{sheetXML, stringsXML, stylesXML, relsXML, "<a b='1'><!-- c --><![CDATA[d]]>&amp;</a>", "\xef\xbb\xbf<a/>", "<?xml version='1.0'?><x:a xmlns:x='y'/>"} {
		f.Add([]byte(s))
	}
	for _, b := range seedParts(f, ".xml") {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		tz := newTokenizer(bytes.NewReader(b), "p")
		var again, tags []byte
		for {
			tok, err := tz.next()
			if err == io.EOF {
				break
			}
			if err != nil {
				codeOf(t, err)
				return
			}
			again = append(again, tok.raw...)
			if tok.kind == startTag || tok.kind == endTag {
				tags = append(append(tags, tok.local...), ' ')
			}
			if tok.kind == startTag && tok.empty {
				tags = append(append(tags, tok.local...), ' ')
			}
		}
		if tz.charset != "utf-8" {
			return
		}
		if want := bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")); !bytes.Equal(again, want) {
			t.Fatalf("tokens %q are not the part %q", again, want)
		}
		if theirs, ok := tagsByEncodingXML(again); ok && theirs != string(tags) {
			t.Fatalf("tags %q, encoding/xml's %q", tags, theirs)
		}
	})
}

// tagsByEncodingXML lists the local names of all tags; false where encoding/xml finds
// fault, which it does for text and names that we pass on unread.
func tagsByEncodingXML(b []byte) (string, bool) {
	d := xml.NewDecoder(bytes.NewReader(b))
	var tags strings.Builder
	for {
		tok, err := d.RawToken()
		if err == io.EOF {
			return tags.String(), true
		}
		if err != nil {
			return "", false
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			tags.WriteString(tok.Name.Local + " ")
		case xml.EndElement:
			tags.WriteString(tok.Name.Local + " ")
		}
	}
}

// FuzzSheet scans anything as a worksheet: rows are within bounds and unique, their
// cells in order and within bounds.
func FuzzSheet(f *testing.F) {
	f.Add([]byte(sheetXML))
	f.Add([]byte(sheetOpen + `<cols><col min="1" max="2" hidden="1"/></cols><sheetData><row><c t="inlineStr"><is><r><t>a</t></r></is></c><c t="inlineStr"><is><t>乙 &amp; b</t></is></c><c t="b"><v>1</v></c></row><row r="9"><c r="C9" t="str"><f>A1</f><v>x_x0041_</v></c><c r="A9" t="e"><v>#N/A</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells></worksheet>`))
	f.Add([]byte("<\x00<is><"))
	for _, b := range seedParts(f, "worksheets/") {
		f.Add(b)
	}
	table, err := tableOf(stringsXML, 10)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, code := scanned(t, table, b)
		if bytes.Contains(b, []byte("]")) || bytes.Contains(b, []byte("-")) {
			return // in a comment or a CDATA section a tag is none
		}
		if newTokenizer(bytes.NewReader(b), "p").charset != "utf-8" {
			return // a byte more makes other characters of all that follow
		}
		// with a space in its tag no cell's body is taken in one go
		long := bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("<v>"), []byte("<v >")), []byte("<is>"), []byte("<is >"))
		slow, slowCode := scanned(t, table, long)
		if rows != slow || code != slowCode {
			t.Fatalf("got %q\n%s\nthe long way %q\n%s", code, rows, slowCode, slow)
		}
	})
}

// scanned lists the rows of a worksheet part, with the code of the error that ends it.
func scanned(t *testing.T, table *stringTable, b []byte) (rows, code string) {
	s := &sheetScanner{tz: newTokenizer(bytes.NewReader(b), "p"), name: "Made", strings: table, formats: cellFormats{false, true}}
	seen := map[int]bool{}
	for {
		row, err := s.next()
		if err == io.EOF {
			return rows, ""
		}
		if err != nil {
			return rows, codeOf(t, err)
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
	f.Add(zipped(f, plainParts()))
	f.Add(compound("EncryptedPackage"))
	f.Add([]byte("a,b\n"))
	for _, b := range seedFiles(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := readThrough(b); err != nil {
			codeOf(t, err)
		}
	})
}

// FuzzParts reads workbooks one of whose parts is anything, its checksum right.
func FuzzParts(f *testing.F) {
	plain := plainParts()
	for i, p := range plain {
		f.Add(byte(i), []byte(p.content))
	}
	f.Fuzz(func(t *testing.T, which byte, content []byte) {
		parts := plainParts()
		parts[int(which)%len(parts)].content = string(content)
		if _, err := readThrough(zipped(t, parts)); err != nil {
			codeOf(t, err)
		}
	})
}
