//go:build unix

package sheet_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"html"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// file writes the synthetic workbook as a real file, with inline strings.
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

// BenchmarkDecodeOfReading compares the cost of decoding with that of reading the same file,
// in one run: decode/read should stay below 1.
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

// processorTime is the user and system time of this process.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
