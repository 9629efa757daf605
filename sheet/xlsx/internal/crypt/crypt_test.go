package crypt

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

// vectors is the output of testdata/vectors.py.
type vectors struct {
	Password string
	Plain    []byte
	Vectors  []struct {
		Name          string
		Info, Package []byte
	}
}

func readVectors(tb testing.TB) vectors {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "vectors.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		tb.Fatal(err)
	}
	return v
}

func password(tb testing.TB, text string) Password {
	tb.Helper()
	p, err := NewPassword(text)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// file makes a compound file with both streams.
func file(tb testing.TB, info, content []byte) []byte {
	tb.Helper()
	return containerOf(tb, append(dataSpaces(), stream(infoStream, info), stream(packageStream, content))...)
}

func containerOf(tb testing.TB, entries ...entry) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := writeContainer(&b, entries); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func stream(name string, content []byte) entry { return entry{name: name, content: [][]byte{content}} }

func decryptBytes(b []byte, p Password) ([]byte, *Encryption, error) {
	return Decrypt(bytes.NewReader(b), int64(len(b)), p, 1<<30)
}

// code returns the code of an error, which must be an *sheet.InputError.
func code(tb testing.TB, err error) string {
	tb.Helper()
	bad, ok := errors.AsType[*sheet.InputError](err)
	if !ok {
		tb.Fatalf("not an input error: %v", err)
	}
	return bad.Problems[0].Code
}

// TestVectors decrypts what another implementation encrypted, with each key size and hash.
func TestVectors(t *testing.T) {
	v := readVectors(t)
	for _, c := range v.Vectors {
		b := file(t, c.Info, c.Package)
		plain, _, err := decryptBytes(b, password(t, v.Password))
		if err != nil || !bytes.Equal(plain, v.Plain) {
			t.Errorf("%s: %d bytes, %v", c.Name, len(plain), err)
		}
		for _, wrong := range []string{"made-up 密码 1", v.Password + " ", "x"} {
			if _, _, err := decryptBytes(b, password(t, wrong)); code(t, err) != WrongPassword {
				t.Errorf("%s with %q: %v", c.Name, wrong, err)
			}
		}
		if _, _, err := decryptBytes(b, Password{}); code(t, err) != NoPassword {
			t.Errorf("%s without a password: %v", c.Name, err)
		}
	}
	if len(v.Vectors) != 17 {
		t.Errorf("%d vectors", len(v.Vectors))
	}
}

// TestOtherPrograms decrypts files that other programs saved, and encrypts them again.
func TestOtherPrograms(t *testing.T) {
	p := password(t, readVectors(t).Password)
	for _, name := range []string{"libreoffice.xlsx", "msoffcrypto.xlsx"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if !Encrypted(bytes.NewReader(b), int64(len(b))) {
			t.Errorf("%s is not encrypted", name)
		}
		plain, e, err := decryptBytes(b, p)
		if err != nil || !bytes.HasPrefix(plain, []byte("PK\x03\x04")) {
			t.Errorf("%s: %d bytes, %v", name, len(plain), err)
			continue
		}
		roundTrip(t, e, p, plain)
	}
}

// roundTrip encrypts content and decrypts it again.
func roundTrip(t *testing.T, e *Encryption, p Password, content []byte) {
	t.Helper()
	want := bytes.Clone(content)
	var b bytes.Buffer
	if err := e.Encrypt(&b, content); err != nil {
		t.Fatal(err)
	}
	plain, again, err := decryptBytes(b.Bytes(), p)
	if err != nil || !bytes.Equal(plain, want) {
		t.Fatalf("%d bytes became %d, %v", len(want), len(plain), err)
	}
	if again.spins < e.spins || again.spins < 100_000 {
		t.Errorf("%d rounds became %d", e.spins, again.spins)
	}
}

// TestVerify checks a written file, and one with different content.
func TestVerify(t *testing.T) {
	e := &Encryption{password(t, "made-up"), 1}
	var b bytes.Buffer
	if err := e.Encrypt(&b, []byte("made up")); err != nil {
		t.Fatal(err)
	}
	for content, ok := range map[string]bool{"made up": true, "made Up": false} {
		if err := e.Verify(bytes.NewReader(b.Bytes()), int64(b.Len()), sha256.Sum256([]byte(content))); (err == nil) != ok {
			t.Errorf("%s: %v", content, err)
		}
	}
}

// TestSizes encrypts contents with sizes at the limits of blocks, segments and the mini
// stream.
func TestSizes(t *testing.T) {
	p := password(t, "made-up")
	for _, n := range []int{0, 1, 15, 16, 17, 4071, 4072, 4080, 4087, 4088, 4089, 4095, 4096, 4097, 8192, 8193, 100_001} {
		content := make([]byte, n)
		for i := range content {
			content[i] = byte(i * i >> 3)
		}
		roundTrip(t, &Encryption{p, 1}, p, content)
	}
	roundTrip(t, &Encryption{p, 150_000}, p, []byte("made up"))
}

// TestAsExcel compares the constant parts of a written file with those of a file that Excel
// saved.
func TestAsExcel(t *testing.T) {
	var b bytes.Buffer
	if err := (&Encryption{password(t, "made-up"), 1}).Encrypt(&b, make([]byte, 5000)); err != nil {
		t.Fatal(err)
	}
	f, err := openCompound(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.read(infoStream, maxInfo)
	if err != nil {
		t.Fatal(err)
	}
	const parameters = ` saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512" saltValue="`
	for _, want := range []string{"\x04\x00\x04\x00\x40\x00\x00\x00<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<encryption xmlns=", "<keyData" + parameters, `<p:encryptedKey spinCount="100000"` + parameters} {
		if !strings.Contains(string(info), want) {
			t.Errorf("EncryptionInfo lacks %q:\n%s", want, info)
		}
	}
	utf16 := func(s string) string { return strings.Join(strings.Split(s, ""), "\x00") + "\x00" }
	for name, want := range map[string]string{
		"Version": "\x3c\x00\x00\x00" + utf16("Microsoft.Container.DataSpaces") + "\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00",
		"DataSpaceMap": "\x08\x00\x00\x00\x01\x00\x00\x00\x68\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x20\x00\x00\x00" + utf16("EncryptedPackage") +
			"\x32\x00\x00\x00" + utf16("StrongEncryptionDataSpace") + "\x00\x00",
		"StrongEncryptionDataSpace": "\x08\x00\x00\x00\x01\x00\x00\x00\x32\x00\x00\x00" + utf16("StrongEncryptionTransform") + "\x00\x00",
		"\x06Primary": "\x58\x00\x00\x00\x01\x00\x00\x00\x4c\x00\x00\x00" + utf16("{FF9A3F03-56EF-4613-BDD5-5A41C1D07246}") +
			"\x4e\x00\x00\x00" + utf16("Microsoft.Container.EncryptionTransform") + "\x00\x00" +
			"\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00" + strings.Repeat("\x00", 12) + "\x04\x00\x00\x00",
	} {
		if got := flat(dataSpaces())[name]; got != want {
			t.Errorf("%q is %x, want %x", name, got, want)
		}
	}
}

// flat returns the content of every stream by its name.
func flat(entries []entry) map[string]string {
	all := map[string]string{}
	for _, e := range entries {
		if !e.storage {
			all[e.name] = string(slices.Concat(e.content...))
		}
		for name, content := range flat(e.children) {
			all[name] = content
		}
	}
	return all
}

// TestChanged changes every byte of an encrypted package, and some bytes of EncryptionInfo:
// none of the results may decrypt to different content.
func TestChanged(t *testing.T) {
	v := readVectors(t)
	p := password(t, v.Password)
	for _, c := range v.Vectors[:2] {
		for at := range c.Package {
			if at%97 != 0 && at > 16 && at < len(c.Package)-16 {
				continue
			}
			changed := bytes.Clone(c.Package)
			changed[at] ^= 1
			_, _, err := decryptBytes(file(t, c.Info, changed), p)
			if got := code(t, err); got != "file-encryption-changed" && got != "file-encryption-damaged" && got != "file-too-large" {
				t.Errorf("byte %d: %v", at, err)
			}
		}
		for _, cut := range []int{0, 7, 8, 24, len(c.Package) - 16, len(c.Package) - 1} {
			if _, _, err := decryptBytes(file(t, c.Info, c.Package[:cut]), p); code(t, err) == WrongPassword {
				t.Errorf("cut to %d: %v", cut, err)
			}
		}
		if _, _, err := decryptBytes(file(t, c.Info, append(bytes.Clone(c.Package), make([]byte, 16)...)), p); code(t, err) != "file-encryption-changed" {
			t.Errorf("longer: %v", err)
		}
		for at := versionSize; at < len(c.Info); at += 7 {
			changed := bytes.Clone(c.Info)
			changed[at] ^= 1
			if plain, _, err := decryptBytes(file(t, changed, c.Package), p); err == nil && !bytes.Equal(plain, v.Plain) {
				t.Errorf("byte %d of EncryptionInfo changes the content", at)
			}
		}
	}
}

// TestRefused checks the errors for files that cannot be decrypted with any password.
func TestRefused(t *testing.T) {
	v := readVectors(t)
	agile, pkg := v.Vectors[3].Info, v.Vectors[3].Package
	edited := func(old, with string) []byte {
		if !bytes.Contains(agile, []byte(old)) {
			t.Fatalf("no %s in\n%s", old, agile)
		}
		return bytes.ReplaceAll(agile, []byte(old), []byte(with))
	}
	version := func(major, minor byte) []byte {
		return append([]byte{major, 0, minor, 0}, agile[4:]...)
	}
	standard := func(change func(info []byte)) []byte {
		info := bytes.Clone(v.Vectors[14].Info)
		change(info)
		return info
	}
	le := binary.LittleEndian
	for _, c := range []struct {
		name, code, arg string
		info            []byte
	}{
		{"extensible", "file-encryption-extensible", "", version(3, 3)},
		{"extensible, newer", "file-encryption-extensible", "", version(4, 3)},
		{"unknown version", "file-encryption-cipher", "EncryptionInfo 9.9", version(9, 9)},
		{"binary RC4", "file-encryption-cipher", "EncryptionInfo 1.1", version(1, 1)},
		{"certificate", "file-encryption-certificate", "", edited(`uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password"`, `uri="http://schemas.microsoft.com/office/2006/keyEncryptor/certificate"`)},
		{"nobody", "file-encryption-damaged", "EncryptionInfo keyEncryptors", edited(`uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password"`, `uri="urn:made-up"`)},
		{"two passwords", "file-encryption-damaged", "EncryptionInfo keyEncryptors", append(agile[:8:8], bytes.Replace(agile[8:], []byte("</keyEncryptors>"), append(agile[bytes.Index(agile, []byte("<keyEncryptor ")):bytes.Index(agile, []byte("</keyEncryptors>"))], "</keyEncryptors>"...), 1)...)},
		{"too many rounds", "file-encryption-spins", "10000001", edited(`spinCount="1000"`, `spinCount="10000001"`)},
		{"fewer than no rounds", "file-encryption-spins", "-1", edited(`spinCount="1000"`, `spinCount="-1"`)},
		{"rounds that are not a number", "file-encryption-damaged", "EncryptionInfo", edited(`spinCount="1000"`, `spinCount="99999999999999999999"`)},
		{"another cipher", "file-encryption-cipher", "RC2", edited(`"AES"`, `"RC2"`)},
		{"another mode", "file-encryption-cipher", "AES ChainingModeCFB", edited(`ChainingModeCBC`, `ChainingModeCFB`)},
		{"a weak hash", "file-encryption-cipher", "MD5", edited(`"SHA512"`, `"MD5"`)},
		{"an unprintable hash", "file-encryption-cipher", `\u65b0`, edited(`"SHA512"`, `"新"`)},
		{"another key size", "file-encryption-damaged", "EncryptionInfo keyData", edited(`keyBits="128"`, `keyBits="129"`)},
		{"another block size", "file-encryption-damaged", "EncryptionInfo keyData", edited(`blockSize="16"`, `blockSize="32"`)},
		{"another hash size", "file-encryption-damaged", "EncryptionInfo keyData", edited(`hashSize="64"`, `hashSize="4"`)},
		{"another salt size", "file-encryption-damaged", "EncryptionInfo keyData", edited(`saltSize="16"`, `saltSize="17"`)},
		{"no cipher", "file-encryption-damaged", "EncryptionInfo keyData", edited(` cipherAlgorithm="`, ` other="`)},
		{"no keyData", "file-encryption-damaged", "EncryptionInfo keyData", edited(`<keyData`, `<keyDate`)},
		{"no salt", "file-encryption-damaged", "EncryptionInfo keyData", edited(` saltValue="`, ` other="`)},
		{"no HMAC", "file-encryption-damaged", "EncryptionInfo dataIntegrity", edited(` encryptedHmacValue="`, ` other="`)},
		{"no data integrity", "file-encryption-damaged", "EncryptionInfo dataIntegrity", edited(`dataIntegrity`, `dataIntegrit`)},
		{"no verifier", "file-encryption-damaged", "EncryptionInfo encryptedKey", edited(` encryptedVerifierHashInput="`, ` other="`)},
		{"no key", "file-encryption-damaged", "EncryptionInfo encryptedKey", edited(` encryptedKeyValue="`, ` other="`)},
		{"no base64", "file-encryption-damaged", "EncryptionInfo", edited(` encryptedKeyValue="`, ` encryptedKeyValue="!`)},
		{"no XML", "file-encryption-damaged", "EncryptionInfo", agile[:400]},
		{"another root", "file-encryption-damaged", "EncryptionInfo", edited("2006/encryption", "2006/other")},
		{"nothing", "file-encryption-damaged", "EncryptionInfo", nil},
		{"a version only", "file-encryption-damaged", "EncryptionInfo", agile[:8]},
		{"RC4 CryptoAPI", "file-encryption-cipher", "RC4", standard(func(b []byte) { le.PutUint32(b[algorithmAt:], algorithmRC4) })},
		{"RC4 by default", "file-encryption-cipher", "RC4", standard(func(b []byte) { le.PutUint32(b[algorithmAt:], 0); le.PutUint32(b[headerAt:], 4) })},
		{"an external provider", "file-encryption-extensible", "", standard(func(b []byte) { le.PutUint32(b[headerAt:], flagExternal) })},
		{"DES", "file-encryption-cipher", "AlgID 0x6601", standard(func(b []byte) { le.PutUint32(b[algorithmAt:], 0x6601) })},
		{"MD5", "file-encryption-cipher", "AlgIDHash 0x8003", standard(func(b []byte) { le.PutUint32(b[hashAt:], 0x8003) })},
		{"sizes that differ", "file-encryption-damaged", "EncryptionInfo", standard(func(b []byte) { le.PutUint32(b[keySizeAt:], 256) })},
		{"a vast header", "file-encryption-damaged", "EncryptionInfo", standard(func(b []byte) { le.PutUint32(b[headerSizeAt:], 1<<31) })},
		{"a vast salt", "file-encryption-damaged", "EncryptionInfo", standard(func(b []byte) { le.PutUint32(b[headerAt+int(le.Uint32(b[headerSizeAt:])):], 1<<31) })},
		{"a short header", "file-encryption-damaged", "EncryptionInfo", v.Vectors[14].Info[:30]},
		{"a short verifier", "file-encryption-damaged", "EncryptionInfo", v.Vectors[14].Info[:len(v.Vectors[14].Info)-1]},
	} {
		_, _, err := decryptBytes(file(t, c.info, pkg), password(t, v.Password))
		bad, _ := errors.AsType[*sheet.InputError](err)
		if got := code(t, err); got != c.code || c.arg != "" && bad.Problems[0].Arg("part")+bad.Problems[0].Arg("found") != c.arg {
			t.Errorf("%s: %v, want %s %s", c.name, err, c.code, c.arg)
		}
	}
	if _, _, err := Decrypt(bytes.NewReader(file(t, agile, pkg)), 1<<20, password(t, v.Password), 100); code(t, err) != "file-too-large" {
		t.Errorf("larger than the limit: %v", err)
	}
}

// TestRefusedContainers checks the errors for compound files without the streams of an
// encrypted workbook, and for other files.
func TestRefusedContainers(t *testing.T) {
	v := readVectors(t)
	info, pkg := stream(infoStream, v.Vectors[0].Info), stream(packageStream, v.Vectors[0].Package)
	storage := func(name string, children ...entry) entry {
		return entry{name: name, storage: true, children: children}
	}
	good := containerOf(t, info, pkg)
	if _, _, err := decryptBytes(good, password(t, v.Password)); err != nil {
		t.Errorf("without data spaces: %v", err)
	}
	for _, c := range []struct {
		name, code string
		encrypted  bool
		content    []byte
	}{
		{"rights management", "file-encryption-rights", true, containerOf(t, storage("\x06DataSpaces", storage("DataSpaceInfo", stream(rightsSpace, []byte("x")))), pkg)},
		{"no EncryptionInfo", "file-encryption-damaged", true, containerOf(t, pkg)},
		{"no EncryptedPackage", "file-encryption-damaged", false, containerOf(t, info)},
		{"streams in a storage", "file-encryption-damaged", false, containerOf(t, storage("a", info, pkg))},
		{"an old workbook", "file-encryption-damaged", false, containerOf(t, stream("Workbook", []byte("x")))},
		{"cut short", "file-encryption-damaged", true, good[:len(good)-1024]},
		{"a ZIP file", "file-encryption-damaged", false, []byte("PK\x03\x04")},
		{"nothing", "file-encryption-damaged", false, nil},
	} {
		_, _, err := decryptBytes(c.content, password(t, v.Password))
		if got := code(t, err); got != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
		if got := Encrypted(bytes.NewReader(c.content), int64(len(c.content))); got != c.encrypted {
			t.Errorf("%s: encrypted %v", c.name, got)
		}
	}
}

// TestStandingPassword opens a workbook that Excel opens without a password, with or without
// another password.
func TestStandingPassword(t *testing.T) {
	for _, e := range []Encryption{{standing, 1}} {
		var b bytes.Buffer
		if err := e.Encrypt(&b, []byte("made up")); err != nil {
			t.Fatal(err)
		}
		for _, p := range []Password{{}, password(t, "that of another workbook")} {
			plain, again, err := decryptBytes(b.Bytes(), p)
			if err != nil || string(plain) != "made up" {
				t.Fatalf("%q, %v", plain, err)
			}
			roundTrip(t, again, Password{}, plain)
		}
	}
}

func TestNewPassword(t *testing.T) {
	for text, want := range map[string]error{
		"": ErrNoPassword, "\xff": ErrPasswordText, "密码 \U0001F511 ": nil,
		strings.Repeat("密", 255): nil, strings.Repeat("密", 256): ErrLongPassword, strings.Repeat("\U0001F511", 128): ErrLongPassword,
	} {
		if _, err := NewPassword(text); err != want {
			t.Errorf("%.20q: %v, want %v", text, err, want)
		}
	}
	if composed, separate := password(t, "\u00e9"), password(t, "e\u0301"); bytes.Equal(composed.bytes(), separate.bytes()) {
		t.Error("the password was normalized")
	}
	p := password(t, "made-up secret")
	e := &Encryption{p, 1}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, value := range []any{p, &p, e, *e, []Password{p}} {
			shown := fmt.Sprintf(format, value)
			if strings.Contains(shown, "made") || strings.Contains(shown, "109 0 97 0") || strings.Contains(shown, "6d0061") || strings.Contains(shown, "0x6d, ") {
				t.Errorf("%s shows %s", format, shown)
			}
		}
	}
	if b, err := json.Marshal(map[string]any{"encryption": e}); err != nil || string(b) != `{"encryption":{}}` {
		t.Errorf("JSON is %s, %v", b, err)
	}
}

// FuzzDecrypt decrypts arbitrary files with few rounds.
func FuzzDecrypt(f *testing.F) {
	v := readVectors(f)
	for _, c := range v.Vectors {
		f.Add(file(f, c.Info, c.Package))
	}
	for _, name := range []string{"libreoffice.xlsx", "msoffcrypto.xlsx"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	p := password(f, v.Password)
	f.Fuzz(func(t *testing.T, b []byte) {
		plain, e, err := decrypt(bytes.NewReader(b), int64(len(b)), p, 1<<30, 2000)
		switch {
		case err != nil:
			code(t, err)
		case len(plain) > len(b) || e == nil:
			t.Errorf("%d bytes in a file of %d", len(plain), len(b))
		}
	})
}

// FuzzInfo decrypts with arbitrary streams in a sound compound file.
func FuzzInfo(f *testing.F) {
	v := readVectors(f)
	for _, c := range v.Vectors {
		f.Add(c.Info, c.Package)
	}
	p := password(f, v.Password)
	f.Fuzz(func(t *testing.T, info, content []byte) {
		b := file(t, info, content)
		plain, _, err := decrypt(bytes.NewReader(b), int64(len(b)), p, 1<<30, 2000)
		switch {
		case err != nil:
			code(t, err)
		case len(plain) > len(content):
			t.Errorf("%d bytes of %d", len(plain), len(content))
		}
	})
}
