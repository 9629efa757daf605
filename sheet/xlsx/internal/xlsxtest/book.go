// Package xlsxtest makes workbooks for the codec's tests, byte by byte if that matters, and
// reads them with the standard library alone.
package xlsxtest

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
)

const officeRel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"

// RelsPart returns a list of relationships from alternating kinds and targets, with the
// IDs rId1, rId2 and so on.
func RelsPart(kindsAndTargets ...string) string {
	var b strings.Builder
	b.WriteString(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i := 0; i+1 < len(kindsAndTargets); i += 2 {
		fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%s" Target="%s"/>`, 1+i/2, officeRel+kindsAndTargets[i], kindsAndTargets[i+1])
	}
	return b.String() + `</Relationships>`
}

// DataRows is a header row and one row of data.
const DataRows = `<sheetData><row r="1"/><row r="2"><c r="A2"><v>1</v></c></row></sheetData>`

// The parts of the plainest workbook. Tests replace what they are about.
const (
	TypesXML = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>`
	TopRelsXML = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	BookXML    = `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Circuits" sheetId="1" r:id="rId1"/></sheets></workbook>`
	RelsXML    = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>`
	StylesXML  = `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/></numFmts><fonts count="1"><font/></fonts><fills count="2"><fill/><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>`
	StringsXML = `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="3" uniqueCount="3"><si><t>Instance ID</t></si><si><t>pc-made0001</t></si><si><r><t>made</t></r><r><t xml:space="preserve"> up</t></r><rPh sb="0" eb="1"><t>hint</t></rPh></si></sst>`
	SheetOpen  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`
	SheetXML   = SheetOpen + `<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2" s="1"><v>45000</v></c></row></sheetData></worksheet>`
)

// Part is one entry of a generated file.
type Part struct{ Name, Content string }

// storedFrom is the length from which parts are stored rather than packed, because packing
// would take most of a test's time.
const storedFrom = 8 << 20

// PlainParts returns the parts of the plainest workbook, some of them replaced or added.
// A content of "-" leaves a part out.
func PlainParts(replaced ...Part) []Part {
	parts := []Part{
		{"[Content_Types].xml", TypesXML}, {"_rels/.rels", TopRelsXML},
		{"xl/workbook.xml", BookXML}, {"xl/_rels/workbook.xml.rels", RelsXML},
		{"xl/styles.xml", StylesXML}, {"xl/sharedStrings.xml", StringsXML}, {"xl/worksheets/sheet1.xml", SheetXML},
	}
next:
	for _, r := range replaced {
		for i := range parts {
			if parts[i].Name == r.Name {
				parts[i].Content = r.Content
				continue next
			}
		}
		parts = append(parts, r)
	}
	return parts
}

// Zipped packs parts into a file.
func Zipped(t testing.TB, parts []Part) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, p := range parts {
		if p.Content == "-" {
			continue
		}
		h := &zip.FileHeader{Name: p.Name, Method: zip.Deflate}
		if _, bench := t.(*testing.B); !bench && len(p.Content) >= storedFrom {
			h.Method = zip.Store
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p.Content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// WithSheet returns the plainest workbook with this content between its sheet's root tags.
func WithSheet(t testing.TB, inner string) []byte {
	return Zipped(t, PlainParts(Part{"xl/worksheets/sheet1.xml", SheetOpen + inner + "</worksheet>"}))
}

// LargeBook returns a workbook with ten columns, like those that spreadsheets save: eight of
// shared strings, half of them repeated, a number and a date.
func LargeBook(t testing.TB, rows int) []byte {
	t.Helper()
	var data, strs strings.Builder
	index := map[string]int{}
	shared := func(s string) int {
		i, ok := index[s]
		if !ok {
			i = len(index)
			index[s] = i
			fmt.Fprintf(&strs, "<si><t>%s</t></si>", s)
		}
		return i
	}
	data.WriteString(SheetOpen + `<dimension ref="A1:J1"/><sheetData>`)
	for r := 1; r <= rows; r++ {
		fmt.Fprintf(&data, `<row r="%d" spans="1:10">`, r)
		for c, s := range []string{
			fmt.Sprintf("pc-made%08d", r), []string{"cn-hangzhou", "cn-beijing", "eu-central-1"}[r%3],
			fmt.Sprintf("Made-up company %d Ltd.", r), []string{"MSTP", "FIBRE", "MPLSVPN", "Other"}[r%4],
			fmt.Sprintf("Builder &amp; sons %d", r%50), fmt.Sprintf("Road %d, hall %d", r, r%7), fmt.Sprintf("note %d", r), "建设公司",
		} {
			fmt.Fprintf(&data, `<c r="%c%d" t="s"><v>%d</v></c>`, 'A'+c, r, shared(s))
		}
		fmt.Fprintf(&data, `<c r="I%d"><v>%d</v></c><c r="J%d" s="1"><v>%d.5</v></c></row>`, r, 2+r%10000, r, 45000+r%2000)
	}
	data.WriteString(`</sheetData><pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/></worksheet>`)
	table := fmt.Sprintf(`<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="%d" uniqueCount="%d">%s</sst>`, 8*rows, len(index), strs.String())
	return Zipped(t, PlainParts(Part{"xl/worksheets/sheet1.xml", data.String()}, Part{"xl/sharedStrings.xml", table}))
}

// UTF16 encodes a text in UTF-16 without a byte order mark.
func UTF16(s string, bigEndian bool) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if bigEndian {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return b
}

// Counted returns a text of a given length that does not pack too well: the numbers from 0 on.
func Counted(length int) string {
	var b strings.Builder
	for i := 0; b.Len() < length; i++ {
		fmt.Fprintf(&b, "%d ", i)
	}
	return b.String()[:length]
}

// Compound makes a compound file with streams of these names. From the fourth stream on, its
// directory takes a second sector.
func Compound(streams ...string) []byte {
	const (
		sector, entry, nameLen = 512, 128, 64
		sectorShift, firstDir  = 30, 48
		listOfFATs, listed     = 76, 109
	)
	le := binary.LittleEndian
	b := make([]byte, sector*5)
	copy(b, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	le.PutUint16(b[sectorShift:], 9)
	le.PutUint32(b[firstDir:], 1)
	for i := range listed {
		le.PutUint32(b[listOfFATs+4*i:], 0xFFFFFFFF)
	}
	le.PutUint32(b[listOfFATs:], 0) // the FAT is sector 0; the directory sectors 1 and 3
	fat := b[sector : 2*sector]
	for i, next := range []uint32{0xFFFFFFFD, 3, 0xFFFFFFFE, 0xFFFFFFFE} {
		le.PutUint32(fat[4*i:], next)
	}
	for i, name := range append([]string{"Root Entry"}, streams...) {
		at := 2*sector + i*entry
		if i >= 4 {
			at = 4*sector + (i-4)*entry
		}
		units := utf16.Encode([]rune(name))
		for j, u := range units {
			le.PutUint16(b[at+2*j:], u)
		}
		le.PutUint16(b[at+nameLen:], uint16(2*len(units)+2))
	}
	return b
}

// WithTable returns the plainest workbook with a table.
func WithTable(t *testing.T, table string) []byte {
	return Zipped(t, PlainParts(
		Part{Name: "xl/worksheets/sheet1.xml", Content: SheetOpen + DataRows + `</worksheet>`},
		Part{Name: "xl/worksheets/_rels/sheet1.xml.rels", Content: RelsPart("table", "../tables/table1.xml")},
		Part{Name: "xl/tables/table1.xml", Content: table},
	))
}
