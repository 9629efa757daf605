package password_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/loabatch/loabatch/batch/cli/password"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// madeUp is the password of the sample that another program encrypted.
const madeUp = "Made-up 密码 1"

// sample has the bytes of that sample.
func sample(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("../../../sheet/xlsx/internal/crypt/testdata/msoffcrypto.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// opens reports whether a source has the password of the sample.
func opens(t *testing.T, s *password.Source) bool {
	t.Helper()
	b := sample(t)
	_, _, err := xlsx.Decrypt(bytes.NewReader(b), int64(len(b)), s.Password(), xlsx.Limits{})
	return err == nil
}

// utf16Text encodes a text.
func utf16Text(order binary.AppendByteOrder, text string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

func TestNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	for _, c := range []struct {
		name, file, variable, code string
		opens                      bool
	}{
		{"nothing", "", "", "", false},
		{"variable", "", madeUp, "", true},
		{"another variable", "", madeUp + " ", "", false},
		{"variable that is not text", "", "\xff", "password-text", false},
		{"long variable", "", strings.Repeat("x", 256), "password-long", false},
		{"line", madeUp + "\n", "", "", true},
		{"line of Windows", madeUp + "\r\n", "", "", true},
		{"without an end", madeUp, "", "", true},
		{"with a mark", "\ufeff" + madeUp, "", "", true},
		{"more lines", madeUp + "\nother\n", "", "", true},
		{"file before variable", madeUp + "\n", "other", "", true},
		{"space at the end", madeUp + " \n", "", "", false},
		{"empty file", "\x00EMPTY", madeUp, "password-empty", false},
		{"empty line", "\n" + madeUp, madeUp, "password-empty", false},
		{"half of UTF-16", "\xff\xfeM\x00\n", "", "password-text", false},
		{"of PowerShell", utf16Text(binary.LittleEndian, "\ufeff"+madeUp+"\r\nother"), "", "", true},
		{"the other UTF-16", utf16Text(binary.BigEndian, "\ufeff"+madeUp), "", "", true},
		{"long line", strings.Repeat("x", 10_000), "", "password-long", false},
	} {
		file := ""
		if c.file != "" {
			file = path
			write(t, path, strings.TrimPrefix(c.file, "\x00EMPTY"), 0o600)
		}
		s, err := password.New(file, c.variable)
		bad, _ := errors.AsType[*password.Error](err)
		switch {
		case bad != nil && bad.Code != c.code, bad == nil && (err != nil || c.code != ""):
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		case err != nil:
			if strings.Contains(err.Error(), madeUp) || bad.Where != file && bad.Where != password.Variable {
				t.Errorf("%s: %+v", c.name, bad)
			}
		case opens(t, s) != c.opens || s.Given() != (c.file+c.variable != "") || s.Public():
			t.Errorf("%s: opens %v, given %v, public %v", c.name, opens(t, s), s.Given(), s.Public())
		}
	}
	if _, err := password.New(filepath.Join(path, "missing"), madeUp); err == nil {
		t.Error("a missing file is passed over")
	}
	for mode, public := range map[os.FileMode]bool{0o600: false, 0o640: false, 0o440: false, 0o644: true, 0o604: true} {
		write(t, path, madeUp, mode)
		if s, err := password.New(path, ""); err != nil || s.Public() != public && runtime.GOOS != "windows" {
			t.Errorf("%o: %v", mode, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPrompt checks that a password is asked for once, and only if none was given.
func TestPrompt(t *testing.T) {
	asked := 0
	source := func(variable, answer string, err error) *password.Source {
		asked = 0
		s, bad := password.New("", variable)
		if bad != nil {
			t.Fatal(bad)
		}
		s.Ask = func(string) (string, error) {
			asked++
			return answer, err
		}
		return s
	}
	for _, c := range []struct {
		name  string
		from  *password.Source
		asks  int
		opens bool
	}{
		{"right", source("", madeUp, nil), 1, true},
		{"wrong", source("", "other", nil), 1, false},
		{"nothing", source("", "", nil), 1, false},
		{"given", source("other", madeUp, nil), 0, false},
		{"silent", source("", madeUp, nil).Silent(), 0, false},
		{"error", source("", madeUp, os.ErrClosed), 1, false},
		{"nobody", nil, 0, false},
	} {
		asked = 0
		c.from.Prompt("a.xlsx")
		c.from.Prompt("b.xlsx")
		if asked != c.asks || opens(t, c.from) != c.opens || c.from != nil && c.from.Given() != (c.name == "given") {
			t.Errorf("%s: asked %d times, opens %v", c.name, asked, opens(t, c.from))
		}
	}
	if password.New("", ""); (*password.Source)(nil).Silent() != nil {
		t.Error("a source came from nothing")
	}
}
