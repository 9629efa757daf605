package cli_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/loabatch/loabatch/batch/cli"
	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/sheet"
)

// A badBook is a workbook with one thing wrong, and the problem that validate must report.
type badBook struct {
	code  string
	set   string                        // cells to change: C2=text; E:B3=text, on the Engineers sheet
	parts func(parts map[string]string) // changes parts of the package; may be nil
	flags string
	zip   uint16 // method of compression
}

// The workbook that every badBook starts from.
var (
	goodCircuits = [][]string{
		{"Instance ID", "Region ID", "Company name", "Line type", "Construction company", "Construction time (UTC)", "Bandwidth (Mbit/s)", "Peer location", "Client token"},
		{"pc-bp1one", "cn-hangzhou", "Example Networks", "MSTP", "Example Build", "2027-01-15T08:00:00Z", "1000", "Hangzhou", "loa-1"},
		{"pc-bp1two", "cn-shanghai", "Example Networks", "FIBRE", "Example Build", "2027-01-15T08:00:00Z", "1000", "Shanghai", "loa-2"},
	}
	goodEngineers = [][]string{
		{"Instance ID", "Name", "Certificate type", "Certificate number", "Gender", "Contact"},
		{"*", "Test Person", "Passport", "E00000007", "Female", "+447700900123"},
		{"pc-bp1one", "Other Person", "IDCard", "000000199001010018", "Male", "+447700900124"},
	}
)

// cellXML writes a cell as a spreadsheet program does. A value is text unless it starts with a
// mark: = number, @ date, ~ formula with its value, ! error, ? logical value, % rich text.
func cellXML(ref, value string) string {
	kind, rest := byte(' '), value
	if value != "" && strings.IndexByte("=@~!?%", value[0]) >= 0 {
		kind, rest = value[0], value[1:]
	}
	switch kind {
	case '=':
		number, style, _ := strings.Cut(rest, "/")
		return fmt.Sprintf(`<c r="%s" s="%s"><v>%s</v></c>`, ref, cmp.Or(style, "0"), number)
	case '@':
		return fmt.Sprintf(`<c r="%s" s="1"><v>%s</v></c>`, ref, rest)
	case '~':
		formula, result, stored := strings.Cut(rest, "/")
		if !stored {
			return fmt.Sprintf(`<c r="%s"><f>%s</f></c>`, ref, clitest.Escape(formula))
		}
		return fmt.Sprintf(`<c r="%s" t="str"><f>%s</f><v>%s</v></c>`, ref, clitest.Escape(formula), clitest.Escape(result))
	case '!':
		return fmt.Sprintf(`<c r="%s" t="e"><v>%s</v></c>`, ref, rest)
	case '?':
		return fmt.Sprintf(`<c r="%s" t="b"><v>%s</v></c>`, ref, rest)
	case '%':
		return fmt.Sprintf(`<c r="%s" t="inlineStr"><is><r><rPr><b/></rPr><t>Ex</t></r><r><rPr><strike/></rPr><t>%s</t></r></is></c>`, ref, clitest.Escape(rest))
	}
	return fmt.Sprintf(`<c r="%s" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, ref, strings.ReplaceAll(clitest.Escape(value), "&#xA;", "\n"))
}

// sheetXML writes rows of values as a worksheet.
func sheetXML(rows [][]string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	for i, row := range rows {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for j, value := range row {
			if value != "" {
				b.WriteString(cellXML(fmt.Sprint(sheet.ColName(j+1), i+1), value))
			}
		}
		b.WriteString(`</row>`)
	}
	return b.String() + `</sheetData></worksheet>`
}

// cellChange is one change of cells: E: for the Engineers sheet, column, row and value.
var cellChange = regexp.MustCompile(`^(E:)?([A-Z])([0-9]+)=((?s).*)$`)

// partsOfBook are the parts of the workbook with its changed cells.
func partsOfBook(t *testing.T, set string) map[string]string {
	grids := [2][][]string{}
	for i, from := range [][][]string{goodCircuits, goodEngineers} {
		for _, row := range from {
			grids[i] = append(grids[i], slices.Clone(row))
		}
	}
	for change := range strings.SplitSeq(set, "; ") {
		if change == "" {
			continue
		}
		m := cellChange.FindStringSubmatch(change)
		if m == nil {
			t.Fatalf("not a change of a cell: %q", change)
		}
		grid, col := &grids[len(m[1])/2], int(m[2][0]-'A')
		row, _ := strconv.Atoi(m[3])
		for len(*grid) < row {
			*grid = append(*grid, nil)
		}
		line := &(*grid)[row-1]
		for len(*line) <= col {
			*line = append(*line, "")
		}
		(*line)[col] = m[4]
	}
	content := clitest.Pack([]clitest.Sheet{{Name: "Circuits"}, {Name: "Engineers"}})
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = string(text)
	}
	parts[firstSheet], parts[secondSheet] = sheetXML(grids[0]), sheetXML(grids[1])
	xf := `<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>`
	parts[stylesPart] = strings.Replace(strings.Replace(parts[stylesPart], `<cellXfs count="1">`+xf, `<cellXfs count="4">`+xf+strings.Replace(xf, `"0"`, `"14"`, 1)+strings.Replace(xf, `"0"`, `"164"`, 1)+strings.Replace(xf, `"0"`, `"9"`, 1), 1),
		"<fonts", `<numFmts count="1"><numFmt numFmtId="164" formatCode="0000000000"/></numFmts><fonts`, 1)
	return parts
}

// zipOf packs parts, the content types first.
func zipOf(method uint16, parts map[string]string) []byte {
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		clitest.AddPart(z, method, name, parts[name])
	}
	_ = z.Close()
	return packed.Bytes()
}

// swap changes one part, which must have the old text.
func swap(part, old, new string) func(map[string]string) {
	return func(parts map[string]string) {
		if !strings.Contains(parts[part], old) {
			panic(part + " has no " + old)
		}
		parts[part] = strings.Replace(parts[part], old, new, 1)
	}
}

// put replaces or adds a part; an empty content removes it.
func put(part, content string) func(map[string]string) {
	return func(parts map[string]string) {
		if parts[part] = content; content == "" {
			delete(parts, part)
		}
	}
}

// row1 replaces the rows of the first sheet.
func row1(xml string) func(map[string]string) {
	return func(parts map[string]string) {
		head, rest, _ := strings.Cut(parts[firstSheet], "<sheetData>")
		_, tail, _ := strings.Cut(rest, "</sheetData>")
		parts[firstSheet] = head + "<sheetData>" + xml + "</sheetData>" + tail
	}
}

const (
	firstSheet  = "xl/worksheets/sheet1.xml"
	secondSheet = "xl/worksheets/sheet2.xml"
	stylesPart  = "xl/styles.xml"
	bookPart    = "xl/workbook.xml"
	bookRels    = "xl/_rels/workbook.xml.rels"
	typesPart   = "[Content_Types].xml"
)

// badBooks returns a workbook for each problem that validate can find in cells, rows,
// headers, sheets and parts. It is a function, as some parts are large, and each command
// that a test runs is this program again.
func badBooks() []badBook {
	return []badBook{
		// cells
		{code: "cell-error", set: "C2=!#REF!"},
		{code: "cell-error-text", set: "C2=#REF!"},
		{code: "cell-formula-empty", set: "C2=~A2"},
		{code: "cell-formula", set: "C2=~A2/Example"},
		{code: "cell-boolean", set: "C2=?1"},
		{code: "cell-date", set: "I2=@46115"},
		{code: "cell-stored-number", set: "E:F2==13800000000"},
		{code: "cell-as-shown", set: "E:F2==612345678/2"},
		{code: "cell-number-form", set: "C2==0.5/3"},
		{code: "cell-apostrophe", set: "E:F2='13800000000"},
		{code: "cell-exponent", set: "E:D3=1.10101E+17"},
		{code: "cell-merged", set: "C3=", parts: swap(firstSheet, "</sheetData>", `</sheetData><mergeCells><mergeCell ref="C2:C3"/></mergeCells>`)},
		{code: "cell-line-break", set: "C2=Example\nNetworks"},
		{code: "cell-control", set: "C2=Example_x0001_Networks"},
		{code: "cell-confusable", set: "A2=pc-\u0430one"},
		{code: "cell-decomposed", set: "C2=Socie\u0301te\u0301"},
		{code: "cell-unreadable", set: "C2=Soci\uFFFDt"},
		{code: "cell-length", set: "C2=" + strings.Repeat("word", 64)},
		{code: "cell-picture", set: `H2=~DISPIMG("ID_1",1)/=DISPIMG("ID_1",1)`},
		{code: "cell-placeholder", set: "C2=TBD"},
		{code: "cell-placeholder-optional", set: "H2=N/A"},
		{code: "cell-rich", set: "C2=%ample", flags: "--severity cell-rich=warning"},
		// circuits
		{code: "circuit-instance-missing", set: "A2="},
		{code: "circuit-region-missing", set: "B2="},
		{code: "circuit-region-default", set: "B2=", flags: "--region cn-hangzhou"},
		{code: "circuit-time-far", set: "F2=2072-01-15"},
		{code: "circuit-time-gap", set: "F2=2027-03-28 02:30", flags: "--timezone Europe/Berlin"},
		{code: "circuit-time-night", set: "F2=2027-01-16T23:30:00Z"},
		{code: "circuit-time-of-day", set: "F2=08:00"},
		{code: "circuit-time-serial", set: "F2==46402"},
		{code: "circuit-token-twice", set: "I3=loa-1"},
		{code: "circuit-engineers-many", set: manyEngineers(17)},
		{code: "circuit-request-long", set: "H2=" + strings.Repeat("\u793a", 700)},
		// engineers
		{code: "engineer-name-missing", set: "E:B2="},
		{code: "engineer-certificate-missing", set: "E:D2="},
		{code: "engineer-certificate-type-missing", set: "E:C2="},
		{code: "engineer-gender-missing", set: "E:E2="},
		{code: "engineer-circuit-missing", set: "E:A2="},
		{code: "engineer-circuit-repeated", set: "E:A2=pc-bp1one, pc-bp1one, pc-bp1two"},
		{code: "engineer-circuit-star", set: "E:A2=*, pc-bp1one"},
		{code: "engineer-contact-form", set: "E:F2=name@example.com"},
		{code: "engineer-contact-malformed", set: "E:F2=110"},
		{code: "engineer-certificate-malformed", set: "E:D3=123"},
		{code: "engineer-certificate-type-permit", set: "E:C3=\u53f0\u80de\u8bc1"},
		{code: "engineer-certificate-type-residence", set: "E:C3=\u5c45\u4f4f\u8bc1"},
		{code: "engineer-id-permit", set: "E:D3=H00000000"},
		{code: "engineer-id-residence", set: "E:D3=810000199001010019"},
		{code: "engineer-id-age", set: "E:D3=000000201901010013"},
		{code: "engineer-id-birth-date", set: "E:D3=000000199013010015"},
		{code: "engineer-id-form", set: "E:D3=000000 19900101 0018"},
		{code: "engineer-id-old-form", set: "E:D3=000000990010123"},
		{code: "engineer-id-gender", set: "E:E3=Female"},
		{code: "engineer-passport-form", set: "E:D2=E 0000-0000"},
		{code: "engineer-twice", set: "E:C3=Passport; E:D3=E00000007"},
		// headers, sheets, and what lies beside and below the data
		{code: "header-misspelt", set: "G1=Bandwith (Mbit/s)"},
		{code: "header-twice", set: "J1=Company"},
		{code: "header-row-missing", set: "A1=1; B1=2; C1=3; D1=4; E1=5; F1=6; G1=7; H1=8; I1=9"},
		{code: "header-apart", set: "G1=; G2=; G3=; K1=Bandwidth; K2==5"},
		{code: "header-after-hidden", set: "G1=; G2=; G3=; H1=; H2=; H3=; I1=Bandwidth; I2==5; I3=", parts: swap(firstSheet, "<sheetData>", `<cols><col min="7" max="8" hidden="1"/></cols><sheetData>`)},
		{code: "header-row-repeated", set: "A4=Instance ID; B4=Region ID; C4=Company name; D4=Line type; E4=Construction company; F4=Construction time (UTC)"},
		{code: "header-row-late", parts: func(parts map[string]string) {
			parts[secondSheet] = sheetXML(append([][]string{{"Engineers of the spring"}}, goodEngineers...))
		}},
		{code: "header-outside-table", set: "G1=; G2=; G3=; H1=; H2=; H3=; I1=; I2=; I3=; K1=Bandwidth; K2==5; K3==6", parts: withTable("A1:F3", "")},
		{code: "totals-row", set: "G4==2000", parts: withTable("A1:I4", ` totalsRowCount="1"`)},
		{code: "hidden-column", parts: swap(firstSheet, "<sheetData>", `<cols><col min="9" max="9" hidden="1"/></cols><sheetData>`)},
		{code: "hidden-row", parts: swap(firstSheet, `<row r="3">`, `<row r="3" hidden="1">`)},
		{code: "hidden-sheet", parts: swap(bookPart, `<sheet name="Engineers"`, `<sheet state="hidden" name="Engineers"`)},
		{code: "stray-value", set: "K3=a remark"},
		{code: "values-below-data", set: "G4==5; G5==6; G6==7"},
		{code: "summary-row", set: "A4=Total; G4==2000"},
		{code: "signature-row", set: "A5=Prepared by: Test Person; C5=Approved by:"},
		{code: "sheet-empty", parts: put(secondSheet, sheetXML(nil))},
		{code: "sheet-misspelt", parts: swap(bookPart, `"Engineers"`, `"Enginers"`)},
		{code: "sheet-twice", parts: swap(bookPart, `"Engineers"`, `"Circuits (2)"`)},
		// the parts of a workbook
		{code: "sheet-columns", parts: swap(firstSheet, "<sheetData>", `<cols><col min="3" max="2" hidden="1"/></cols><sheetData>`)},
		{code: "sheet-merged", parts: swap(firstSheet, "</sheetData>", `</sheetData><mergeCells><mergeCell ref="A1:"/></mergeCells>`)},
		{code: "row-number", parts: row1(`<row r="0"/>`)},
		{code: "row-twice", parts: row1(`<row r="1"/><row r="2"/><row r="1"/>`)},
		{code: "cell-twice", parts: row1(`<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>`)},
		{code: "cell-reference", parts: row1(`<row r="1"><c r="A2"><v>1</v></c></row>`)},
		{code: "cell-type", parts: row1(`<row r="1"><c r="B1" t="x"><v>1</v></c></row>`)},
		{code: "cell-style", parts: row1(`<row r="1"><c r="B1" s="x"><v>1</v></c></row>`)},
		{code: "cell-string-index", parts: row1(`<row r="1"><c r="B1" t="s"><v>3</v></c></row>`)},
		{code: "cell-number", parts: row1(`<row r="1"><c r="B1"><v>1x</v></c></row>`)},
		{code: "cell-bool", parts: row1(`<row r="1"><c r="B1" t="b"><v>2</v></c></row>`)},
		{code: "cell-value-twice", parts: row1(`<row r="1"><c r="B1"><v>1</v><v>2</v></c></row>`)},
		{code: "cell-long", parts: row1(`<row r="1"><c r="B1" t="str"><v>` + counted(1<<20+1) + `</v></c></row>`)},
		{code: "part-token-long", parts: row1(`<row r="1"><c r="B1" t="inlineStr"><is>` + strings.Repeat("<r><t>"+counted(1<<15)+"</t></r>", 33) + `</is></c></row>`)},
		{code: "part-malformed", parts: row1(`<row r="1"><c r="B1" t="str"><v>&no;</v></c></row>`)},
		{code: "part-deep", parts: row1(strings.Repeat("<a>", 200))},
		{code: "part-dtd", parts: put(firstSheet, `<!DOCTYPE a [<!ENTITY b "ha">]><worksheet/>`)},
		{code: "part-encoding", parts: swap(firstSheet, "UTF-8", "EBCDIC")},
		{code: "part-truncated", parts: put(firstSheet, `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)},
		{code: "part-wrong-root", parts: put(firstSheet, `<worksheet xmlns="urn:other"/>`)},
		{code: "part-missing", parts: put(bookPart, "")},
		{code: "part-relationship", parts: swap(bookRels, `Id="rId2"`, `Id="rId1"`)},
		{code: "part-list-long", parts: swap(bookRels, "</Relationships>", longRelationships(50_001)+"</Relationships>")},
		{code: "part-many-formats", parts: swap(stylesPart, "</cellXfs>", strings.Repeat("<xf/>", 1<<17)+"</cellXfs>"), set: "C2==1"},
		{code: "workbook-no-sheets", parts: func(parts map[string]string) {
			parts[bookPart] = regexp.MustCompile(`<sheet .*?/>`).ReplaceAllString(parts[bookPart], "")
		}},
		{code: "workbook-sheet-entry", parts: swap(bookPart, `name="Circuits"`, "")},
		{code: "workbook-sheet-lost", parts: put(firstSheet, "")},
		{code: "workbook-sheet-twice", parts: swap(bookPart, `"Engineers"`, `"CIRCUITS"`)},
		{code: "file-xlsb", parts: swap(typesPart, "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "vnd.ms-excel.sheet.binary.macroEnabled.main")},
		{code: "file-other-format", parts: swap(typesPart, "spreadsheetml.sheet.main", "wordprocessingml.document.main")},
		{code: "file-ods", parts: func(parts map[string]string) {
			clear(parts)
			parts["mimetype"] = "application/vnd.oasis.opendocument.spreadsheet"
		}},
		{code: "file-too-large", parts: row1(strings.Repeat("<!-- "+counted(1<<16)+" -->", 40)), flags: "--max-unpacked 1"},
		{code: "zip-part-name", parts: put("xl/../../a.xml", "x")},
		{code: "zip-part-twice", parts: put("XL/workbook.xml", "x")},
		{code: "zip-many-parts", parts: func(parts map[string]string) {
			for i := range 20_000 {
				parts[fmt.Sprint("a", i)] = ""
			}
		}},
		// what the results copy would meet
		{code: "copy-signed", parts: swap("_rels/.rels", "</Rel", `<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin" Target="_xmlsignatures/origin.sigs"/></Rel`), flags: "-o COPY"},
		{code: "copy-merged-cut", parts: swap(firstSheet, "</sheetData>", `</sheetData><mergeCells><mergeCell ref="I2:N2"/></mergeCells>`), flags: "-o COPY"},
		{code: "copy-no-free-columns", parts: swap(firstSheet, `<c r="I2"`, `<c r="XFB2"><v>1</v></c><c r="I2"`), flags: "-o COPY"},
		{code: "copy-formula-in-the-way", parts: swap(firstSheet, `<row r="2">`, `<row r="2"><c r="K2"><f t="array" ref="K2:Z2">A2:P2</f><v>1</v></c>`), flags: "-o COPY"},
		{code: "copy-no-notes", set: "C2=TBD", parts: func(parts map[string]string) {
			parts[firstSheet] = strings.Replace(parts[firstSheet], "</sheetData>", `</sheetData><legacyDrawing xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/>`, 1)
			parts["xl/worksheets/_rels/sheet1.xml.rels"] = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/vmlDrawing" Target="../drawings/vml1.vml"/></Relationships>`
			parts["xl/drawings/vml1.vml"] = `not markup`
		}, flags: "-o COPY"},
		{code: "zip-ratio", parts: put("xl/worksheets/sheet9.xml", strings.Repeat(" ", 64<<20)), zip: zip.Deflate},
	}
}

// badFiles has the bytes of a file for each problem that validate can find before it sees
// a workbook, or in a ZIP archive whose headers are wrong.
var badFiles = map[string]func(good []byte) []byte{
	"file-empty":     func([]byte) []byte { return nil },
	"file-zeros":     func([]byte) []byte { return make([]byte, 5000) },
	"file-truncated": func(good []byte) []byte { return good[:len(good)-100] },
	"file-encrypted": func(good []byte) []byte {
		content, _ := clitest.Encrypt(bytes.Clone(good)) // tried by TestBadEncrypted
		return content
	},
	"file-old-xls": func([]byte) []byte { return compound("Workbook") },
	"file-csv":     func([]byte) []byte { return []byte("Instance ID,Region ID\npc-bp1one,cn-hangzhou\n") },
	"file-html":    func([]byte) []byte { return []byte("<!DOCTYPE html>\n<html><body>sign in</body></html>") },
	"file-xml-2003": func([]byte) []byte {
		return []byte(`<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>`)
	},
	"file-lock":          func([]byte) []byte { return append([]byte("\x07Made Up"), bytes.Repeat([]byte(" "), 157)...) },
	"file-not-workbook":  func([]byte) []byte { return []byte("\x00\x01\x02\xfe\xdc made-up bytes") },
	"zip-directory":      func(good []byte) []byte { return bytes.Replace(good, []byte("PK\x01\x02"), []byte("PK\x09\x09"), 1) },
	"zip-part-header":    func(good []byte) []byte { return bytes.Replace(good, []byte("sheet1.xml"), []byte("sheet7.xml"), 1) },
	"zip-part-encrypted": forged(func(h *zip.FileHeader) { h.Flags = 1 }, nil),
	"zip-part-method":    forged(func(h *zip.FileHeader) { h.Method = 12 }, nil),
	"zip-part-size":      forged(func(h *zip.FileHeader) { h.UncompressedSize64 += 99 }, nil),
	"zip-overlap":        forged(func(h *zip.FileHeader) { h.CompressedSize64 += 20; h.UncompressedSize64 += 20 }, nil),
	"part-checksum":      forged(func(h *zip.FileHeader) { h.CRC32++ }, nil),
	"part-packing":       forged(func(h *zip.FileHeader) { h.Method = zip.Deflate }, []byte("\x07\x07\x07")),
}

// forged packs a workbook whose first sheet has another header, and other bytes if given.
func forged(change func(*zip.FileHeader), data []byte) func([]byte) []byte {
	return func(good []byte) []byte {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		from, _ := zip.NewReader(bytes.NewReader(good), int64(len(good)))
		for _, f := range from.File {
			if f.Name != firstSheet {
				_ = z.Copy(f)
				continue
			}
			r, _ := f.Open()
			text, _ := io.ReadAll(r)
			if data != nil {
				text = data
			}
			h := &zip.FileHeader{Name: f.Name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(text), CompressedSize64: uint64(len(text)), UncompressedSize64: uint64(len(text))}
			change(h)
			w, _ := z.CreateRaw(h)
			_, _ = w.Write(text)
		}
		_ = z.Close()
		return out.Bytes()
	}
}

// compound makes the smallest compound file (MS-CFB) with a stream of this name.
func compound(stream string) []byte {
	const sector = 512
	le := binary.LittleEndian
	b := make([]byte, sector*3)
	copy(b, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	le.PutUint16(b[30:], 9) // sectors of 1<<9 bytes
	le.PutUint32(b[48:], 1) // the directory's first sector
	for i := 1; i < 109; i++ {
		le.PutUint32(b[76+4*i:], 0xFFFFFFFF)
	}
	le.PutUint32(b[sector:], 0xFFFFFFFD)
	le.PutUint32(b[sector+4:], 0xFFFFFFFE)
	for i, name := range []string{"Root Entry", stream} {
		at := 2*sector + i*128
		for j, u := range utf16.Encode([]rune(name)) {
			le.PutUint16(b[at+2*j:], u)
		}
		le.PutUint16(b[at+64:], uint16(2*len(name)+2))
	}
	return b
}

// counted is a text of n characters that does not compress well.
func counted(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%x ", i*2654435761%1000003)
	}
	return b.String()[:n]
}

func manyEngineers(n int) string {
	var list []string
	for i := range n {
		r := i + 4
		list = append(list, fmt.Sprintf("E:A%d=pc-bp1one; E:B%d=Person; E:C%d=Passport; E:D%d=E100000%02d; E:E%d=Male; E:F%d=+4477009001%02d", r, r, r, r, i, r, r, i))
	}
	return strings.Join(list, "; ")
}

func longRelationships(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<Relationship Id="x%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/theme" Target="t%d.xml"/>`, i, i)
	}
	return b.String()
}

// withTable puts a table over the first sheet's cells.
func withTable(ref, attributes string) func(map[string]string) {
	return func(parts map[string]string) {
		parts[firstSheet] = strings.Replace(parts[firstSheet], "</sheetData>", `</sheetData><tableParts count="1"><tablePart xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/></tableParts>`, 1)
		parts["xl/worksheets/_rels/sheet1.xml.rels"] = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/table" Target="../tables/table1.xml"/></Relationships>`
		parts["xl/tables/table1.xml"] = `<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" id="1" name="T" displayName="T" ref="` + ref + `"` + attributes + `><autoFilter ref="` + ref + `"/></table>`
		parts[typesPart] = strings.Replace(parts[typesPart], "</Types>", `<Override PartName="/xl/tables/table1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"/></Types>`, 1)
	}
}

// validated runs validate over a file, with fixed time, and returns all that it printed.
func validated(t *testing.T, path string, flags ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cli.Run(t.Context(), cli.Env{
		Args: append([]string{"validate", "--json", path}, flags...), Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(string) string { return "" }, Now: func() time.Time { return time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC) },
	})
	return stdout.String() + stderr.String()
}

// TestBadBooks checks that validate finds and reports each problem.
func TestBadBooks(t *testing.T) {
	t.Parallel()
	for _, b := range badBooks() {
		t.Run(b.code, func(t *testing.T) {
			t.Parallel()
			parts := partsOfBook(t, b.set)
			if b.parts != nil {
				b.parts(parts)
			}
			path := filepath.Join(t.TempDir(), "bad.xlsx")
			if err := os.WriteFile(path, zipOf(b.zip, parts), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := validated(t, path, strings.Fields(strings.Replace(b.flags, "COPY", filepath.Join(filepath.Dir(path), "copy.xlsx"), 1))...); !strings.Contains(got, `"code":"`+b.code+`"`) {
				t.Errorf("not found in\n%.3000s", got)
			}
		})
	}
}

// TestBadFiles checks that validate says why it cannot read each file.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	good := zipOf(zip.Deflate, partsOfBook(t, ""))
	for code, spoil := range badFiles {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "bad.xlsx")
			if err := os.WriteFile(path, spoil(good), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := validated(t, path); !strings.Contains(got, `"code":"`+code+`"`) {
				t.Errorf("not found in\n%.3000s", got)
			}
		})
	}
}

// badEncrypted has what is done to an encrypted workbook, of which EncryptionInfo is in one
// piece, for each problem that opening it with its password can find.
var badEncrypted = map[string]func(good []byte) []byte{
	"file-password-wrong":         reencoded(`encryptedVerifierHashInput="`, `encryptedVerifierHashInput="AAAA`, 4),
	"file-encryption-changed":     reencoded(`encryptedHmacValue="`, `encryptedHmacValue="AAAA`, 4),
	"file-encryption-damaged":     reencoded(`<keyData`, `<keyDatA`, 0),
	"file-encryption-cipher":      reencoded(`"AES"`, `"DES"`, 0),
	"file-encryption-spins":       reencoded(`spinCount="100000"`, `spinCount="99999999"`, 0),
	"file-encryption-certificate": reencoded(`keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password"`, `keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/certificate"`, 0),
	"file-encryption-extensible": func(good []byte) []byte {
		return bytes.Replace(good, []byte("\x04\x00\x04\x00\x40\x00\x00\x00<?xml"), []byte("\x04\x00\x03\x00\x40\x00\x00\x00<?xml"), 1)
	},
	"file-encryption-rights": func(good []byte) []byte {
		return renamed(renamed(good, "EncryptionInfo", "Other"), "StrongEncryptionDataSpace", "DRMEncryptedDataSpace")
	},
	"file-too-large": func(good []byte) []byte { // --max-unpacked is about the package, too
		content, _, _ := clitest.Decrypt(good)
		content, _ = clitest.Encrypt(append(content, make([]byte, 1<<20)...))
		return content
	},
}

// reencoded replaces a text of EncryptionInfo once, and as many bytes after it. Spaces at the
// end keep its length.
func reencoded(old, with string, after int) func([]byte) []byte {
	return func(good []byte) []byte {
		from, to := bytes.Index(good, []byte("<?xml")), bytes.Index(good, []byte("</encryption>"))+len("</encryption>")
		text := strings.Replace(string(good[from:to]), ` standalone="yes"`, "", 1)
		at := strings.Index(text, old)
		text = text[:at] + with + text[at+len(old)+after:]
		text += strings.Repeat(" ", to-from-len(text))
		return slices.Concat(good[:from], []byte(text), good[to:])
	}
}

// renamed gives an entry of a compound file's directory another name ([MS-CFB] 2.6.1).
func renamed(good []byte, old, name string) []byte {
	entry := func(name string) []byte {
		b := make([]byte, 66)
		for i, u := range utf16.Encode([]rune(name)) {
			binary.LittleEndian.PutUint16(b[2*i:], u)
		}
		binary.LittleEndian.PutUint16(b[64:], uint16(2*len(name)+2))
		return b
	}
	return bytes.Replace(good, entry(old), entry(name), 1)
}

func TestBadEncrypted(t *testing.T) {
	t.Parallel()
	good, err := clitest.Encrypt(zipOf(zip.Deflate, partsOfBook(t, "")))
	if err != nil {
		t.Fatal(err)
	}
	validate := func(content []byte) string {
		path := filepath.Join(t.TempDir(), "bad.xlsx")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return runSaid(t, func(e *cli.Env) {
			e.Getenv = func(name string) string { return map[string]string{"LOABATCH_PASSWORD": clitest.Password}[name] }
		}, "validate", "--json", "--max-unpacked", "1", path)
	}
	if said := validate(good); !strings.Contains(said, `"exit_code": 0`) {
		t.Errorf("unchanged: %s", said)
	}
	if said := validate(compound("EncryptedPackage")); !strings.Contains(said, `"code":"file-encryption-damaged"`) {
		t.Errorf("a directory without links: %s", said)
	}
	for code, spoil := range badEncrypted {
		content := spoil(bytes.Clone(good))
		if said := validate(content); !strings.Contains(said, `"code":"`+code+`"`) || !strings.Contains(said, `"exit_code": 2`) {
			t.Errorf("%s: not found in\n%.3000s", code, said)
		}
	}
}

// personalData are made-up values of every kind with the part that may be shown nowhere.
var personalData = []struct{ value, secret string }{
	{"999999199001011234", "99199001011"},
	{"99999919900101123X", "99199001011"},
	{"999999 19900101 1234", "19900101 12"},
	{"９９９９９９１９９００１０１１２３４", "１９９００１０１"},
	{"13812345678", "812345"},
	{"138 1234 5678", "1234 5"},
	{"138-1234-5678", "1234-5"},
	{"+8613812345678", "6138123456"},
	{"+86 138 1234 5678", "138 1234 5"},
	{"008613812345678", "138123456"},
	{"１３８１２３４５６７８", "８１２３４５"},
	{"+447700900123", "77009001"},
	{"0571-87654321", "1-876543"},
	{"138/1234/5678", "1234/5"},
	{"138\u20091234—5678", "1234—5"},
	{"00447700900123", "77009001"},
	{"E12345678", "2345678"},
	{"EA1234567", "1234567"},
}

// TestMisplacedPersonalData puts personal data where it does not belong and looks for it
// in everything that is printed or written, apart from a copy that is not redacted.
func TestMisplacedPersonalData(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 8))
		circuits := [][]string{
			{"Instance ID", "Region ID", "Company name", "Line type", "Construction company", "Construction time (UTC)", "Bandwidth (Mbit/s)", "Peer location", "Client token", "Remarks"},
			{"pc-a1", "cn-hangzhou", "Example Networks", "MSTP", "Example Build", "2027-03-15", "1000", "Hangzhou", "", ""},
			{"pc-a2", "cn-hangzhou", "Example Networks", "MSTP", "Example Build", "2027-03-15", "1000", "Hangzhou", "", ""},
		}
		staff := [][]string{
			{"Instance ID", "Name", "Certificate type", "Certificate number", "Gender", "Contact", "Notes"},
			{"*", "Test Person", "Passport", "X7654321", "Male", "+447700900999", ""},
			{"pc-a1", "Other Person", "Passport", "X7654322", "Female", "+447700900998", ""},
		}
		var secrets []string
		place := func(rows [][]string, row, col int) {
			data := personalData[random.IntN(len(personalData))]
			wrap := []string{"%s", "Slippery %s", "%s, pc-a1", "电话%s", "Slippery-%s", " %s "}[random.IntN(6)]
			if rows[row][col] != "" && row == 0 {
				wrap = rows[row][col] + " (%s)"
			}
			rows[row][col] = fmt.Sprintf(wrap, data.value)
			secrets = append(secrets, data.secret)
			if col == 0 && &rows[0] == &staff[0] { // where a name is recognised too
				rows[row][col] = strings.Replace(rows[row][col], "Slippery", "Slipperson", 1)
				secrets = append(secrets, "lipperson")
			}
		}
		place(circuits, random.IntN(2), 9)
		place(circuits, 1, random.IntN(9))
		place(circuits, 2, random.IntN(9))
		place(staff, 2, []int{0, 0, 2, 4, 6}[random.IntN(5)])
		place(staff, 0, 6)
		sheets := []clitest.Sheet{{Name: "Circuits", Rows: circuits}, {Name: "Engineers", Rows: staff}}
		if random.IntN(3) == 0 {
			data := personalData[random.IntN(10)]
			sheets[0].Name = "List " + data.value
			secrets = append(secrets, data.secret)
		}
		data := personalData[random.IntN(10)] // on a sheet that is not ours, and in its name
		sheets = append(sheets, clitest.Sheet{Name: "Staff " + data.value, Rows: [][]string{{"Ask Test Person", data.value}, {"+44 7700 900999", "x7654321; OTHER PERSON"}}})
		secrets = append(secrets, data.secret, "est Perso", "HER PERSO", "00 9009", "765432")
		searchOutputs(t, fmt.Sprintf("seed %d, %q", seed, secrets), clitest.Pack(sheets), secrets)
	}
}

// fraction matches the fractions of a time or a duration, which may be any digits.
var fraction = regexp.MustCompile(`\.\d{3,9}(Z|[+-]\d\d:\d\d|,?\n)`)

// searchOutputs runs the commands over a workbook and looks for secrets in their outputs.
func searchOutputs(t *testing.T, name string, book []byte, secrets []string) {
	t.Helper()
	dir := t.TempDir()
	input := filepath.Join(dir, "in.xlsx")
	if err := os.WriteFile(input, book, 0o600); err != nil {
		t.Fatal(err)
	}
	outputs := map[string][]byte{}
	for label, args := range map[string][]string{
		"text":   {"validate", input},
		"json":   {"validate", "--json", input},
		"off":    {"validate", "--severity", "circuit-region-unknown=warning", "--severity", "circuit-instance-malformed=warning", "--json", input},
		"submit": {"submit", "--simulate", "--json", "--redact", "--report", "csv,json,html", "--log-level", "debug", "--log-format", "json", "-o", filepath.Join(dir, "out.xlsx"), input},
	} {
		var stdout, stderr bytes.Buffer
		cli.Run(context.Background(), cli.Env{
			Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
			Getenv: func(string) string { return "" }, Now: time.Now,
		})
		outputs[label], outputs[label+", errors"] = stdout.Bytes(), stderr.Bytes()
	}
	written, err := filepath.Glob(filepath.Join(dir, "out.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range written {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		outputs[filepath.Base(path)] = content
		if z, err := zip.NewReader(bytes.NewReader(content), int64(len(content))); err == nil {
			for _, f := range z.File {
				outputs[f.Name] = unpackedPart(t, f)
			}
		}
	}
	for where, content := range outputs {
		content = fraction.ReplaceAll(content, nil)
		for _, secret := range secrets {
			if i := bytes.Index(content, []byte(secret)); i >= 0 {
				t.Errorf("%s: %s has %q: %s", name, where, secret, content[max(0, i-120):min(len(content), i+80)])
			}
		}
	}
}

func unpackedPart(t *testing.T, f *zip.File) []byte {
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// benchedBook is a workbook of n circuits and one engineer. In a wrong one every cell of
// the circuits has a mistake.
func benchedBook(n int, wrong bool) []byte {
	circuits := [][]string{{"Instance ID", "Region ID", "Company name", "Line type", "Construction company", "Construction time (UTC)", "Bandwidth (Mbit/s)", "Peer location", "Client token"}}
	for i := range n {
		row := []string{fmt.Sprintf("pc-bp1%06d", i), "cn-hangzhou", "Example Networks", "MSTP", "Example Build", "2027-01-15", "1000", "Hangzhou", ""}
		if wrong {
			row = []string{fmt.Sprint("vbr-", i), "cn-hangzou", "Exam\u200bple", "SDH", "Bui\u200bld", "03/04/2027", "1G", fmt.Sprint("ＡＢ", i), "my token"}
		}
		circuits = append(circuits, row)
	}
	return clitest.Pack([]clitest.Sheet{{Name: "Circuits", Rows: circuits}, {Name: "Engineers", Rows: [][]string{
		{"Instance ID", "Name", "Certificate type", "Certificate number", "Gender", "Contact"},
		{"*", "Test Person", "Passport", "X7654321", "Male", "+447700900999"},
	}}})
}

// BenchmarkWrongWorkbook measures the commands on a correct workbook and on one with a mistake in
// every cell. The latter should cost at most half as much again.
func BenchmarkWrongWorkbook(b *testing.B) {
	const rows = 100_000
	for _, wrong := range []bool{false, true} {
		dir := b.TempDir()
		input := filepath.Join(dir, "in.xlsx")
		if err := os.WriteFile(input, benchedBook(rows, wrong), 0o600); err != nil {
			b.Fatal(err)
		}
		for name, args := range map[string][]string{
			"validate": {"validate", input},
			"copy":     {"submit", "--dry-run", "-o", filepath.Join(dir, "out.xlsx"), input},
		} {
			b.Run(fmt.Sprintf("%s/wrong=%v", name, wrong), func(b *testing.B) {
				b.ReportAllocs()
				runtime.GC()
				for range b.N {
					var stdout, stderr bytes.Buffer
					cli.Run(context.Background(), cli.Env{
						Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
						Getenv: func(string) string { return "" }, Now: time.Now,
					})
					if stdout.Len() == 0 {
						b.Fatal(stderr.String())
					}
				}
			})
		}
	}
}
