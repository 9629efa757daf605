package xlsxtest

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

// CodeOf returns the code of an input error, "" for nil, and fails on any other error.
func CodeOf(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var in *sheet.InputError
	if !errors.As(err, &in) || len(in.Problems) != 1 {
		t.Fatalf("error is not a single input error: %v", err)
	}
	return in.Problems[0].Code
}

// ZipOf opens a file as a ZIP archive.
func ZipOf(t testing.TB, file []byte) *zip.Reader {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// ZipEntry returns the entry with a name, or nil.
func ZipEntry(z *zip.Reader, name string) *zip.File {
	for _, f := range z.File {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Packed returns the packed bytes of an entry.
func Packed(t testing.TB, f *zip.File) []byte {
	r, err := f.OpenRaw()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Unpacked returns the unpacked bytes of an entry.
func Unpacked(t testing.TB, f *zip.File) []byte {
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// PartOf returns a part of a file as text.
func PartOf(t testing.TB, file []byte, name string) string {
	t.Helper()
	f := ZipEntry(ZipOf(t, file), name)
	if f == nil {
		t.Fatalf("there is no part %s", name)
	}
	return string(Unpacked(t, f))
}

// Corpus returns the workbooks of the folder that LOABATCH_CORPUS names: files saved by
// many programs, some damaged on purpose. Without the variable the test is skipped.
func Corpus(t testing.TB) map[string][]byte {
	t.Helper()
	dir := os.Getenv("LOABATCH_CORPUS")
	if dir == "" {
		t.Skip("LOABATCH_CORPUS does not name a folder of workbooks")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if !strings.HasPrefix(filepath.Ext(e.Name()), ".xls") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = b
	}
	if len(files) == 0 {
		t.Fatalf("no workbooks in %s", dir)
	}
	return files
}

// SeedFiles returns the small workbooks of the folder that LOABATCH_CORPUS names, if any.
func SeedFiles(f *testing.F) (files [][]byte) {
	dir := os.Getenv("LOABATCH_CORPUS")
	if dir == "" {
		return nil
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.xls?"))
	if err != nil {
		f.Fatal(err)
	}
	const longest = 12 << 10 // mutation of more is slow and rarely finds more
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) <= longest {
			files = append(files, b)
		}
	}
	return files
}

// SeedParts returns the parts of those workbooks with the given word in their names.
func SeedParts(f *testing.F, word string) (parts [][]byte) {
	const longest = 16 << 10
	for _, b := range SeedFiles(f) {
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			continue
		}
		for _, file := range z.File {
			if !strings.Contains(file.Name, word) || file.UncompressedSize64 > longest {
				continue
			}
			r, err := file.Open()
			if err != nil {
				continue
			}
			if content, err := io.ReadAll(io.LimitReader(r, longest)); err == nil {
				parts = append(parts, content)
			}
		}
	}
	return parts
}
