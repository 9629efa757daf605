package opc

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// span is where a part's local header and packed data are in the file.
type span struct {
	from, to int64
	file     *zip.File
}

// checkLayout compares every local header with the directory. It checks that no two parts
// share bytes, the trick behind the smallest ZIP bombs, and that none reaches into the
// directory or beyond the file.
func (c *Container) checkLayout(size int64) error {
	end := size - directoryEnd
	spans := make([]span, 0, len(c.Zip.File))
	for _, f := range c.Zip.File {
		s, err := c.locate(f)
		if err != nil {
			return err
		}
		spans = append(spans, s)
		end -= int64(directoryEntry + len(f.Name) + len(f.Extra) + len(f.Comment))
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return xmltok.NewError("zip-overlap", "part", Quoted(spans[i].file.Name), "found", Quoted(spans[i-1].file.Name))
		}
	}
	if n := len(spans); n > 0 && spans[n-1].to > end {
		return xmltok.NewError("zip-part-size", "part", Quoted(spans[n-1].file.Name))
	}
	return nil
}

// The smallest number of bytes in the directory: for each part, besides its name and extra
// fields, and after all parts (APPNOTE 4.3.12 and 4.3.16).
const (
	directoryEntry = 46
	directoryEnd   = 22
)

// Offsets within a local header (APPNOTE 4.3.7).
const (
	localFlags    = 6
	localPacked   = 18
	localUnpacked = 22
	localNameLen  = 26
	localExtraLen = 28
	localFixed    = 30
	longestExtra  = 1<<16 - 1
	sizeIn64      = 1<<32 - 1 // the size is in the extra field
	streamed      = 1 << 3    // flag: sizes follow the data
)

var localSignature = []byte("PK\x03\x04")

// locate finds where a part is, and compares its local header with the directory: programs
// that read one must see the same as programs that read the other.
func (c *Container) locate(f *zip.File) (span, error) {
	data, err := f.DataOffset()
	if err != nil {
		return span{}, xmltok.NewError("zip-part-header", "part", Quoted(f.Name))
	}
	head := c.localHeader(f, data)
	if head == nil {
		return span{}, xmltok.NewError("zip-part-header", "part", Quoted(f.Name))
	}
	le := binary.LittleEndian
	if le.Uint16(head[localFlags:])&streamed == 0 &&
		(!sizeAgrees(le.Uint32(head[localPacked:]), f.CompressedSize64) || !sizeAgrees(le.Uint32(head[localUnpacked:]), f.UncompressedSize64)) {
		return span{}, xmltok.NewError("zip-part-size", "part", Quoted(f.Name))
	}
	s := span{from: data - int64(len(head)), to: data + int64(f.CompressedSize64), file: f}
	if s.to < data {
		return span{}, xmltok.NewError("zip-part-header", "part", Quoted(f.Name))
	}
	return s, nil
}

func sizeAgrees(local uint32, directory uint64) bool {
	return local == sizeIn64 || uint64(local) == directory
}

// localHeader returns the local header with the part's name that ends where the data begins,
// or nil. From archive/zip, only the end of the header is known.
func (c *Container) localHeader(f *zip.File, data int64) []byte {
	shortest := int64(localFixed + len(f.Name))
	for _, extra := range []int64{64, longestExtra} {
		back := min(shortest+extra, data)
		if back < shortest {
			return nil
		}
		b := make([]byte, back)
		if n, _ := c.src.ReadAt(b, data-back); n < len(b) {
			return nil
		}
		for end := len(b); ; {
			at := bytes.LastIndex(b[:end], localSignature)
			if at < 0 {
				break
			}
			if headerFits(b[at:], f.Name) {
				return b[at:]
			}
			end = at + len(localSignature) - 1
		}
	}
	return nil
}

// headerFits reports whether b is exactly a local header with this name.
func headerFits(b []byte, name string) bool {
	if len(b) < localFixed+len(name) {
		return false
	}
	le := binary.LittleEndian
	nameLen, extraLen := int(le.Uint16(b[localNameLen:])), int(le.Uint16(b[localExtraLen:]))
	return localFixed+nameLen+extraLen == len(b) && nameLen == len(name) && string(b[localFixed:localFixed+nameLen]) == name
}
