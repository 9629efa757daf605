package clitest

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// Sheet is a sheet as rows of texts.
type Sheet struct {
	Name string
	Rows [][]string
}

// Circuit is a circuit of a made-up workbook. Company and Builder have values if they are empty.
type Circuit struct {
	Number           int
	Company, Builder string
}

// ID returns the circuit's instance ID.
func (c Circuit) ID() string { return fmt.Sprintf("pc-crash%05d", c.Number) }

// Region returns the circuit's region, one of three.
func (c Circuit) Region() string {
	return []string{"cn-hangzhou", "cn-shanghai", "ap-southeast-1"}[c.Number%3]
}

// Circuits returns the sheets of a workbook of n circuits in three regions, each with an
// engineer of its own.
func Circuits(n int) []Sheet {
	all := make([]Circuit, n)
	for i := range all {
		all[i].Number = i
	}
	return Book(all)
}

// Book returns the sheets of a workbook of these circuits.
func Book(all []Circuit) []Sheet {
	circuits := Sheet{Name: "Circuits", Rows: [][]string{{"Instance ID", "Region ID", "Company name", "Line type", "Construction company", "Construction time (UTC)"}}}
	engineers := Sheet{Name: "Engineers", Rows: [][]string{{"Instance ID", "Name", "Certificate type", "Certificate number", "Gender", "Contact"}}}
	for _, c := range all {
		company, builder := cmp.Or(c.Company, "Example Networks Ltd"), cmp.Or(c.Builder, "Example Build Co")
		circuits.Rows = append(circuits.Rows, []string{c.ID(), c.Region(), company, "FIBRE", builder, "2027-03-15T08:00:00Z"})
		engineers.Rows = append(engineers.Rows, []string{c.ID(), fmt.Sprintf("Testperson %d", c.Number), "Passport", fmt.Sprintf("E%08d", c.Number), "Female", "+86 139 0000 0000"})
	}
	return []Sheet{circuits, engineers}
}

// Pack makes the smallest workbook that contains the sheets: inline strings, no
// styles, no shared strings. The tests make their inputs with it, so each shows what its
// input contains.
func Pack(sheets []Sheet) []byte {
	const spreadsheet = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	parts := map[string]string{
		"_rels/.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
	}
	types := `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>`
	book := `<workbook ` + spreadsheet + ` xmlns:r="` + office + `"><sheets>`
	rels := `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId0" Type="` + office + `/styles" Target="styles.xml"/>`
	for i, s := range sheets {
		n := i + 1
		types += fmt.Sprintf(`<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, n)
		book += fmt.Sprintf(`<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, Escape(s.Name), n, n)
		rels += fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, office, n)
		parts[fmt.Sprintf("xl/worksheets/sheet%d.xml", n)] = `<worksheet ` + spreadsheet + `><sheetData>` + gridRows(s.Rows) + `</sheetData></worksheet>`
	}
	parts["[Content_Types].xml"] = types + `</Types>`
	parts["xl/workbook.xml"] = book + `</sheets></workbook>`
	parts["xl/_rels/workbook.xml.rels"] = rels + `</Relationships>`
	parts["xl/styles.xml"] = `<styleSheet ` + spreadsheet + `><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>`

	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"} {
		addXML(z, name, parts[name])
		delete(parts, name)
	}
	for i := range sheets {
		name := fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)
		addXML(z, name, parts[name])
	}
	z.Close()
	return packed.Bytes()
}

func addXML(z *zip.Writer, name, content string) {
	AddPart(z, zip.Store, name, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+"\n"+content)
}

// AddPart adds a part to a package; tests that do not need compression do without it, since it
// takes longer than reading the part.
func AddPart(z *zip.Writer, method uint16, name, content string) {
	w, _ := z.CreateHeader(&zip.FileHeader{Name: name, Method: method}) // writing to memory does not fail
	_, _ = w.Write([]byte(content))
}

func gridRows(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for j, value := range row {
			if value != "" {
				fmt.Fprintf(&b, `<c r="%s%d" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, sheet.ColName(j+1), i+1, Escape(value))
			}
		}
		b.WriteString(`</row>`)
	}
	return b.String()
}

// Escape escapes a text for XML.
func Escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

// Cells reads the cells under some headers of sheet Circuits.
func Cells(t *testing.T, path string, headers ...string) (rows [][]string) {
	content, _ := Read(t, path)
	book, err := xlsx.Open(bytes.NewReader(content), int64(len(content)), xlsx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var cols []int
	for row, err := range book.Rows("Circuits") {
		if err != nil {
			t.Fatal(err)
		}
		if cols == nil {
			cols = Columns(row, headers)
			continue
		}
		values := make([]string, len(cols))
		for i, col := range cols {
			if j := slices.IndexFunc(row.Cells, func(cell sheet.Cell) bool { return cell.Col == col }); j >= 0 {
				values[i] = row.Cells[j].Value
			}
		}
		rows = append(rows, values)
	}
	return rows
}

// Columns returns the columns of a row that has all these headers, else nil; an empty one is
// the next column.
func Columns(row sheet.Row, wanted []string) []int {
	var cols []int
	for _, header := range wanted {
		if header == "" && len(cols) > 0 {
			cols = append(cols, cols[len(cols)-1]+1)
			continue
		}
		i := slices.IndexFunc(row.Cells, func(c sheet.Cell) bool { return c.Value == header })
		if i < 0 {
			return nil
		}
		cols = append(cols, row.Cells[i].Col)
	}
	return cols
}

// Read reads a workbook, and reports whether it was encrypted.
func Read(t *testing.T, path string) (content []byte, secret bool) {
	content, err := os.ReadFile(path)
	if err == nil && xlsx.Encrypted(bytes.NewReader(content), int64(len(content))) {
		secret = true
		content, _, err = Decrypt(content)
	}
	if err != nil {
		t.Fatal(err)
	}
	return content, secret
}

// Edit repacks the parts of a workbook, and replaces a text in the first sheet once.
func Edit(content []byte, old, text string) ([]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		part, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		if f.Name == "xl/worksheets/sheet1.xml" {
			part = bytes.Replace(part, []byte(old), []byte(text), 1)
		}
		to, err := w.Create(f.Name)
		if err != nil {
			return nil, err
		}
		if _, err := to.Write(part); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return packed.Bytes(), err
}

// Password is the password of the encrypted workbooks of the tests.
const Password = "Made-up 密码 1"

// Encrypt encrypts a workbook as another program did.
func Encrypt(content []byte) ([]byte, error) {
	sample, err := os.ReadFile(filepath.Join(Root(), "sheet/xlsx/internal/crypt/testdata/msoffcrypto.xlsx"))
	if err != nil {
		return nil, err
	}
	_, encryption, err := Decrypt(sample)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = encryption.Encrypt(&b, content)
	return b.Bytes(), err
}

// Decrypt decrypts a workbook.
func Decrypt(content []byte) ([]byte, *xlsx.Encryption, error) {
	password, err := xlsx.NewPassword(Password)
	if err != nil {
		return nil, nil, err
	}
	return xlsx.Decrypt(bytes.NewReader(content), int64(len(content)), password, xlsx.Limits{})
}
