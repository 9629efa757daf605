package read

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
)

// smallBook is a workbook of a few dozen rows, with a part that no sheet needs.
func smallBook(t testing.TB) []byte {
	var rows strings.Builder
	for r := 1; r <= 40; r++ {
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%d" t="s"><v>%d</v></c><c r="B%d" s="1"><v>%d</v></c><c r="C%d" t="inlineStr"><is><t>made up %d</t></is></c></row>`, r, r, r%3, r, 45000+r, r, r*7919)
	}
	return xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: xlsxtest.SheetOpen + "<sheetData>" + rows.String() + "</sheetData></worksheet>"},
		xlsxtest.Part{Name: "xl/media/picture.png", Content: xlsxtest.Counted(500)}))
}

// readThrough reads everything in a file and returns the rows of its sheets.
func readThrough(b []byte) (string, error) {
	book, err := openBytes(b)
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for _, s := range book.Sheets() {
		rows, err := show(book, s.Name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&all, "%s %v\n%s", s.Name, book.Merged(s.Name), rows)
	}
	return all.String(), book.CheckRest()
}

// TestFlippedBits flips one bit in every byte of a workbook: either that is an error, or the same is read. There
// are never fewer rows.
func TestFlippedBits(t *testing.T) {
	good := smallBook(t)
	want, err := readThrough(good)
	if err != nil || strings.Count(want, "\n") != 41 {
		t.Fatal(err, want)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	errors, flips, step := 0, 0, 1
	if testing.Short() {
		step = 11
	}
	for at := 0; at < len(good); at += step {
		flips++
		bad := append([]byte{}, good...)
		bad[at] ^= 1 << rng.IntN(8)
		got, err := readThrough(bad)
		if err != nil {
			xlsxtest.CodeOf(t, err)
			errors++
		} else if got != want {
			t.Errorf("bit flipped in byte %d of %d: no error, but other rows:\n%s", at, len(good), got)
		}
	}
	t.Logf("%d of %d flips are errors", errors, flips)
	if errors < flips/2 {
		t.Errorf("only %d of %d flips are errors", errors, flips)
	}
}

// TestCutShort cuts a workbook off after every length.
func TestCutShort(t *testing.T) {
	good := smallBook(t)
	for n := range good {
		if _, err := readThrough(good[:n]); xlsxtest.CodeOf(t, err) == "" {
			t.Errorf("%d of %d bytes are read without an error", n, len(good))
		}
	}
}

// TestZeroedBlocks overwrites blocks with zeros, like a bad disk or a broken transfer.
func TestZeroedBlocks(t *testing.T) {
	good := smallBook(t)
	want, err := readThrough(good)
	if err != nil {
		t.Fatal(err)
	}
	const block = 64
	for at := 0; at+block <= len(good); at += block / 2 {
		bad := append([]byte{}, good...)
		clear(bad[at : at+block])
		if got, err := readThrough(bad); err == nil && got != want {
			t.Errorf("zeros at %d: no error, but other rows:\n%s", at, got)
		} else {
			xlsxtest.CodeOf(t, err)
		}
	}
}

// TestGhostRows reads five rows of data before a million formatted empty ones.
func TestGhostRows(t *testing.T) {
	last := sheet.MaxRow
	if testing.Short() {
		last /= 16
	}
	var b strings.Builder
	b.WriteString(xlsxtest.SheetOpen + `<dimension ref="A1:XFD1048576"/><sheetData>`)
	for r := 1; r <= 5; r++ {
		fmt.Fprintf(&b, `<row r="%d"><c r="A%d"><v>%d</v></c></row>`, r, r, r)
	}
	for r := 6; r <= last; r++ {
		fmt.Fprintf(&b, `<row r="%d" s="1" customFormat="1" ht="15"/>`, r)
	}
	b.WriteString("</sheetData></worksheet>")
	book, err := openBytes(xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: "xl/worksheets/sheet1.xml", Content: b.String()})))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := show(book, "Circuits")
	if err != nil || strings.Count(rows, "\n") != 5 {
		t.Errorf("got %v\n%s", err, rows)
	}
}
