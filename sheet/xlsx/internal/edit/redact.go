package edit

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"iter"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// redaction masks personal data in all XML parts of a copy. It filters the output of the parts' writers, so it
// sees what they add as well. Parts in which it finds nothing are copied with their compressed bytes.
type redaction struct {
	masks *sheet.Redactor
	names map[string]string // new names of sheets, tables and defined names, by the old ones in lower case
}

// planRedaction learns the personal values of the patched sheets, and renames what is named after one.
func (cp *Copier) planRedaction(p sheet.Patch) error {
	if !p.Redact {
		return nil
	}
	cp.redact = &redaction{masks: sheet.NewRedactor(), names: map[string]string{}}
	book, err := read.NewBook(cp.Container, cp.book)
	if err != nil {
		return err
	}
	for i := range p.Sheets {
		if err := cp.redact.learn(book, &p.Sheets[i]); err != nil {
			return err
		}
	}
	if err := cp.renameAll(); err != nil {
		return err
	}
	return cp.dropThumbnail()
}

// learn reads the values of the masked cells of a sheet.
func (r *redaction) learn(book *read.Book, p *sheet.SheetPatch) error {
	m := maskOf(p)
	if m == nil {
		return nil
	}
	for row, err := range book.Rows(p.Sheet) {
		if err != nil {
			return err
		}
		for i := range row.Cells {
			if c := &row.Cells[i]; (c.Type == sheet.TextCell || c.Type == sheet.NumberCell) && m.hides(row.Number, c.Col) {
				r.masks.Learn(c.Value)
			}
		}
	}
	return nil
}

// renameAll finds new, unused names for the sheets, tables and defined names that contain personal data.
func (cp *Copier) renameAll() error {
	var names []string
	for _, s := range cp.book.Sheets {
		names = append(names, s.Name)
		rels, err := cp.Relationships(s.Part)
		if err != nil || s.Part == "" {
			continue // the error is found when the sheet is needed
		}
		tables, err := read.Tables(cp.Container, rels)
		if err != nil {
			continue
		}
		for _, t := range tables {
			names = append(names, t.Name)
		}
	}
	tz, err := cp.OpenXML(cp.book.Part)
	if err != nil {
		return err
	}
	for t, err := range tz.All() {
		if err != nil {
			return err
		}
		if t.Kind == xmltok.StartTag && t.Is("definedName") {
			var bad bool
			names = append(names, t.Value("name", &bad))
		}
	}
	taken := map[string]bool{}
	for _, n := range names {
		taken[strings.ToLower(n)] = true
	}
	for _, n := range names {
		masked := cp.redact.name(n)
		if _, done := cp.redact.names[strings.ToLower(n)]; done || masked == n {
			continue
		}
		free := masked
		for i := 2; taken[strings.ToLower(free)]; i++ {
			suffix := "_" + strconv.Itoa(i)
			free = masked
			if over := utf8.RuneCountInString(masked) + len(suffix) - maxSheetName; over > 0 {
				free = string([]rune(masked)[:utf8.RuneCountInString(masked)-over])
			}
			free += suffix
		}
		taken[strings.ToLower(free)] = true
		cp.redact.names[strings.ToLower(n)] = free
	}
	return nil
}

// maxSheetName is the maximum length of a sheet's name, in characters.
const maxSheetName = 31

// copyName returns the name that a sheet of the source has in the copy.
func (cp *Copier) copyName(name string) string {
	if cp.redact == nil {
		return name
	}
	return cp.redact.rename(name)
}

// dropThumbnail leaves out the picture of the first page that some programs save.
func (cp *Copier) dropThumbnail() error {
	rels, err := cp.Relationships("")
	if err != nil {
		return err
	}
	e := newRelsEdit(rels)
	for _, r := range rels {
		if r.Kind == "thumbnail" && !r.External {
			e.dropped[r.ID] = true
			cp.parts.dropped[opc.PartKey(r.Target)] = true
		}
	}
	cp.setRels("", e)
	return nil
}

// rename returns the new name of a sheet, a table or a defined name.
func (r *redaction) rename(name string) string {
	if to, ok := r.names[strings.ToLower(name)]; ok {
		return to
	}
	return name
}

// name masks personal data in a name, in which an asterisk is not allowed.
func (r *redaction) name(s string) string { return masked(s, r.masks.Text(s), '_') }

// number masks a number that has to remain one.
func (r *redaction) number(s string) string { return masked(s, r.masks.Text(s), '0') }

// masked returns a masked text with another character for the asterisks of the mask.
func masked(was, is string, mask rune) string {
	if was == is {
		return was
	}
	before, after := []rune(was), []rune(is)
	for i := range after {
		if after[i] == '*' && i < len(before) && before[i] != '*' {
			after[i] = mask
		}
	}
	return string(after)
}

// isMarkup reports whether a part may be XML that contains the user's text.
func (r *redaction) isMarkup(name string) bool {
	switch path.Ext(opc.PartKey(name)) {
	case ".xml", ".rels", ".vml":
		return opc.PartKey(name) != opc.PartKey(opc.ContentTypesPart)
	}
	return false
}

// filtered returns a writer of a part that masks personal data in the output of write.
func (r *redaction) filtered(name string, write partWriter) partWriter {
	if !r.isMarkup(name) {
		return write
	}
	return func(w io.Writer) error {
		src, stop := pulled(write)
		defer stop()
		f := newRedactFilter(r, xmltok.NewEditor(xmltok.New(src, opc.Quoted(name)), w), name)
		if err := f.run(); err != nil {
			return err
		}
		return src.err
	}
}

// untouched returns a writer that masks the personal data in an unpatched part, or nil for a part without any.
func (cp *Copier) untouched(f *zip.File) (partWriter, error) {
	if cp.redact == nil || !cp.redact.isMarkup(f.Name) {
		return nil, nil
	}
	tz, err := cp.OpenXML(f.Name)
	if err != nil {
		return nil, err
	}
	filter := newRedactFilter(cp.redact, xmltok.NewEditor(tz, io.Discard), f.Name)
	err = filter.run()
	if in := (*sheet.InputError)(nil); errors.As(err, &in) {
		return cp.unparsed(f)
	}
	if err != nil || !filter.changed {
		return nil, err
	}
	return func(w io.Writer) error {
		tz, err := cp.OpenXML(f.Name)
		if err != nil {
			return err
		}
		return newRedactFilter(cp.redact, xmltok.NewEditor(tz, w), f.Name).run()
	}, nil
}

// maxUnparsed bounds a part that is not well-formed and therefore read whole.
const maxUnparsed = 64 << 20

// unparsed masks personal data in a part that is not well-formed, as are many drawings of
// old comments: in all of its text between tags.
func (cp *Copier) unparsed(f *zip.File) (partWriter, error) {
	was, err := cp.ReadSmall(f.Name, maxUnparsed)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for rest := was; len(rest) > 0; {
		n := bytes.IndexAny(rest, "<>")
		if n < 0 {
			n = len(rest) - 1
		}
		b.WriteString(cp.redact.masks.Text(string(rest[:n])))
		b.WriteByte(rest[n])
		rest = rest[n+1:]
	}
	if bytes.Equal(b.Bytes(), was) {
		return nil, nil
	}
	return text(b.String), nil
}

// pulledReader reads what a partWriter writes, without a goroutine.
type pulledReader struct {
	next func() ([]byte, bool)
	rest []byte
	err  error // of the writer
}

func pulled(write partWriter) (r *pulledReader, stop func()) {
	r = &pulledReader{}
	r.next, stop = iter.Pull(func(yield func([]byte) bool) {
		r.err = write(yieldWriter(yield))
	})
	return r, stop
}

func (r *pulledReader) Read(b []byte) (int, error) {
	for len(r.rest) == 0 {
		var more bool
		if r.rest, more = r.next(); !more {
			if r.err != nil {
				return 0, r.err
			}
			return 0, io.EOF
		}
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// yieldWriter is a writer that passes on what is written.
type yieldWriter func([]byte) bool

func (w yieldWriter) Write(b []byte) (int, error) {
	if len(b) > 0 && !w(b) {
		return 0, io.ErrClosedPipe
	}
	return len(b), nil
}
