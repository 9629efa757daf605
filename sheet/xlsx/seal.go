package xlsx

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/crypt"
)

// A seal is a line that names it, a text, and the SHA-256 of everything before the digest.
// No program shows it, and any program that saves the workbook drops it. It is the comment
// of the ZIP file or, in an encrypted workbook, in sectors at the end outside all streams.
const (
	sealName   = "loabatch results copy\n"
	sealDigest = "sha256 "
	maxComment = 1<<16 - 1

	endRecord     = 22 // its length without the comment (APPNOTE 4.3.16)
	commentLength = 2  // the end record ends with it
)

var endSignature = []byte("PK\x05\x06")

// ErrSeal reports a workbook that cannot be sealed: it already has a ZIP comment or a seal,
// or the text is too long.
var ErrSeal = errors.New("the workbook cannot be sealed")

// ReaderWriterAt is a file that can be read and extended.
type ReaderWriterAt interface {
	io.ReaderAt
	io.WriterAt
}

// Seal adds a seal with a short text to a copy that has just been written. Sealed can then
// tell whether the file has changed. Seal returns the SHA-256 of the sealed file, in hex.
func Seal(f ReaderWriterAt, size int64, text string) (sum string, err error) {
	if isCompound(f) {
		return sealCompound(f, size, text)
	}
	end := make([]byte, endRecord)
	if _, err := f.ReadAt(end, max(0, size-endRecord)); err != nil {
		return "", err
	}
	length := len(sealName) + len(text) + len(sealDigest) + hex.EncodedLen(sha256.Size)
	if !bytes.HasPrefix(end, endSignature) || end[endRecord-2] != 0 || end[endRecord-1] != 0 || length > maxComment {
		return "", ErrSeal
	}
	all := sha256.New()
	if _, err := io.Copy(all, io.NewSectionReader(f, 0, size-commentLength)); err != nil {
		return "", err
	}
	return writeSeal(f, size-commentLength, all, string(binary.LittleEndian.AppendUint16(nil, uint16(length)))+sealName+text, 0)
}

// writeSeal writes the end of a file at an offset, the digest of everything before, and
// zeros. all has hashed the file up to the offset. writeSeal returns the digest of the file.
func writeSeal(f io.WriterAt, at int64, all hash.Hash, end string, zeros int) (sum string, err error) {
	all.Write([]byte(end))
	rest := append([]byte(sealDigest+hex.EncodeToString(all.Sum(nil))), make([]byte, zeros)...)
	all.Write(rest)
	if _, err := f.WriteAt(append([]byte(end), rest...), at); err != nil {
		return "", err
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// maxSeal limits the length of a seal in an encrypted workbook.
const maxSeal = crypt.FreeSectors * crypt.SectorSize

// isCompound reports whether a file is a compound file, like encrypted workbooks.
func isCompound(r io.ReaderAt) bool {
	start := make([]byte, len(crypt.Signature))
	n, _ := r.ReadAt(start, 0)
	return string(start[:n]) == crypt.Signature
}

// sealCompound is Seal for an encrypted workbook.
func sealCompound(f ReaderWriterAt, size int64, text string) (sum string, err error) {
	length := len(sealName) + len(text) + len(sealDigest) + hex.EncodedLen(sha256.Size)
	if _, sealed := sealedCompound(f, size); sealed || length > maxSeal {
		return "", ErrSeal
	}
	all := sha256.New()
	if _, err := io.Copy(all, io.NewSectionReader(f, 0, size)); err != nil {
		return "", err
	}
	return writeSeal(f, size, all, sealName+text, -length&(crypt.SectorSize-1))
}

// sealedCompound is Sealed for an encrypted workbook.
func sealedCompound(r io.ReaderAt, size int64) (text string, ok bool) {
	last := make([]byte, min(size, maxSeal))
	if n, _ := r.ReadAt(last, size-int64(len(last))); n < len(last) {
		return "", false
	}
	seal := bytes.TrimRight(last, "\x00")
	for at := len(last) % crypt.SectorSize; at < len(seal); at += crypt.SectorSize {
		if len(last)-len(seal) < crypt.SectorSize && bytes.HasPrefix(seal[at:], []byte(sealName)) {
			return verifySeal(r, size-int64(len(last)-len(seal)), seal[at:])
		}
	}
	return "", false
}

// Sealed reports whether a file has a seal and is unchanged since, and returns the text of
// the seal.
func Sealed(r io.ReaderAt, size int64) (text string, ok bool) {
	if isCompound(r) {
		return sealedCompound(r, size)
	}
	last := make([]byte, min(size, endRecord+maxComment))
	if n, _ := r.ReadAt(last, size-int64(len(last))); n < len(last) {
		return "", false
	}
	return verifySeal(r, size, sealComment(last))
}

// verifySeal compares the digest of a seal with the file, whose first size bytes end with it.
func verifySeal(r io.ReaderAt, size int64, seal []byte) (text string, ok bool) {
	before, digest := len(seal)-hex.EncodedLen(sha256.Size), sealDigest
	if before < len(sealName)+len(digest) || string(seal[before-len(digest):before]) != digest {
		return "", false
	}
	sealed := sha256.New()
	if _, err := io.Copy(sealed, io.NewSectionReader(r, 0, size-int64(len(seal)-before+len(digest)))); err != nil {
		return "", false
	}
	return string(seal[len(sealName) : before-len(digest)]), hex.EncodeToString(sealed.Sum(nil)) == string(seal[before:])
}

// sealComment returns the comment of a ZIP file, given its last bytes, if it is a seal.
func sealComment(last []byte) []byte {
	for end := 0; end+endRecord <= len(last); end++ {
		comment := last[end+endRecord:]
		if bytes.HasPrefix(last[end:], endSignature) && bytes.HasPrefix(comment, []byte(sealName)) &&
			int(binary.LittleEndian.Uint16(last[end+endRecord-commentLength:])) == len(comment) {
			return comment
		}
	}
	return nil
}
