package cli

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

// TestDamageInOtherParts reads a workbook whose rows are sound and whose picture is
// not: it shows now, and not after everything is sent.
func TestDamageInOtherParts(t *testing.T) {
	const picture = "made-up picture"
	content := withPart(t, filepath.Join("..", "..", "testdata", "clean.xlsx"), "xl/media/picture.png", picture)
	for _, damaged := range []bool{false, true} {
		if damaged {
			content[bytes.Index(content, []byte(picture))] ^= 1
		}
		path := filepath.Join(t.TempDir(), "book.xlsx")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readInput(path, sheet.Options{}, 0)
		var bad *sheet.InputError
		switch {
		case !damaged && err != nil:
			t.Errorf("sound: %v", err)
		case damaged && (!errors.As(err, &bad) || bad.Problems[0].Code != "part-checksum"):
			t.Errorf("damaged: %v", err)
		}
	}
}

// withPart gives a workbook's bytes with one more part, stored as it is.
func withPart(t *testing.T, path, name, content string) []byte {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		if err := w.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	added, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := added.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
