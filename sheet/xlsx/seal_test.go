package xlsx_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/loabatch/loabatch/sheet/xlsx"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
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
		t.Errorf("sealing twice: %v", err)
	}
	return content
}

func isSealed(content []byte) (string, bool) {
	return xlsx.Sealed(bytes.NewReader(content), int64(len(content)))
}

// TestSeal checks that a seal is found only if no byte has changed, and that this package
// and others can still read the workbook.
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
			t.Error("the seal is still there after another program saved the workbook")
		}
	}
}

// TestSealEncrypted checks the same of an encrypted workbook, whose seal is found without the
// password.
func TestSealEncrypted(t *testing.T) {
	sample, err := os.ReadFile(filepath.Join("internal", "crypt", "testdata", "msoffcrypto.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	password, err := xlsx.NewPassword("Made-up 密码 1")
	if err != nil {
		t.Fatal(err)
	}
	plain, encryption, err := xlsx.Decrypt(bytes.NewReader(sample), int64(len(sample)), password, xlsx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Clone(plain)
	var b bytes.Buffer
	if err := encryption.Encrypt(&b, plain); err != nil {
		t.Fatal(err)
	}
	if _, ok := isSealed(b.Bytes()); ok {
		t.Error("an encrypted workbook counts as sealed")
	}
	most := 4*512 - len("loabatch results copy\nsha256 ") - 64
	for _, text := range []string{"", "csv 0123\n", "loabatch results copy\nsha256 ", strings.Repeat("x", 417), strings.Repeat("x", 418), strings.Repeat("x", most)} {
		content := sealed(t, b.Bytes(), text)
		if got, ok := isSealed(content); !ok || got != text || len(content)%512 != 0 {
			t.Errorf("text %q, %v, want %q; %d bytes", got, ok, text, len(content))
		}
		for at := 0; at < len(content); at += 211 {
			changed := bytes.Clone(content)
			changed[at] ^= 1
			if _, ok := isSealed(changed); ok {
				t.Errorf("a change of byte %d of %d goes unnoticed", at, len(content))
			}
		}
		for _, other := range [][]byte{content[:len(content)-1], content[:len(content)-512], append(bytes.Clone(content), 0), append(bytes.Clone(content), make([]byte, 512)...), content[:8]} {
			if _, ok := isSealed(other); ok {
				t.Errorf("%d bytes of %d count as sealed", len(other), len(content))
			}
		}
		again, _, err := xlsx.Decrypt(bytes.NewReader(content), int64(len(content)), password, xlsx.Limits{})
		if err != nil || !bytes.Equal(again, want) {
			t.Errorf("the sealed file decrypts to %d bytes, %v", len(again), err)
		}
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "copy.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	if _, err := xlsx.Seal(f, int64(b.Len()), strings.Repeat("x", most+1)); err != xlsx.ErrSeal {
		t.Errorf("a text that is too long: %v", err)
	}
}

// TestDamagedEncrypted checks that a compound file counts as an encrypted workbook even if
// only its directory can be read.
func TestDamagedEncrypted(t *testing.T) {
	content := xlsxtest.Compound("EncryptionInfo", "EncryptedPackage")
	r, size := bytes.NewReader(content), int64(len(content))
	if !xlsx.Encrypted(r, size) {
		t.Error("not recognized")
	}
	if _, _, err := xlsx.Decrypt(r, size, xlsx.Password{}, xlsx.Limits{}); xlsxtest.CodeOf(t, err) != "file-encryption-damaged" {
		t.Error(err)
	}
	for _, other := range [][]byte{xlsxtest.Compound("Workbook"), []byte("PK\x03\x04"), nil} {
		if xlsx.Encrypted(bytes.NewReader(other), int64(len(other))) {
			t.Errorf("%d bytes count as encrypted", len(other))
		}
	}
}
