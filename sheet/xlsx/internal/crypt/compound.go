package crypt

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/richardlehane/mscfb"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// Names of the streams of an encrypted workbook ([MS-OFFCRYPTO] 2.3.4.4 and 2.3.4.5).
const (
	infoStream    = "EncryptionInfo"
	packageStream = "EncryptedPackage"
	rightsSpace   = "DRMEncryptedDataSpace" // of a workbook under rights management (2.2.2)
)

// Signature begins a compound file ([MS-CFB] 2.2).
const Signature = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"

// compound is a compound file with an encrypted workbook.
type compound struct {
	streams map[string]*mscfb.File // in the root, by name
	size    int64                  // of the file
}

// Encrypted reports whether a file is a compound file with an encrypted package, in any kind
// of encryption.
func Encrypted(r io.ReaderAt, size int64) bool {
	f, err := readCompound(r, size)
	return err == nil && f.streams[packageStream] != nil
}

// openCompound finds the streams of an encrypted workbook.
func openCompound(r io.ReaderAt, size int64) (*compound, error) {
	f, err := readCompound(r, size)
	switch {
	case err != nil:
		return nil, err
	case f.streams[packageStream] == nil:
		return nil, damaged(packageStream)
	case f.streams[infoStream] == nil && f.streams[rightsSpace] != nil:
		return nil, xmltok.NewError("file-encryption-rights")
	case f.streams[infoStream] == nil:
		return nil, damaged(infoStream)
	}
	return f, nil
}

// readCompound reads the directory of a compound file. Of the streams in storages, it keeps
// only that of rights management.
func readCompound(r io.ReaderAt, size int64) (*compound, error) {
	start := make([]byte, len(Signature))
	if n, _ := r.ReadAt(start, 0); n < len(start) || !bytes.Equal(start, []byte(Signature)) {
		return nil, damaged("compound file")
	}
	limited := &limitedReader{io.NewSectionReader(r, 0, size), maxReads}
	d, err := mscfb.New(limited)
	if err != nil {
		return nil, damaged("compound file")
	}
	limited.left = math.MaxInt
	f := &compound{streams: map[string]*mscfb.File{}, size: size}
	for _, entry := range d.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		// Names are compared ignoring case ([MS-CFB] 2.6.4).
		for _, name := range []string{infoStream, packageStream, rightsSpace} {
			inRoot := len(entry.Path) == 0
			if strings.EqualFold(entry.Name, name) && inRoot != (name == rightsSpace) {
				f.streams[name] = entry
			}
		}
	}
	return f, nil
}

// limitedReader limits how often a file is read. Mscfb accepts a directory of any length, and
// follows its links recursively.
type limitedReader struct {
	io.ReaderAt
	left int
}

// maxReads limits the reads of the tables and the directory of a compound file. An encrypted
// workbook of 1 GiB takes some 200, two for each sector of the directory.
const maxReads = 10_000

var errTooManyReads = errors.New("the directory is too long")

// ReadAt implements [io.ReaderAt].
func (l *limitedReader) ReadAt(b []byte, off int64) (int, error) {
	if l.left == 0 {
		return 0, errTooManyReads
	}
	l.left--
	return l.ReaderAt.ReadAt(b, off)
}

// readStep is how many bytes of a stream are read at a time: the time of a read in mscfb grows
// with the square of its length.
const readStep = 64 << 10

// read returns a whole stream of at most limit bytes. It does not believe a directory entry
// that says that the stream is larger than the file.
func (f *compound) read(name string, limit int64) ([]byte, error) {
	s := f.streams[name]
	if s.Size > min(limit, f.size) {
		return nil, damaged(name)
	}
	b := make([]byte, s.Size)
	for part := range slices.Chunk(b, readStep) {
		if n, _ := s.Read(part); n < len(part) {
			return nil, damaged(name)
		}
	}
	return b, nil
}
