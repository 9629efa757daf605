// Package edit writes a copy of a workbook with a patch applied.
//
// A [Copier] first plans what to do with each part: copy, change, drop or add it. Then it writes
// them in the order of the source. A changed part is streamed token by token, and the rest of it
// stays byte for byte. In a redacted copy, everything that is written goes through a filter that
// masks personal data. [Obstacles] makes the copy with empty results before anything is sent;
// [Verify] compares the copy with what was intended.
package edit

import (
	"archive/zip"
	"io"
	"math"
	"path"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// CopyLimits are the limits for a workbook that has already been accepted: copying streams, so its memory does
// not grow with the workbook, and the copy may be larger than its source.
var CopyLimits = opc.Limits{Unpacked: 1 << 40, Ratio: 1100, Parts: math.MaxInt32, Strings: math.MaxInt32}

// Copy writes a copy of the workbook with a patch applied, as package xlsx documents.
//
// All XML is written by hand rather than by excelize in a dummy workbook: the additions are a few short
// elements, they follow the prefix and the Strict or Transitional form of their part, and their bytes
// are the same in every run.
func Copy(dst io.Writer, src io.ReaderAt, size int64, p sheet.Patch) error {
	cp, err := Open(src, size)
	if err != nil {
		return err
	}
	return cp.CopyTo(dst, p, PackLevel)
}

// PackLevel is the level of compression of written parts: level 5 of klauspost/compress
// packs as well as level 6 of the standard library at half its cost.
const PackLevel = 5

// Copier makes one copy: plan decides what to do with each part, write does it.
type Copier struct {
	*opc.Container
	book   *read.Parts
	spaces spaceNames
	parts  *partEdits

	styles   *stylePatch
	bookEdit bookEdit
	bookRels *relsEdit
	types    typesEdit
	masked   *indexSet  // shared strings that are masked; nil if none are
	redact   *redaction // of the whole copy; nil for none

	notes     map[string]noteTexts // by patched sheet: the copy's future notes
	noteParts map[string]noteTexts // the same by part of comments (opc.PartKey)
	addedAt   map[string]int       // indexes of the added sheets in the list of sheets, by their name in the patch
	remarks   []sheet.Problem      // where the copy differs from what the user may expect
}

// Open opens a workbook to be copied.
func Open(src io.ReaderAt, size int64) (*Copier, error) {
	c, err := opc.Open(src, size, CopyLimits)
	if err != nil {
		return nil, err
	}
	w, err := read.FindWorkbook(c)
	if err != nil {
		return nil, err
	}
	return newCopier(c, w), nil
}

func newCopier(c *opc.Container, w *read.Parts) *Copier {
	return &Copier{Container: c, book: w, parts: newPartEdits(), spaces: spacesOf(w.Strict), notes: map[string]noteTexts{}, noteParts: map[string]noteTexts{}, addedAt: map[string]int{}}
}

// CopyTo writes the copy, compressing its parts at the given level: see [PackLevel].
func (cp *Copier) CopyTo(dst io.Writer, p sheet.Patch, level int) error {
	if err := cp.plan(p); err != nil {
		return err
	}
	return cp.write(dst, level)
}

// partWriter writes a part's content.
type partWriter func(w io.Writer) error

// partEdits says which parts are changed, dropped or added; all others are copied.
type partEdits struct {
	changed  map[string]partWriter // by opc.PartKey
	late     map[string]bool       // changed parts that are written after all others, since they depend on them
	dropped  map[string]bool       // by opc.PartKey
	added    []addedPart           // in the order in which they are written
	reserved map[string]bool       // names of added parts, by opc.PartKey
	named    map[string]bool       // parts that relationships of the source point to, by opc.PartKey; nil until asked for
}

type addedPart struct {
	name  string
	write partWriter
}

func newPartEdits() *partEdits {
	return &partEdits{changed: map[string]partWriter{}, late: map[string]bool{}, dropped: map[string]bool{}, reserved: map[string]bool{}}
}

// newPart reserves a name for an added part, with the first free number.
func (cp *Copier) newPart(dir, stem, ext, contentType string) string {
	for n := 1; ; n++ {
		if name := path.Join(dir, stem+strconv.Itoa(n)+ext); cp.reserve(name, contentType) {
			return name
		}
	}
}

// reserve reserves a name for an added part, and reports whether it was free.
func (cp *Copier) reserve(name, contentType string) bool {
	if !cp.free(name) || !cp.free(opc.RelsPart(name)) {
		return false
	}
	cp.parts.reserved[opc.PartKey(name)] = true
	cp.types.added = append(cp.types.added, [2]string{name, contentType})
	return true
}

// free reports whether a name is unused in the copy: no part has it, no content type is listed for it, and no
// relationship points to it. Otherwise a dangling reference would suddenly find a part.
func (cp *Copier) free(name string) bool {
	key := opc.PartKey(name)
	if cp.parts.reserved[key] {
		return false
	}
	if cp.parts.dropped[key] {
		return true
	}
	if cp.parts.named == nil {
		cp.parts.named = cp.Named()
	}
	return cp.File(name) == nil && !cp.book.Types.Overrides(name) && !cp.parts.named[key]
}

// addPart adds a part under a name from newPart, or the relationships of one.
func (cp *Copier) addPart(name string, write partWriter) {
	cp.parts.reserved[opc.PartKey(name)] = true
	cp.parts.added = append(cp.parts.added, addedPart{name, write})
}

// edited registers the change of a part, whose source the editor reads.
func (cp *Copier) edited(part string, change func(*xmltok.Editor) error) {
	cp.parts.changed[opc.PartKey(part)] = func(w io.Writer) error {
		tz, err := cp.OpenXML(part)
		if err != nil {
			return err
		}
		return change(xmltok.NewEditor(tz, w))
	}
}

// text writes a part whose content is in memory.
func text(content func() string) partWriter {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, content())
		return err
	}
}

// write writes the copy's container.
func (cp *Copier) write(dst io.Writer, level int) error {
	out := &holder{w: dst}
	z := zip.NewWriter(out)
	z.RegisterCompressor(zip.Deflate, opc.Compressor(level))
	put := func(h zip.FileHeader, write partWriter) error {
		if cp.redact != nil {
			write = cp.redact.filtered(h.Name, write)
		}
		return writePart(z, h, write)
	}
	var late []*zip.File
	for _, f := range cp.Zip.File {
		key := opc.PartKey(f.Name)
		switch change := cp.parts.changed[key]; {
		case cp.parts.dropped[key]:
		case change == nil:
			if err := cp.writeUntouched(z, f, out); err != nil {
				return err
			}
		case cp.parts.late[key]:
			late = append(late, f)
		default:
			if err := put(f.FileHeader, change); err != nil {
				return err
			}
		}
	}
	for _, p := range cp.parts.added {
		//lint:ignore SA1019 see writePart
		if err := put(zip.FileHeader{Name: p.name, ModifiedDate: dosEpoch}, p.write); err != nil {
			return err
		}
	}
	for _, f := range late {
		if err := put(f.FileHeader, cp.parts.changed[opc.PartKey(f.Name)]); err != nil {
			return err
		}
	}
	return z.Close()
}

// writeUntouched writes a part that is not patched: unchanged, or with personal data masked.
func (cp *Copier) writeUntouched(z *zip.Writer, f *zip.File, out *holder) error {
	masked, err := cp.untouched(f)
	if err != nil {
		return err
	}
	if masked != nil {
		return writePart(z, f.FileHeader, masked)
	}
	return passOn(z, f, out)
}

// passOn copies a part unchanged.
func passOn(z *zip.Writer, f *zip.File, out *holder) error {
	if !strings.HasSuffix(f.Name, "/") || f.CompressedSize64 == 0 && f.Flags&streamed == 0 {
		return z.Copy(f)
	}
	if f.UncompressedSize64 > 0 {
		return xmltok.NewError("copy-folder-entry", "part", opc.Quoted(f.Name))
	}
	return passFolder(z, f, out)
}

// streamed is the flag of an entry whose sizes follow its data (APPNOTE 4.4.4).
const streamed = 1 << 3

// passFolder copies an empty folder that was compressed, as by the zip writers of Python and Java: its
// compressed form is not empty, but zip.Writer writes no data for a name that ends in a slash. So the
// local header is written with another name of the same length, and fixed on its way out. The directory
// is written later, from h.
func passFolder(z *zip.Writer, f *zip.File, out *holder) error {
	src, err := f.OpenRaw()
	if err != nil {
		return err
	}
	if err := z.Flush(); err != nil {
		return err
	}
	h := f.FileHeader
	h.Name = strings.TrimSuffix(f.Name, "/") + "_"
	out.holds = true
	w, err := z.CreateRaw(&h)
	if err == nil {
		err = z.Flush()
	}
	if err != nil {
		return err
	}
	h.Name = f.Name
	out.held[len(out.held)-len(h.Extra)-1] = '/'
	if err := out.release(); err != nil {
		return err
	}
	_, err = io.Copy(w, src)
	return err
}

// holder is a writer that can hold back what is written, for changing it.
type holder struct {
	w     io.Writer
	holds bool
	held  []byte
}

func (h *holder) Write(b []byte) (int, error) {
	if h.holds {
		h.held = append(h.held, b...)
		return len(b), nil
	}
	return h.w.Write(b)
}

// release writes what was held back.
func (h *holder) release() error {
	_, err := h.w.Write(h.held)
	h.holds, h.held = false, h.held[:0]
	return err
}

// dosEpoch is 1980-01-01, the time that Excel gives all its parts.
const dosEpoch = 1<<5 | 1

// writePart writes a changed or an added part. Its header has the name and the time of the old one, but not
// its extra fields, which describe the old compression.
func writePart(z *zip.Writer, old zip.FileHeader, write partWriter) error {
	w, err := z.CreateHeader(&zip.FileHeader{
		Name: old.Name, NonUTF8: old.NonUTF8, Method: zip.Deflate,
		//lint:ignore SA1019 the field Modified would add an extra field to every entry
		ModifiedDate: old.ModifiedDate, ModifiedTime: old.ModifiedTime,
	})
	if err != nil {
		return err
	}
	return write(w)
}
