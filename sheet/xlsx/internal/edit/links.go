package edit

import (
	"strconv"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// linkList collects the links of the cells that are written into one sheet.
type linkList struct {
	elements []byte
	count    int
}

// add adds the link of a cell, and reports whether there was room for it.
func (l *linkList) add(prefix, target string, row, col int, c *sheet.PutCell) bool {
	if l.count >= maxLinks {
		return false
	}
	l.count++
	b := append(append(append(l.elements, '<'), prefix...), `hyperlink ref="`...)
	b = appendRef(b, row, col)
	b = xmltok.AppendAttr(append(b, `" location="`...), quotedSheet(target)+"!"+sheet.ColName(max(c.Link.Col, 1))+strconv.Itoa(c.Link.Row))
	text := cellText(c.Text)
	if len(text) > maxDisplay {
		text = ""
	}
	if text != "" {
		b = xmltok.AppendAttr(append(b, `" display="`...), text)
	}
	l.elements = append(b, `"/>`...)
	return true
}

// addFiles adds the links to files, whose relationships have these IDs by target.
func (s *sheetPatcher) addFiles() {
	for i := range s.p.Files {
		f := &s.p.Files[i]
		if s.links.count >= maxLinks {
			return
		}
		s.links.count++
		b := append(append(append(s.links.elements, '<'), s.prefix...), `hyperlink ref="`...)
		b = append(append(append(appendRef(b, f.Row, f.Col), `" `...), s.relName...), `="`...)
		s.links.elements = append(append(b, s.files[f.Target]...), `"/>`...)
	}
}

// maxDisplay bounds the text that a link repeats from its cell, in bytes.
const maxDisplay = 255

// linkSheet returns the name in the copy of the sheet that a cell's link leads to.
func (cp *Copier) linkSheet(c *sheet.PutCell) string {
	if at, ok := cp.addedAt[c.LinkTo]; ok && c.LinkTo != "" {
		return cp.sheetName(at)
	}
	return c.Link.Sheet
}

// editLinks copies the list of links without those of an earlier run, which are in result
// cells, and adds the new ones.
func (s *sheetPatcher) editLinks(list *xmltok.Token) error {
	s.addFiles()
	open := list.Edited(nil, nil)
	if list.Empty {
		s.putLinks()
		return nil
	}
	end := "</" + list.Prefixed() + string(list.Local) + ">"
	opened := false
	for {
		t, err := s.Tokens.Next()
		if err != nil {
			return s.Tokens.NoEOF(err)
		}
		switch {
		case t.Kind == xmltok.EndTag && t.Depth == 2:
			if len(s.links.elements) > 0 && !opened {
				s.Out.Write(open)
				opened = true
			}
			if opened {
				s.Out.Write(s.links.elements)
				s.Put(end)
			}
			return nil
		case t.Kind == xmltok.StartTag && t.Depth == 3 && s.isOurs(t):
			if err := s.Drop(t); err != nil {
				return err
			}
		case t.Kind == xmltok.StartTag || opened:
			if !opened {
				s.Out.Write(open)
				opened = true
			}
			s.Keep(t)
		}
	}
}

// isOurs reports whether a link covers only result cells.
func (s *sheetPatcher) isOurs(t *xmltok.Token) bool {
	ref, _ := t.Attr("ref")
	r, ok := read.ParseRange(ref)
	return ok && s.allOurs(r.Col1, r.Col2) && r.Row1 >= s.frame.Row1
}

// addLinks writes the list of links of a sheet without one.
func (s *sheetPatcher) addLinks() {
	s.addFiles()
	s.putLinks()
}

func (s *sheetPatcher) putLinks() {
	if len(s.links.elements) > 0 {
		s.Put("<" + s.prefix + "hyperlinks>")
		s.Out.Write(s.links.elements)
		s.Put("</" + s.prefix + "hyperlinks>")
	}
}
