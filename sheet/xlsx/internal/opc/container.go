// Package opc reads the package of a workbook: a ZIP container of parts, with relationships
// between them and a content type for each (ECMA-376 part 2).
//
// It is strict if leniency would hide that something is missing or wrong. For a file that is
// not a ZIP container, the error says what it is. The directory is compared with the local
// headers and with [Limits] before anything is unpacked: no duplicate names, no paths out of
// the package, no shared bytes, no wrong sizes, no ZIP bombs. Reading a part fails at its end
// unless its size and checksum are right.
package opc

import (
	"archive/zip"
	"cmp"
	"encoding/binary"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// Limits limits what an input may cost. A zero field means its default.
type Limits struct {
	Unpacked int64 // bytes of all parts together, unpacked; 1 GiB
	Ratio    int64 // unpacked to packed size of an XML part above 1 MiB; 300 (deflate cannot exceed 1,032)
	Parts    int   // entries of the zip directory; 20,000
	Strings  int   // entries of the shared strings table; 50,000,000
}

const ratioFrom = 1 << 20 // bytes; smaller parts may have any ratio

// WithDefaults returns the limits with zeros replaced by the defaults.
func (l Limits) WithDefaults() Limits {
	l.Unpacked = cmp.Or(l.Unpacked, 1<<30)
	l.Ratio = cmp.Or(l.Ratio, 300)
	l.Parts = cmp.Or(l.Parts, 20_000)
	l.Strings = cmp.Or(l.Strings, 50_000_000)
	return l
}

// Container is a workbook's zip file, its directory checked before any part is
// opened: part names are plain and unique, no two parts overlap, every part's local
// header agrees with the directory, and sizes are within the limits. Parts are
// found by name without a leading slash, in any case (OPC, ECMA-376 part 2, 6.2.2.3).
type Container struct {
	src    io.ReaderAt
	Zip    *zip.Reader
	Limits Limits
	byName map[string]*zip.File // by PartKey
	whole  map[*zip.File]bool   // parts that were read to their end without an error
}

// Open reads and checks the directory. Its error is an *sheet.InputError if the file is not a
// container (see sniff) or breaks a rule.
func Open(r io.ReaderAt, size int64, l Limits) (*Container, error) {
	if err := sniff(r, size); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, directoryError(r, size)
	}
	c := &Container{src: r, Zip: z, Limits: l.WithDefaults(), byName: make(map[string]*zip.File, len(z.File)), whole: map[*zip.File]bool{}}
	if len(z.File) > c.Limits.Parts {
		return nil, xmltok.NewError("zip-many-parts", "found", strconv.Itoa(len(z.File)), "expected", strconv.Itoa(c.Limits.Parts))
	}
	for _, f := range z.File {
		if err := c.admit(f); err != nil {
			return nil, err
		}
	}
	if err := c.checkSizes(); err != nil {
		return nil, err
	}
	if err := c.checkLayout(size); err != nil {
		return nil, err
	}
	return c, nil
}

// File returns the directory entry of a part, for zip.Writer.Copy, or nil.
func (c *Container) File(part string) *zip.File { return c.byName[PartKey(part)] }

// PartKey returns the form in which part names are compared. A backslash, which some
// programs write, counts as a slash.
func PartKey(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// admit adds one entry to the index, or returns what is wrong with it.
func (c *Container) admit(f *zip.File) error {
	key := PartKey(f.Name)
	if !plainName(key) {
		return xmltok.NewError("zip-part-name", "part", Quoted(f.Name))
	}
	if _, twice := c.byName[key]; twice {
		return xmltok.NewError("zip-part-twice", "part", Quoted(f.Name))
	}
	if f.Flags&1 != 0 {
		return xmltok.NewError("zip-part-encrypted", "part", Quoted(f.Name))
	}
	if f.Method != zip.Store && f.Method != zip.Deflate {
		return xmltok.NewError("zip-part-method", "part", Quoted(f.Name), "found", strconv.Itoa(int(f.Method)))
	}
	if f.Method == zip.Store && f.CompressedSize64 != f.UncompressedSize64 {
		return xmltok.NewError("zip-part-size", "part", Quoted(f.Name))
	}
	c.byName[key] = f
	return nil
}

// plainName reports whether a name cannot lead out of the package.
func plainName(key string) bool {
	if key == "" || strings.ContainsAny(key, "\x00:") {
		return false
	}
	for seg := range strings.SplitSeq(strings.TrimSuffix(key, "/"), "/") {
		if seg == "" || seg == "." || seg == ".." {
			return false
		}
	}
	return true
}

// Quoted makes a name fit for a message: no control characters, at most 120 bytes.
func Quoted(name string) string {
	const longest = 120
	q := strconv.Quote(name)
	q = q[1 : len(q)-1]
	if len(q) > longest {
		q = q[:longest] + "…"
	}
	return q
}

// checkSizes limits the unpacked size of all parts. Reading a part checks that it does not
// unpack to more than its directory entry says.
func (c *Container) checkSizes() error {
	var total uint64
	for _, f := range c.Zip.File {
		n := f.UncompressedSize64
		if isMarkup(f.Name) {
			if err := c.checkRatio(f); err != nil {
				return err
			}
		}
		if total += n; total > uint64(c.Limits.Unpacked) || total < n {
			return xmltok.NewError("file-too-large", "part", Quoted(f.Name),
				"found", strconv.FormatUint(total, 10), "expected", strconv.FormatInt(c.Limits.Unpacked, 10))
		}
	}
	return nil
}

// isMarkup reports whether a part of this name may be read. Other parts, such as pictures, are
// only copied, and a picture of a single colour has a very high ratio.
func isMarkup(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".xml", ".rels", ".vml":
		return true
	}
	return false
}

// checkRatio refuses a part that is packed better than markup could be.
func (c *Container) checkRatio(f *zip.File) error {
	n := f.UncompressedSize64
	if n <= ratioFrom || n/uint64(c.Limits.Ratio) <= f.CompressedSize64 {
		return nil
	}
	return xmltok.NewError("zip-ratio", "part", Quoted(f.Name),
		"found", strconv.FormatUint(n/max(f.CompressedSize64, 1), 10), "expected", strconv.FormatInt(c.Limits.Ratio, 10))
}

// directoryError says what is wrong with a file that begins like a ZIP file but has no
// readable directory: it is truncated, or its end is damaged.
func directoryError(r io.ReaderAt, size int64) *sheet.InputError {
	tail := make([]byte, min(size, 66<<10)) // the end record and its longest comment
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return xmltok.NewError("file-unreadable")
	}
	var end [4]byte
	binary.LittleEndian.PutUint32(end[:], 0x06054b50)
	if !strings.Contains(string(tail), string(end[:])) {
		return xmltok.NewError("file-truncated", "found", strconv.FormatInt(size, 10))
	}
	return xmltok.NewError("zip-directory")
}
