package edit

import (
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// bookEdit is what changes in the workbook's own part.
type bookEdit struct {
	strict bool
	sheets []addedEntry   // after the others
	titles map[int]string // new names of replaced sheets, by their indexes
	names  []bookName     // set or added
	opens  bool           // the copy opens on another sheet: that with the index active
	active int
}

// addedEntry is a new entry of the list of sheets.
type addedEntry struct{ name, sheetID, relID string }

// bookName is a defined name that belongs to one sheet (ECMA-376 part 1, 18.2.5).
type bookName struct {
	name  string
	index int // of its sheet in the list of sheets
	text  string
	shown bool // not hidden
	done  bool
}

// Defined names of a sheet: the range of its filter, which Excel expects, what is printed, and the mark by which a
// later run recognizes an added sheet.
const (
	filterName = "_xlnm._FilterDatabase"
	areaName   = "_xlnm.Print_Area"
	titlesName = "_xlnm.Print_Titles"
	markerName = "loabatch.added"
)

// markerText returns the value of the mark for a sheet that was added under this name.
func markerText(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Elements of a workbook that precede the defined names (18.2.27).
var beforeNames = map[string]bool{
	"fileVersion": true, "fileSharing": true, "workbookPr": true, "workbookProtection": true,
	"bookViews": true, "sheets": true, "functionGroups": true, "externalReferences": true,
}

// rewrite copies the workbook's part with the changes.
func (b *bookEdit) rewrite(e *xmltok.Editor) error {
	prefix := ""
	named := len(b.names) == 0 // the names are in place
	opened := !b.opens         // the active sheet is set
	next := 0                  // index of the next entry of the list of sheets
	for t, err := range e.Tokens.All() {
		if err != nil {
			return err
		}
		switch {
		case t.Depth == 1 && t.Kind == xmltok.StartTag:
			prefix = t.Prefixed()
			e.Keep(t)
		case !opened && t.Kind == xmltok.StartTag && t.Is("workbookView"):
			opened = true
			e.Change(t, xmltok.WithAttr("activeTab", strconv.Itoa(b.active)))
		case !opened && t.Kind == xmltok.StartTag && t.Depth == 2 && t.Is("sheets"):
			opened = true
			e.Put("<" + prefix + "bookViews><" + prefix + `workbookView activeTab="` + strconv.Itoa(b.active) + `"/></` + prefix + "bookViews>")
			e.Keep(t)
		case t.Depth == 2 && t.Kind == xmltok.StartTag && t.Is("definedNames") && !named:
			named = true
			err = b.editNames(e, t)
		case t.Depth == 2 && t.Kind == xmltok.StartTag && t.Space.Main() && !beforeNames[string(t.Local)] && !named, t.Depth == 1 && t.Kind == xmltok.EndTag && !named:
			named = true
			e.Put("<" + prefix + "definedNames>" + b.newNames(prefix) + "</" + prefix + "definedNames>")
			e.Keep(t)
		case t.Depth == 3 && t.Kind == xmltok.StartTag && t.Is("sheet"):
			if name, retitled := b.titles[next]; retitled {
				e.Change(t, xmltok.WithAttr("name", name))
			} else {
				e.Keep(t)
			}
			next++
		case t.Depth == 2 && t.Kind == xmltok.EndTag && t.Is("sheets"):
			b.addSheets(e, t)
			e.Keep(t)
		default:
			e.Keep(t)
		}
		if err != nil {
			return err
		}
	}
	return e.Finish()
}

// addSheets writes the new entries of the list of sheets, whose end tag is t.
func (b *bookEdit) addSheets(e *xmltok.Editor, t *xmltok.Token) {
	rel := relIDName(e.Tokens, b.strict)
	for _, s := range b.sheets {
		e.Put("<" + t.Prefixed() + `sheet name="` + xmltok.EscapeAttr(s.name) + `" sheetId="` + s.sheetID + `" ` + rel + `="` + xmltok.EscapeAttr(s.relID) + `"/>`)
	}
}

// editNames copies the list of defined names whose start tag is list, sets existing ones and adds the others.
func (b *bookEdit) editNames(e *xmltok.Editor, list *xmltok.Token) error {
	prefix := list.Prefixed()
	if list.Empty {
		e.Fill(list, b.newNames(prefix))
		return nil
	}
	e.Keep(list)
	for {
		t, err := e.Tokens.Next()
		if err != nil {
			return e.Tokens.NoEOF(err)
		}
		switch {
		case t.Kind == xmltok.EndTag && t.Depth == 2:
			e.Put(b.newNames(prefix))
			e.Keep(t)
			return nil
		case t.Kind == xmltok.StartTag && t.Depth == 3 && t.Is("definedName"):
			if err := b.editName(e, t); err != nil {
				return err
			}
		default:
			e.Keep(t)
		}
	}
}

// editName copies one defined name, with its new text if it is set.
func (b *bookEdit) editName(e *xmltok.Editor, t *xmltok.Token) error {
	var bad bool
	name := t.Value("name", &bad)
	index, local := read.NumberAttr(t, "localSheetId")
	for i := range b.names {
		n := &b.names[i]
		if n.done || !local || n.index != index || !strings.EqualFold(n.name, name) {
			continue
		}
		n.done = true
		if n.shown {
			e.Fill(t, xmltok.EscapeText(n.text))
		} else {
			e.Fill(t, xmltok.EscapeText(n.text), xmltok.WithAttr("hidden", "1")) // which LibreOffice drops
		}
		return e.Drop(t)
	}
	return e.KeepAll(t)
}

// newNames returns the defined names that the workbook does not have yet.
func (b *bookEdit) newNames(prefix string) (names string) {
	for _, n := range b.names {
		if !n.done {
			hidden := ` hidden="1"`
			if n.shown {
				hidden = ""
			}
			names += "<" + prefix + `definedName name="` + n.name + `" localSheetId="` + strconv.Itoa(n.index) + `"` + hidden + `>` +
				xmltok.EscapeText(n.text) + "</" + prefix + "definedName>"
		}
	}
	return names
}
