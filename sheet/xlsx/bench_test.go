package xlsx

import (
	"archive/zip"
	"bytes"
	"io"
	"sync"
	"testing"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/xuri/excelize/v2"
)

// The benchmarks read the same workbook of 100,000 rows and 10 columns in three ways,
// so that one run gives the ratios.
var benchBook = sync.OnceValue(func() []byte { return xlsxtest.LargeBook(&testing.B{}, 100_000) })

func BenchmarkRead(b *testing.B) {
	file := benchBook()
	b.Run("rows", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			readAll(b, file)
		}
	})
	b.Run("unzip", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			unzipAll(b, file)
		}
	})
	b.Run("excelize", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			excelizeRows(b, file)
		}
	})
}

// readAll reads every cell, as the tool does.
func readAll(b *testing.B, file []byte) {
	book, err := Open(bytes.NewReader(file), int64(len(file)), Limits{})
	if err != nil {
		b.Fatal(err)
	}
	cells := 0
	for row, err := range book.Rows("Circuits") {
		if err != nil {
			b.Fatal(err)
		}
		cells += len(row.Cells)
	}
	if cells != 1_000_000 {
		b.Fatalf("%d cells", cells)
	}
}

// unzipAll unpacks every part to nowhere with the standard library, which checks the CRC.
func unzipAll(b *testing.B, file []byte) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}

// excelizeRows reads every cell through excelize's streaming reader.
func excelizeRows(b *testing.B, file []byte) {
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	rows, err := f.Rows("Circuits")
	if err != nil {
		b.Fatal(err)
	}
	cells := 0
	for rows.Next() {
		cols, err := rows.Columns()
		if err != nil {
			b.Fatal(err)
		}
		cells += len(cols)
	}
	if cells != 1_000_000 {
		b.Fatalf("%d cells", cells)
	}
}
