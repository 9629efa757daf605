package xlsx

import (
	"io"
	"strconv"
	"strings"
)

// bookEdit is what changes in the workbook's own part.
type bookEdit struct {
	strict bool
	sheets []addedEntry // behind the others
	names  []bookName   // set or added
}

// addedEntry is a new entry of the list of sheets.
type addedEntry struct{ name, sheetID, relID string }

// bookName is a hidden defined name that belongs to one sheet (ECMA-376 part 1, 18.2.5).
type bookName struct {
	name  string
	index int // of its sheet in the list of sheets
	text  string
	done  bool
}

// Defined names that are kept for every sheet: the range of its filter, as Excel wants
// it, and by which a later run knows a sheet again that was added.
const (
	filterName = "_xlnm._FilterDatabase"
	markerName = "loabatch.added"
)

// markerText is the marker's value for a sheet that was added under this name.
func markerText(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Elements of a workbook before which the defined names stand (18.2.27).
var beforeNames = map[string]bool{
	"fileVersion": true, "fileSharing": true, "workbookPr": true, "workbookProtection": true,
	"bookViews": true, "sheets": true, "functionGroups": true, "externalReferences": true,
}

// rewrite copies the workbook's part with the changes.
func (b *bookEdit) rewrite(e *editor) error {
	prefix := ""
	named := len(b.names) == 0 // the names are in place
	for {
		t, err := e.tz.next()
		if err == io.EOF {
			return e.finish()
		}
		if err != nil {
			return err
		}
		switch {
		case t.depth == 1 && t.kind == startTag:
			prefix = t.prefixed()
			e.keep(t)
		case t.depth == 2 && t.kind == startTag && t.is("definedNames") && !named:
			named = true
			err = b.editNames(e, t)
		case t.depth == 2 && t.kind == startTag && t.space.main() && !beforeNames[string(t.local)] && !named, t.depth == 1 && t.kind == endTag && !named:
			named = true
			e.put("<" + prefix + "definedNames>")
			b.addNames(e, prefix)
			e.put("</" + prefix + "definedNames>")
			e.keep(t)
		case t.depth == 2 && t.kind == endTag && t.is("sheets"):
			b.addSheets(e, t)
			e.keep(t)
		default:
			e.keep(t)
		}
		if err != nil {
			return err
		}
	}
}

// addSheets writes the new entries of the list of sheets, whose end tag is t.
func (b *bookEdit) addSheets(e *editor, t *token) {
	rel := "r:id"
	if e.tz.spaces.find([]byte("r")) != relSpace {
		rel = `xmlns:r="` + spacesOf(b.strict).rel + `" r:id`
	}
	for _, s := range b.sheets {
		e.put("<" + t.prefixed() + `sheet name="` + attrText(s.name) + `" sheetId="` + s.sheetID + `" ` + rel + `="` + attrText(s.relID) + `"/>`)
	}
}

// editNames copies the defined names whose start tag is list, sets those that are there
// and adds the others.
func (b *bookEdit) editNames(e *editor, list *token) error {
	prefix := list.prefixed()
	if list.empty {
		e.change(list, opened())
		b.addNames(e, prefix)
		e.put("</" + prefix + "definedNames>")
		return nil
	}
	e.keep(list)
	for {
		t, err := e.tz.next()
		if err != nil {
			return e.tz.noEOF(err)
		}
		switch {
		case t.kind == endTag && t.depth == 2:
			b.addNames(e, prefix)
			e.keep(t)
			return nil
		case t.kind == startTag && t.depth == 3 && t.is("definedName"):
			if err := b.editName(e, t); err != nil {
				return err
			}
		default:
			e.keep(t)
		}
	}
}

// editName copies one defined name, with another text where it is one that is set.
func (b *bookEdit) editName(e *editor, t *token) error {
	var bad bool
	name := t.value("name", &bad)
	index, local := numberAttr(t, "localSheetId")
	for i := range b.names {
		n := &b.names[i]
		if n.done || !local || n.index != index || !strings.EqualFold(n.name, name) {
			continue
		}
		n.done = true
		prefix := t.prefixed()
		e.change(t, opened(), withAttr("hidden", "1")) // which LibreOffice drops
		e.put(xmlText(n.text) + "</" + prefix + "definedName>")
		return e.drop(t)
	}
	return e.keepAll(t)
}

// addNames writes the defined names that were not met.
func (b *bookEdit) addNames(e *editor, prefix string) {
	for _, n := range b.names {
		if !n.done {
			e.put("<" + prefix + `definedName name="` + n.name + `" localSheetId="` + strconv.Itoa(n.index) + `" hidden="1">` +
				xmlText(n.text) + "</" + prefix + "definedName>")
		}
	}
}

// xmlText gives text as the content of an element that has no _xHHHH_ escapes.
func xmlText(s string) string {
	var b []byte
	for _, r := range s {
		if r < 0x80 {
			if r >= 0x20 || r == '\n' || r == '\t' {
				b = appendMarkup(b, byte(r))
			}
		} else if r != 0xFFFE && r != 0xFFFF {
			b = append(b, string(r)...)
		}
	}
	return string(b)
}
