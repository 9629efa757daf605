package book

import (
	"bytes"
	"crypto/sha256"
	"io"
	"os"

	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// WriteCopy writes the input with the patch to path. The copy is verified and sealed before
// it is renamed to path. seal returns the text of the seal; it is called once the copy is
// verified. WriteCopy returns the digest of the file.
func (in *Input) WriteCopy(path string, patch sheet.Patch, seal func() string) (sum string, err error) {
	write := func(w io.Writer) error {
		src, size := in.reader()
		return xlsx.Copy(w, src, size, patch)
	}
	verify := func(r io.ReaderAt, size int64) error {
		src, srcSize := in.reader()
		return xlsx.Verify(r, size, src, srcSize, patch)
	}
	if in.encryption != nil {
		if write, verify, err = encrypted(in.encryption, write, verify); err != nil {
			return "", err
		}
	}
	err = durable.WriteFile(path, write, func(f *os.File) error {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		if err := verify(f, info.Size()); err != nil {
			return err
		}
		sum, err = xlsx.Seal(f, info.Size(), seal())
		return err
	})
	return sum, err
}

// encrypted makes and verifies a copy in memory. It returns a function that writes it encrypted,
// and one that checks that the file decrypts to the same copy. Nothing else goes to disk.
func encrypted(e *xlsx.Encryption, write func(io.Writer) error, verify func(io.ReaderAt, int64) error) (func(io.Writer) error, func(io.ReaderAt, int64) error, error) {
	var plain bytes.Buffer
	if err := write(&plain); err != nil {
		return nil, nil, err
	}
	if err := verify(bytes.NewReader(plain.Bytes()), int64(plain.Len())); err != nil {
		return nil, nil, err
	}
	sum := sha256.Sum256(plain.Bytes())
	writeEncrypted := func(w io.Writer) error {
		err := e.Encrypt(w, plain.Bytes()) // in place
		plain = bytes.Buffer{}
		return err
	}
	verifyEncrypted := func(r io.ReaderAt, size int64) error { return e.Verify(r, size, sum) }
	return writeEncrypted, verifyEncrypted, nil
}
