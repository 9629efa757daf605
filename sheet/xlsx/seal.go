package xlsx

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
)

// A seal is the comment of the ZIP file, which no program shows and any program that saves
// the workbook drops: a line that names it, the text, and the SHA-256 of everything before
// the comment and of the text.
const (
	sealName   = "loabatch results copy\n"
	sealDigest = "sha256 "
	maxComment = 1<<16 - 1

	endRecord     = 22 // its length without the comment (APPNOTE 4.3.16)
	commentLength = 2  // the end record ends with it
)

var endSignature = []byte("PK\x05\x06")

// ErrSeal reports a workbook that cannot be sealed: it has a ZIP comment already, or the
// text is too long.
var ErrSeal = errors.New("the workbook cannot be sealed")

// ReaderWriterAt is a file that can be read and extended.
type ReaderWriterAt interface {
	io.ReaderAt
	io.WriterAt
}

// Seal marks a copy of that size that has just been written, so that Sealed can tell whether
// its bytes are still the same, and keeps a short text with it. It returns the SHA-256 of
// the sealed file, in hex.
func Seal(f ReaderWriterAt, size int64, text string) (sum string, err error) {
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
	tail := binary.LittleEndian.AppendUint16(nil, uint16(length))
	tail = append(tail, sealName+text...)
	all.Write(tail)
	digest := sealDigest + hex.EncodeToString(all.Sum(nil))
	all.Write([]byte(digest))
	if _, err := f.WriteAt(append(tail, digest...), size-commentLength); err != nil {
		return "", err
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// Sealed reports whether a file of that size has a seal and the bytes that were sealed, and
// returns the text of the seal.
func Sealed(r io.ReaderAt, size int64) (text string, ok bool) {
	last := make([]byte, min(size, endRecord+maxComment))
	if n, _ := r.ReadAt(last, size-int64(len(last))); n < len(last) {
		return "", false
	}
	comment := sealComment(last)
	before, digest := len(comment)-hex.EncodedLen(sha256.Size), sealDigest
	if before < len(sealName)+len(digest) || string(comment[before-len(digest):before]) != digest {
		return "", false
	}
	sealed := sha256.New()
	if _, err := io.Copy(sealed, io.NewSectionReader(r, 0, size-int64(len(comment)-before+len(digest)))); err != nil {
		return "", false
	}
	return string(comment[len(sealName) : before-len(digest)]), hex.EncodeToString(sealed.Sum(nil)) == string(comment[before:])
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
