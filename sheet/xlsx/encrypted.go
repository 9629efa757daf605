package xlsx

import (
	"io"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/crypt"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
)

// Password opens an encrypted workbook. It prints as asterisks, however it is formatted.
type Password = crypt.Password

// Errors of NewPassword.
var (
	ErrNoPassword   = crypt.ErrNoPassword
	ErrLongPassword = crypt.ErrLongPassword
	ErrPasswordText = crypt.ErrPasswordText
)

// MaxPassword is Excel's limit on the length of a password, in UTF-16 code units.
const MaxPassword = crypt.MaxPassword

// CodeNoPassword is the code of Decrypt's error without a password.
const CodeNoPassword = crypt.NoPassword

// NewPassword returns the password with the given text. Like Excel, it does not normalize
// the text.
func NewPassword(text string) (Password, error) { return crypt.NewPassword(text) }

// Encryption says how a workbook is encrypted. Its copy is encrypted at least as strongly,
// with the same password.
type Encryption = crypt.Encryption

// Encrypted reports whether a file is an encrypted workbook, even one that [Decrypt] refuses.
func Encrypted(r io.ReaderAt, size int64) bool {
	return crypt.Encrypted(r, size) || opc.Encrypted(r, size)
}

// Decrypt returns the .xlsx file in an encrypted workbook, in memory, and how its copy is to
// be encrypted. The error is an *sheet.InputError: file-encrypted without a password,
// file-password-wrong with a wrong one, otherwise a code that says what is wrong with the
// file (file-encryption-…). An .xlsx file that is larger than l.Unpacked is refused.
func Decrypt(r io.ReaderAt, size int64, p Password, l Limits) ([]byte, *Encryption, error) {
	return crypt.Decrypt(r, size, p, l.WithDefaults().Unpacked)
}
