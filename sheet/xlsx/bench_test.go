package xlsx

import (
	"archive/zip"
	"bytes"
	stdflate "compress/flate"
	"io"
	"sync"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/edit"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
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

// readAll reads every cell like the tool.
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

// unzipAll unpacks and discards every part with the standard library, which checks the CRC.
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

// The benchmarks write 8 result columns into the workbook of BenchmarkRead in four
// ways, and verify the copy, so that one run gives the ratios.
func BenchmarkCopy(b *testing.B) {
	file := benchBook()
	p := resultPatch("Circuits", 10, 100_000)
	b.Run("copy", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := Copy(io.Discard, bytes.NewReader(file), int64(len(file)), p); err != nil {
				b.Fatal(err)
			}
		}
	})
	var out bytes.Buffer
	if err := Copy(&out, bytes.NewReader(file), int64(len(file)), p); err != nil {
		b.Fatal(err)
	}
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := Verify(bytes.NewReader(out.Bytes()), int64(out.Len()), bytes.NewReader(file), int64(len(file)), p); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("repack-std", func(b *testing.B) {
		for b.Loop() {
			repack(b, out.Bytes(), func(w io.Writer) (io.WriteCloser, error) { return stdflate.NewWriter(w, stdflate.DefaultCompression) })
		}
	})
	b.Run("repack", func(b *testing.B) {
		for b.Loop() {
			repack(b, out.Bytes(), opc.Compressor(edit.PackLevel))
		}
	})
	b.Run("trial", func(b *testing.B) {
		for b.Loop() {
			cp, err := edit.Open(bytes.NewReader(file), int64(len(file)))
			if err != nil {
				b.Fatal(err)
			}
			if err := cp.CopyTo(io.Discard, p, 0); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("excelize", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			excelizeCopy(b, file, &p.Sheets[0])
		}
	})
}

// repack unpacks and packs every part of a file.
func repack(b *testing.B, file []byte, pack zip.Compressor) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		b.Fatal(err)
	}
	w := zip.NewWriter(io.Discard)
	w.RegisterCompressor(zip.Deflate, pack)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			b.Fatal(err)
		}
		to, err := w.Create(f.Name)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(to, r); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
}

// excelizeCopy opens, sets the result cells and saves.
func excelizeCopy(b *testing.B, file []byte, p *sheet.SheetPatch) {
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for n := 2; n <= p.LastRow; n++ {
		for i, cell := range p.Row(n) {
			at, err := excelize.CoordinatesToCellName(p.Columns[i].Col, n)
			if err != nil {
				b.Fatal(err)
			}
			if cell.IsNumber {
				err = f.SetCellValue(p.Sheet, at, cell.Number)
			} else {
				err = f.SetCellStr(p.Sheet, at, cell.Text)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := f.Write(io.Discard); err != nil {
		b.Fatal(err)
	}
}
