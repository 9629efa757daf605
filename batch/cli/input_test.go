package cli

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/sheet"
)

// TestDamageInOtherParts reads a workbook with sound rows and a damaged picture, which
// must be found before anything is sent.
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

// withPart returns a workbook's bytes with one more part, stored as it is.
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

// TestInputIsAFile checks that an input without an end is rejected: reading a pipe waits
// for a writer.
func TestInputIsAFile(t *testing.T) {
	_, err := readInput(os.DevNull, sheet.Options{}, 0)
	var own *exitError
	if !errors.As(err, &own) || own.code != "input-no-file" || own.exit != exitUsage {
		t.Errorf("a device as input: %v", err)
	}
}

// What will differ in the copy is printed before anything is sent; a note is not printed
// with --quiet.
func TestRemarksOnTheCopy(t *testing.T) {
	in, err := readInput(filepath.Join("..", "..", "testdata", "clean.xlsx"), sheet.Options{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	in.content = withLockedStructure(t, in.content)
	if err := in.findObstacles(); err != nil {
		t.Fatal(err)
	}
	for _, quiet := range []bool{false, true} {
		var shown bytes.Buffer
		l := &lines{err: &shown, words: prose.English, quiet: quiet}
		l.remarks(in)
		if want := "note: " + in.path + ": the structure of the workbook is protected"; strings.HasPrefix(shown.String(), want) == quiet {
			t.Errorf("quiet %v: printed %q", quiet, shown.String())
		}
	}
}

// A file's name cannot add a line to an error, nor rewrite the terminal.
func TestErrorsQuoteOnOneLine(t *testing.T) {
	var shown bytes.Buffer
	l := &lines{err: &shown, words: prose.English}
	l.fail(failure(exitUsage, "input-missing", nil, "file", "a\nerror: b\x1b[2J.xlsx"))
	first, _, _ := strings.Cut(shown.String(), "\n")
	if !strings.HasSuffix(first, "a<U+000A>error: b<U+001B>[2J.xlsx") {
		t.Errorf("printed %q", shown.String())
	}
}

// withLockedStructure returns a workbook's bytes with its structure protected.
func withLockedStructure(t *testing.T, content []byte) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		part, err := fs.ReadFile(z, f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == "xl/workbook.xml" {
			part = bytes.Replace(part, []byte("<sheets>"), []byte(`<workbookProtection lockStructure="1"/><sheets>`), 1)
		}
		p, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
