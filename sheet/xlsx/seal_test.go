package xlsx_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/loabatch/loabatch/sheet/xlsx"
)

// sealed writes a workbook to a file, seals it, and returns its bytes.
func sealed(t *testing.T, workbook []byte, text string) []byte {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "copy.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(workbook); err != nil {
		t.Fatal(err)
	}
	sum, err := xlsx.Seal(f, int64(len(workbook)), text)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	if want := sha256.Sum256(content); sum != hex.EncodeToString(want[:]) {
		t.Errorf("the digest %s is not that of the file", sum)
	}
	if _, err := xlsx.Seal(f, int64(len(content)), text); err != xlsx.ErrSeal {
		t.Errorf("sealed twice: %v", err)
	}
	return content
}

func isSealed(content []byte) (string, bool) {
	return xlsx.Sealed(bytes.NewReader(content), int64(len(content)))
}

// TestSeal checks that a seal is found while not one byte has changed, and that the workbook
// can be read as before, by this package and by others.
func TestSeal(t *testing.T) {
	plain, err := os.ReadFile(filepath.Join("..", "..", "testdata", "clean.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := isSealed(plain); ok {
		t.Error("a plain workbook counts as sealed")
	}
	for _, text := range []string{"", "csv 0123\n", "loabatch results copy\nsha256 "} {
		content := sealed(t, plain, text)
		if got, ok := isSealed(content); !ok || got != text {
			t.Errorf("text %q, %v, want %q", got, ok, text)
		}
		for _, at := range []int{0, 40, len(plain) / 2, len(plain) - 30, len(plain) - 1, len(plain) + 3, len(content) - 70, len(content) - 1} {
			changed := bytes.Clone(content)
			changed[at] ^= 1
			if _, ok := isSealed(changed); ok {
				t.Errorf("a change of byte %d of %d goes unnoticed", at, len(content))
			}
		}
		for _, other := range [][]byte{content[:len(content)-1], append(bytes.Clone(content), 0), nil, []byte("loabatch results copy\nsha256 ")} {
			if _, ok := isSealed(other); ok {
				t.Errorf("%d bytes of %d count as sealed", len(other), len(content))
			}
		}
		if _, err := zip.NewReader(bytes.NewReader(content), int64(len(content))); err != nil {
			t.Error(err)
		}
		book, err := xlsx.Open(bytes.NewReader(content), int64(len(content)), xlsx.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		book.Close()
		resaved, err := excelize.OpenReader(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		var saved bytes.Buffer
		if err := resaved.Write(&saved); err != nil {
			t.Fatal(err)
		}
		resaved.Close()
		if _, ok := isSealed(saved.Bytes()); ok {
			t.Error("the seal outlives another program")
		}
	}
}
