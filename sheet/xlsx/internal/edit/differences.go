package edit

import (
	"archive/zip"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// A copy may differ from its source only in what the patch names. This file checks that on the parts as
// written: src has planned the same patch again.

// onlyPlanned compares the parts of the copy with those of the source: each is there with the same content,
// unless the plan changes or drops it, and there are no others except those that the plan adds.
func (v *verifier) onlyPlanned(src *Copier) error {
	known, have := map[string]bool{}, map[string]*zip.File{}
	for _, f := range v.copy.Zip.File {
		have[f.Name] = f
	}
	for _, f := range src.Zip.File {
		key := opc.PartKey(f.Name)
		if known[key] = true; src.parts.changed[key] != nil || src.parts.dropped[key] {
			continue
		}
		masked := src.redact != nil && src.redact.isMarkup(f.Name) // its texts may differ
		if g := have[f.Name]; g == nil || !masked && (g.CRC32 != f.CRC32 || g.UncompressedSize64 != f.UncompressedSize64) {
			return xmltok.NewError("copy-part-differs", "part", opc.Quoted(f.Name))
		}
	}
	for _, a := range src.parts.added {
		known[opc.PartKey(a.name)] = true
	}
	for _, f := range v.copy.Zip.File {
		if !known[opc.PartKey(f.Name)] {
			return xmltok.NewError("copy-part-differs", "part", opc.Quoted(f.Name))
		}
	}
	return nil
}

// opening checks that the sheet that the copy opens on is selected, and no other.
func (v *verifier) opening(src *Copier) error {
	if !src.bookEdit.opens {
		return nil
	}
	for i, s := range v.copy.book.Sheets {
		if !v.copy.hasPart(s.Part) {
			continue
		}
		selected, err := v.copy.isSelected(s.Part)
		if err != nil && i != src.bookEdit.active {
			continue // it is copied unchanged
		}
		if err != nil {
			return err
		}
		if selected != (i == src.bookEdit.active) {
			return xmltok.NewErrorAt(sheet.Ref{Sheet: s.Name}, "copy-opening-differs", "sheet", s.Name)
		}
	}
	return nil
}

// linkTag counts the links of the result cells of a patched sheet while it is read.
func (v *verifier) linkTag(t *xmltok.Token) {
	if t.Depth != 3 || !t.Is("hyperlink") || v.columns == nil {
		return
	}
	ref, _ := t.Attr("ref")
	if r, ok := read.ParseRange(ref); ok && firstWithin(v.columns, r) == r.Col1 && r.Col1 == r.Col2 && r.Row1 == r.Row2 {
		v.links++
	}
}

// linksDiffer returns the error of a sheet whose result cells have the wrong links.
func linksDiffer(name string) error {
	return xmltok.NewErrorAt(sheet.Ref{Sheet: name}, "copy-links-differ", "sheet", name)
}
