package xlsx

import (
	"encoding/binary"
	"io"
	"strconv"
	"unicode/utf16"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// oleSignature begins a compound file ([MS-CFB] 2.2): the container of the workbooks
// before 2007, and of encrypted ones since ([MS-OFFCRYPTO] 2.3.1).
var oleSignature = []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")

// Offsets within a compound file's header, and bounds of the search.
const (
	oleSectorShift  = 30
	oleFirstDir     = 48
	oleFATList      = 76
	oleFATInHeader  = 109
	oleHeader       = 512
	oleEntry        = 128 // bytes of a directory entry
	oleNameLen      = 64  // where an entry has the length of its name in bytes
	oleDirSectors   = 256 // of the directory, at most looked at
	oleSmallestFile = 3 * oleHeader
)

// sniffOLE tells by the streams of a compound file whether it is an encrypted
// workbook, an old .xls, or something else.
func sniffOLE(r io.ReaderAt, size int64, head []byte) error {
	if size < oleSmallestFile {
		return xmltok.NewError("file-truncated", "found", strconv.FormatInt(size, 10))
	}
	names := oleNames(r, head)
	switch {
	case names["EncryptedPackage"]:
		return xmltok.NewError("file-encrypted")
	case names["Workbook"], names["Book"]:
		return xmltok.NewError("file-old-xls", "found", "OLE")
	}
	return xmltok.NewError("file-other-format", "found", "OLE")
}

// oleNames lists the streams of a compound file, as far as its directory can be read.
func oleNames(r io.ReaderAt, head []byte) map[string]bool {
	le := binary.LittleEndian
	names := map[string]bool{}
	shift := le.Uint16(head[oleSectorShift:])
	if shift != 9 && shift != 12 {
		return names
	}
	size := int64(1) << shift
	at := func(sector uint32) int64 { return (int64(sector) + 1) * size }
	buf := make([]byte, size)
	sector := le.Uint32(head[oleFirstDir:])
	for range oleDirSectors {
		if n, _ := r.ReadAt(buf, at(sector)); n < len(buf) {
			break
		}
		for e := buf; len(e) >= oleEntry; e = e[oleEntry:] {
			names[oleName(e)] = true
		}
		fat := int64(sector) / (size / 4)
		if fat >= oleFATInHeader {
			break
		}
		var next [4]byte
		fatSector := le.Uint32(head[oleFATList+4*fat:])
		if n, _ := r.ReadAt(next[:], at(fatSector)+int64(sector)%(size/4)*4); n < len(next) {
			break
		}
		sector = le.Uint32(next[:])
	}
	return names
}

// oleName gives the name of a directory entry.
func oleName(entry []byte) string {
	n := int(binary.LittleEndian.Uint16(entry[oleNameLen:]))
	if n < 2 || n > oleNameLen {
		return ""
	}
	units := make([]uint16, n/2-1)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(entry[2*i:])
	}
	return string(utf16.Decode(units))
}
