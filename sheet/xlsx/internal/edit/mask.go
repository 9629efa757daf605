package edit

import (
	"bytes"
	"strconv"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// masker hides personal data in a copy that may be mailed. A shared string is masked in the table of shared
// strings, so it is nowhere in the file; any other value becomes a masked text in its cell.
type masker struct {
	cols   []bool             // by column
	cells  map[sheet.Ref]bool // without the sheet
	below  int                // the header row
	shared *indexSet

	// of the cell that is being read
	raw  []byte
	tag  []byte
	text []byte
}

// indexSet holds indexes of shared strings, one bit each.
type indexSet struct{ bits []uint64 }

func (s *indexSet) add(i int) {
	for i/64 >= len(s.bits) {
		s.bits = append(s.bits, make([]uint64, len(s.bits)+64)...)
	}
	s.bits[i/64] |= 1 << (i % 64)
}

func (s *indexSet) has(i int) bool { return i/64 < len(s.bits) && s.bits[i/64]&(1<<(i%64)) != 0 }

// hides reports whether a cell's value is masked; m may be nil.
func (m *masker) hides(row, col int) bool {
	return m != nil && row > m.below && (col < len(m.cols) && m.cols[col] || m.cells[sheet.Ref{Row: row, Col: col}])
}

// planMask returns what is masked in a sheet; nil if nothing is.
func (cp *Copier) planMask(p *sheet.SheetPatch) *masker {
	m := maskOf(p)
	if m == nil {
		return nil
	}
	if cp.masked == nil {
		cp.masked = &indexSet{}
		if part := cp.book.SharedStrings; part != "" && cp.File(part) != nil {
			cp.edited(part, cp.masked.rewriteStrings)
			cp.parts.late[opc.PartKey(part)] = true
		}
	}
	m.shared = cp.masked
	return m
}

// maskOf returns the columns and cells of a sheet that are masked; nil if none are.
func maskOf(p *sheet.SheetPatch) *masker {
	if len(p.Masked) == 0 && len(p.MaskedCells) == 0 {
		return nil
	}
	m := &masker{below: p.HeaderRow, cells: map[sheet.Ref]bool{}}
	for _, at := range p.MaskedCells {
		m.cells[sheet.Ref{Row: at.Row, Col: at.Col}] = true
	}
	for _, col := range p.Masked {
		for col >= len(m.cols) {
			m.cols = append(m.cols, false)
		}
		m.cols[col] = true
	}
	return m
}

// maskCell writes the cell whose start tag is t with its value masked.
func (s *sheetPatcher) maskCell(t *xmltok.Token, prefix string, row, col int) error {
	m := s.mask
	ref := xmltok.WithAttr("r", sheet.ColName(col)+strconv.Itoa(row))
	m.raw, m.text = t.Edited(m.raw[:0], []xmltok.Edit{ref}), m.text[:0]
	m.tag = t.Edited(m.tag[:0], []xmltok.Edit{ref, xmltok.Without("t"), xmltok.Without("cm"), xmltok.Without("vm"), xmltok.Opened()})
	m.tag = append(m.tag[:len(m.tag)-1], ` t="inlineStr">`...)
	kind, _ := t.Attr("t")
	shared := string(kind) == "s"
	if t.Empty {
		s.Out.Write(m.raw)
		return nil
	}
	inValue := 0 // depth of the element whose text is taken
	for {
		t, err := s.Tokens.Next()
		if err != nil {
			return s.Tokens.NoEOF(err)
		}
		m.raw = append(m.raw, t.Raw...)
		switch {
		case t.Kind == xmltok.EndTag && t.Depth == 4:
			return s.putMasked(prefix, shared)
		case t.Kind == xmltok.StartTag && t.Depth == 5 && t.Is("f"):
			if err := s.checkFormula(t, row, col); err != nil {
				return err
			}
		case t.Kind == xmltok.StartTag && !t.Empty && (t.Is("v") && t.Depth == 5 || t.Is("t")):
			inValue = t.Depth
		case t.Kind == xmltok.EndTag && t.Depth == inValue:
			inValue = 0
		case inValue > 0:
			if m.text, err = t.Text(m.text); err != nil {
				return err
			}
		}
	}
}

// putMasked writes the cell that maskCell read.
func (s *sheetPatcher) putMasked(prefix string, shared bool) error {
	m := s.mask
	if index, ok := read.ParseUint(trimmedText(m.text), 1<<31-1); shared && ok {
		m.shared.add(index)
		s.Out.Write(m.raw)
		return nil
	}
	if len(m.text) == 0 {
		s.Out.Write(m.raw)
		return nil
	}
	s.Out.Write(m.tag)
	s.Put(stringItem(prefix, "is", sheet.Mask(xmltok.UnescapeXString(string(m.text)))) + "</" + prefix + "c>")
	return nil
}

// stringItem returns an item of plain text, inline (is) or shared (si).
func stringItem(prefix, element, text string) string {
	return "<" + prefix + element + "><" + prefix + `t xml:space="preserve">` + xmltok.EscapeXString(text) + "</" + prefix + "t></" + prefix + element + ">"
}

func trimmedText(b []byte) []byte {
	return bytes.TrimFunc(b, func(r rune) bool { return r <= ' ' })
}

// rewriteStrings copies the table of shared strings and masks those of the set.
func (s *indexSet) rewriteStrings(e *xmltok.Editor) error {
	var item read.TextCollector
	index := -1
	for t, err := range e.Tokens.All() {
		if err != nil {
			return err
		}
		if t.Kind != xmltok.StartTag || t.Depth != 2 || !t.Is("si") {
			e.Keep(t)
			continue
		}
		index++
		if t.Empty || !s.has(index) {
			if err := e.KeepAll(t); err != nil {
				return err
			}
			continue
		}
		prefix := t.Prefixed()
		if err = item.ReadItem(e.Tokens, 2); err != nil {
			return err
		}
		e.Put(stringItem(prefix, "si", sheet.Mask(xmltok.UnescapeXString(string(item.Text)))))
	}
	return e.Finish()
}
