package sheet_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"html"
	"io"
	"iter"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// synthetic is a workbook of any size that costs nothing to read: n circuits, 3n engineers.
type synthetic struct{ n int }

func (s synthetic) Sheets() []sheet.SheetInfo {
	return []sheet.SheetInfo{{Name: "Circuits"}, {Name: "Engineers"}}
}
func (s synthetic) Date1904() bool { return false }
func splitCells(line string) []string {
	cells := strings.Split(strings.TrimSpace(line), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

func (s synthetic) Merged(string) []sheet.Range               { return nil }
func (s synthetic) Tables(string) ([]sheet.ExcelTable, error) { return nil, nil }
func (s synthetic) HiddenColumn(string, int) bool             { return false }

func (s synthetic) Extent(name string) sheet.Range {
	rows := s.n
	if name == "Engineers" {
		rows *= 3
	}
	return sheet.Range{Row1: 1, Col1: 1, Row2: rows + 1, Col2: 9}
}

func (s synthetic) Rows(name string) iter.Seq2[sheet.Row, error] {
	return func(yield func(sheet.Row, error) bool) {
		head, count, fill := circuitsHead, s.n, s.circuit
		if name == "Engineers" {
			head, count, fill = engineersHead, 3*s.n, s.engineer
		}
		row := sheet.Row{Number: 1}
		for i, h := range splitCells(head) {
			row.Cells = append(row.Cells, sheet.Cell{Col: i + 1, Type: sheet.TextCell, Value: h})
		}
		if !yield(row, nil) {
			return
		}
		ids := []byte("pc-bp100000000")
		for i := range count {
			row.Number = i + 2
			fill(row.Cells, ids, i)
			if !yield(row, nil) {
				return
			}
		}
	}
}

// id writes a number into the last eight bytes.
func id(buf []byte, n int) string {
	for i := len(buf) - 1; i >= len(buf)-8; i-- {
		buf[i] = byte('0' + n%10)
		n /= 10
	}
	return string(buf)
}

func (s synthetic) circuit(cells []sheet.Cell, buf []byte, i int) {
	for j, v := range [...]string{id(buf, i), "cn-hangzhou", "示例网络（中国）有限公司", "MSTP", "Example Build", "46402.5", "1000", "Hangzhou", ""} {
		cells[j] = sheet.Cell{Col: j + 1, Type: sheet.TextCell, Value: v}
	}
	cells[5].Type, cells[5].DateStyle, cells[6].Type, cells[8].Type = sheet.NumberCell, true, sheet.NumberCell, sheet.BlankCell
}

func (s synthetic) engineer(cells []sheet.Cell, buf []byte, i int) {
	for j, v := range [...]string{id(buf, i/3), "示例", "IDCard", "000000199001010018", "Male", "+447700900123"} {
		cells[j] = sheet.Cell{Col: j + 1, Type: sheet.TextCell, Value: v}
	}
	if i%3 > 0 {
		cells[2].Value, cells[3].Value = "Passport", "X000000"+string(rune('0'+i%3))
	}
}

// BenchmarkDecode measures the cost of a row, which should not grow with their number.
func BenchmarkDecode(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n > 100_000 && testing.Short() {
				b.Skip("long")
			}
			b.ReportAllocs()
			for range b.N {
				w, err := sheet.Decode(synthetic{n}, sheet.Options{Now: now, Regions: regions})
				if err != nil || len(w.Circuits) != n || len(w.Engineers) != 3*n {
					b.Fatal(err)
				}
				for _, p := range w.Problems {
					if p.Severity > sheet.Note {
						b.Fatal(p.Code, p.At)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(4*n), "ns/row")
		})
	}
}

// file writes the synthetic workbook as a real one, with inline strings.
func (s synthetic) file(b *testing.B) *bytes.Reader {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	part := func(name string, write func(io.Writer)) {
		w, err := z.Create(name)
		if err != nil {
			b.Fatal(err)
		}
		buf := bufio.NewWriter(w)
		fmt.Fprint(buf, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`)
		write(buf)
		if err := buf.Flush(); err != nil {
			b.Fatal(err)
		}
	}
	text := func(s string) func(io.Writer) { return func(w io.Writer) { io.WriteString(w, s) } }
	const relationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	part("[Content_Types].xml", text(`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/worksheets/sheet2.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`))
	part("_rels/.rels", text(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="`+relationships+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`))
	part("xl/workbook.xml", text(`<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="`+relationships+`"><sheets><sheet name="Circuits" sheetId="1" r:id="rId1"/><sheet name="Engineers" sheetId="2" r:id="rId2"/></sheets></workbook>`))
	part("xl/_rels/workbook.xml.rels", text(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="`+relationships+`/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="`+relationships+`/worksheet" Target="worksheets/sheet2.xml"/><Relationship Id="rId3" Type="`+relationships+`/styles" Target="styles.xml"/></Relationships>`))
	part("xl/styles.xml", text(`<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>`))
	for i, info := range s.Sheets() {
		part(fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), func(w io.Writer) { s.rowsXML(w, info.Name) })
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	return bytes.NewReader(out.Bytes())
}

func (s synthetic) rowsXML(w io.Writer, name string) {
	fmt.Fprint(w, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	for row := range s.Rows(name) {
		fmt.Fprintf(w, `<row r="%d">`, row.Number)
		for _, c := range row.Cells {
			at, style := sheet.Ref{Row: row.Number, Col: c.Col}.Cell(), 0
			if c.DateStyle {
				style = 1
			}
			switch c.Type {
			case sheet.NumberCell:
				fmt.Fprintf(w, `<c r="%s" s="%d"><v>%s</v></c>`, at, style, c.Value)
			case sheet.TextCell:
				fmt.Fprintf(w, `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, at, html.EscapeString(c.Value))
			}
		}
		fmt.Fprint(w, `</row>`)
	}
	fmt.Fprint(w, `</sheetData></worksheet>`)
}

// BenchmarkDecodeOfReading compares what decoding adds with what reading the same file
// costs, in one run: decode/read is to stay below 1.
func BenchmarkDecodeOfReading(b *testing.B) {
	const n = 100_000
	file := synthetic{n}.file(b)
	open := func() *xlsx.Book {
		book, err := xlsx.Open(file, file.Size(), xlsx.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		return book
	}
	var read, decoded time.Duration
	b.ResetTimer()
	for range b.N {
		start := processorTime()
		book := open()
		for _, s := range book.Sheets() {
			for _, err := range book.Rows(s.Name) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		book.Close()
		read += processorTime() - start

		start = processorTime()
		w, err := sheet.Decode(synthetic{n}, sheet.Options{Now: now, Regions: regions})
		if err != nil || len(w.Circuits) != n {
			b.Fatal(err)
		}
		decoded += processorTime() - start
	}
	b.ReportMetric(float64(decoded)/float64(read), "decode/read")
	b.ReportMetric(float64(read.Nanoseconds())/float64(b.N)/(4*n), "read-ns/row")
}

// processorTime is what this process has used, user and system.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
