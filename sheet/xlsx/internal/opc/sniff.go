package opc

import (
	"bytes"
	"encoding/binary"
	"io"
	"strconv"
	"unicode/utf16"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// sniffed is how many bytes of a file are read to identify it.
const sniffed = 4096

// sniff distinguishes, by its first bytes, a ZIP file from anything else that is named like a
// workbook. It returns nil only for a ZIP file.
func sniff(r io.ReaderAt, size int64) error {
	if size <= 0 {
		return xmltok.NewError("file-empty")
	}
	b := make([]byte, min(size, sniffed))
	if n, err := r.ReadAt(b, 0); n < len(b) {
		if err == io.EOF {
			return xmltok.NewError("file-truncated", "found", strconv.Itoa(n))
		}
		return xmltok.NewError("file-unreadable")
	}
	switch {
	case bytes.HasPrefix(b, localSignature):
		return nil
	case bytes.HasPrefix(b, oleSignature):
		return sniffOLE(r, size, b)
	case len(bytes.Trim(b, "\x00")) == 0:
		return xmltok.NewError("file-zeros")
	}
	if size == lockFileSize && int(b[0]) < lockNameEnd && len(bytes.Trim(b[1+b[0]:lockNameEnd], " \x00")) == 0 {
		return xmltok.NewError("file-lock")
	}
	for _, s := range signatures {
		if bytes.HasPrefix(b, []byte(s.begin)) {
			return xmltok.NewError(s.code, "found", s.name)
		}
	}
	return sniffText(b)
}

// The lock file beside a workbook that Excel has open: the length of the user's name, the
// name, padded to 55 bytes, and the same in UTF-16.
const (
	lockFileSize = 165
	lockNameEnd  = 55
)

// signatures are the first bytes of other files that are named like a workbook.
var signatures = []struct{ begin, code, name string }{
	{"PK\x05\x06", "file-other-format", "ZIP"},
	{"PK\x07\x08", "file-other-format", "ZIP"},
	{"\x09\x08", "file-old-xls", "BIFF"}, // a BIFF stream without its container
	{"\x09\x04", "file-old-xls", "BIFF"},
	{"\x09\x02", "file-old-xls", "BIFF"},
	{"\x09\x00", "file-old-xls", "BIFF"},
	{"%PDF", "file-other-format", "PDF"},
	{"\x1f\x8b", "file-other-format", "gzip"},
	{"Rar!", "file-other-format", "RAR"},
	{"7z\xbc\xaf", "file-other-format", "7-Zip"},
	{"\x89PNG", "file-other-format", "PNG"},
	{"\xff\xd8\xff", "file-other-format", "JPEG"},
	{"{\\rtf", "file-other-format", "RTF"},
}

// sniffText identifies text formats, which spreadsheet programs open under any name.
func sniffText(b []byte) error {
	b = plainText(b)
	if b == nil {
		return xmltok.NewError("file-not-workbook")
	}
	b = bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), " \t\r\n")
	if bytes.HasPrefix(b, []byte("<")) {
		return sniffMarkup(bytes.ToLower(b))
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	for _, sep := range []string{",", ";", "\t", "|"} {
		if bytes.Contains(line, []byte(sep)) {
			return xmltok.NewError("file-csv", "found", strconv.Quote(sep))
		}
	}
	return xmltok.NewError("file-other-format", "found", "TXT")
}

// sniffMarkup identifies a text, in lower case, that begins with a tag.
func sniffMarkup(b []byte) error {
	if bytes.Contains(b, []byte("urn:schemas-microsoft-com:office:spreadsheet")) {
		return xmltok.NewError("file-xml-2003")
	}
	if bytes.Contains(b, []byte("urn:oasis:names:tc:opendocument")) {
		return xmltok.NewError("file-ods")
	}
	for _, tag := range []string{"<html", "<!doctype html", "<table"} {
		if bytes.Contains(b, []byte(tag)) {
			return xmltok.NewError("file-html")
		}
	}
	return xmltok.NewError("file-other-format", "found", "XML")
}

// plainText returns the text at the beginning of a file, or nil if it is not text. UTF-16 with
// a byte order mark is transcoded to UTF-8.
func plainText(b []byte) []byte {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		b, _ = io.ReadAll(xmltok.NewUTF16Reader(bytes.NewReader(b[2:]), b[0] == 0xFE))
	}
	for _, c := range b {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1A || c == 0x7F {
			return nil
		}
	}
	return b
}

// oleSignature begins a compound file ([MS-CFB] 2.2): the container of workbooks before 2007,
// and of encrypted ones since ([MS-OFFCRYPTO] 2.3.1).
var oleSignature = []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")

// Encrypted reports whether a file is a compound file that names an encrypted package, even
// if it is damaged.
func Encrypted(r io.ReaderAt, size int64) bool {
	head := make([]byte, min(size, sniffed))
	n, _ := r.ReadAt(head, 0)
	return n >= oleHeader && bytes.HasPrefix(head, oleSignature) && oleNames(r, head)["EncryptedPackage"]
}

// Offsets within a compound file's header, and bounds of the search.
const (
	oleSectorShift  = 30
	oleFirstDir     = 48
	oleFATList      = 76
	oleFATInHeader  = 109
	oleHeader       = 512
	oleEntry        = 128 // bytes of a directory entry
	oleNameLen      = 64  // offset of the length of an entry's name, in bytes
	oleDirSectors   = 256 // of the directory, at most
	oleSmallestFile = 3 * oleHeader
)

// sniffOLE identifies a compound file by its streams: an encrypted workbook, an old .xls,
// or something else.
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

// oleNames lists the streams of a compound file that its directory still shows.
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

// oleName returns the name of a directory entry.
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
