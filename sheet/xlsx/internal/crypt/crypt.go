// Package crypt reads and writes workbooks that are encrypted with a password, as
// [MS-OFFCRYPTO] 2.3.4 defines them.
//
// An encrypted workbook is a compound file ([MS-CFB]) with two streams. EncryptionInfo says
// how the workbook is encrypted, and EncryptedPackage is the encrypted .xlsx file:
//
//  1. compound.go finds the streams, and any other protection of the file.
//  2. agile.go reads and writes Agile encryption (Excel 2010 and later), info.go its
//     EncryptionInfo: AES in CBC mode, keys from any of four hashes, and an HMAC over the
//     encrypted package, which is compared before anything is decrypted.
//  3. standard.go reads Standard encryption (Excel 2007): AES in ECB mode, SHA-1, no HMAC.
//     It is not written: it is weaker, and Excel has read Agile since 2010.
//  4. container.go writes a compound file.
//
// The standard library has the ciphers and hashes. Excelize is not used: it does not check
// the password or the HMAC, and writes Standard encryption with AES-128 only.
//
// Errors never contain a password, a key or the values that were compared. A decrypted
// package is held in memory and is not larger than its file.
package crypt

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// Password opens an encrypted workbook. The zero value has no text and opens nothing. It
// prints as asterisks; a struct with one prints only the address of a function.
type Password struct{ utf16le func() []byte }

// bytes returns the password in little-endian UTF-16, for hashing.
func (p Password) bytes() []byte {
	if p.utf16le == nil {
		return nil
	}
	return p.utf16le()
}

// MaxPassword is Excel's limit on the length of a password, in UTF-16 code units.
const MaxPassword = 255

// Errors of NewPassword.
var (
	ErrNoPassword   = errors.New("the password is empty")
	ErrLongPassword = errors.New("the password is longer than Excel allows")
	ErrPasswordText = errors.New("the password is not UTF-8 text")
)

// NewPassword returns the password with the given text. Like Excel, it does not normalize
// the text: a letter with a separate accent differs from an accented letter.
func NewPassword(text string) (Password, error) {
	units := utf16.Encode([]rune(text))
	switch {
	case text == "":
		return Password{}, ErrNoPassword
	case !utf8.ValidString(text):
		return Password{}, ErrPasswordText
	case len(units) > MaxPassword:
		return Password{}, ErrLongPassword
	}
	var b []byte
	for _, u := range units {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return Password{func() []byte { return b }}, nil
}

// standing is the password of workbooks that Excel encrypts and yet opens without asking,
// such as a workbook whose structure was protected in an old version. LibreOffice and Apache
// POI try it, too.
var standing, _ = NewPassword("VelvetSweatshop")

// try returns the password that opens something: the given one, if any, or the standing one.
// If neither does, the error is that of the given one.
func (p Password) try(opens func(Password) bool) (Password, error) {
	switch {
	case p.utf16le != nil && opens(p):
		return p, nil
	case opens(standing):
		return standing, nil
	case p.utf16le == nil:
		return p, xmltok.NewError(NoPassword)
	}
	return p, xmltok.NewError(WrongPassword)
}

// Format implements [fmt.Formatter].
func (Password) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "********") }

// Encryption encrypts the copy of a workbook at least as strongly: with the same password and
// at least as many rounds.
type Encryption struct {
	password Password
	spins    int
}

// MaxSpins limits how often a password is hashed, which takes up to a few seconds. It is the
// limit of the standard ([MS-OFFCRYPTO] 2.3.4.10, spinCount).
const MaxSpins = 10_000_000

// Decrypt returns the workbook in an encrypted file, and how to encrypt a copy of it. An
// *sheet.InputError says why it cannot be decrypted; its code is NoPassword or WrongPassword
// only if nothing else is wrong. A package of more than limit bytes is refused.
func Decrypt(r io.ReaderAt, size int64, p Password, limit int64) ([]byte, *Encryption, error) {
	return decrypt(r, size, p, limit, MaxSpins)
}

func decrypt(r io.ReaderAt, size int64, p Password, limit int64, maxSpins int) ([]byte, *Encryption, error) {
	f, err := openCompound(r, size)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.read(infoStream, maxInfo)
	if err != nil {
		return nil, nil, err
	}
	if len(info) < versionSize {
		return nil, nil, damaged(infoStream)
	}
	switch major, minor := binary.LittleEndian.Uint16(info), binary.LittleEndian.Uint16(info[2:]); {
	case major == 4 && minor == 4:
		return f.agile(info, p, limit, maxSpins)
	case minor == 2 && 2 <= major && major <= 4:
		return f.standard(info, p, limit)
	case minor == 3 && (major == 3 || major == 4):
		return nil, nil, xmltok.NewError("file-encryption-extensible")
	default:
		return nil, nil, unsupported(fmt.Sprintf("EncryptionInfo %d.%d", major, minor))
	}
}

const (
	versionSize = 8       // of the version and flags that begin EncryptionInfo
	maxInfo     = 1 << 20 // bytes of EncryptionInfo; a password needs 1.3 KB, each certificate 2 KB
	blockSize   = 16      // of AES
)

// Codes of the errors that another password may fix.
const (
	NoPassword    = "file-encrypted"
	WrongPassword = "file-password-wrong"
)

func damaged(what string) error { return xmltok.NewError("file-encryption-damaged", "part", what) }

func unsupported(what string) error {
	return xmltok.NewError("file-encryption-cipher", "found", what)
}

// Verify decrypts a file that Encrypt wrote, and checks the SHA-256 of its content.
func (e *Encryption) Verify(r io.ReaderAt, size int64, sum [sha256.Size]byte) error {
	content, _, err := Decrypt(r, size, e.password, size)
	if err == nil && sha256.Sum256(content) != sum {
		err = damaged(packageStream)
	}
	return err
}

// content reads the encrypted package: the size of the workbook and the encrypted bytes.
func (f *compound) content(limit int64) (stream []byte, size int, err error) {
	stream, err = f.read(packageStream, f.size)
	if err != nil {
		return nil, 0, err
	}
	if len(stream) < sizePrefix {
		return nil, 0, damaged(packageStream)
	}
	unpacked := binary.LittleEndian.Uint64(stream)
	switch cipher := len(stream) - sizePrefix; {
	case unpacked > uint64(cipher-cipher%blockSize):
		return nil, 0, damaged(packageStream)
	case unpacked > uint64(limit):
		return nil, 0, xmltok.NewError("file-too-large", "part", packageStream,
			"found", fmt.Sprint(unpacked), "expected", fmt.Sprint(limit))
	}
	return stream, int(unpacked), nil
}

// sizePrefix is the length of the size that begins EncryptedPackage.
const sizePrefix = 8
