package sheet_test

import (
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

// synthetic is a workbook of n circuits and 3n engineers that costs nothing to read.
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

// id writes a number into the last eight bytes of buf.
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
