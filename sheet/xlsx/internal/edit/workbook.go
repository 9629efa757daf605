package edit

import (
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// bookEdit is what changes in the workbook's own part.
type bookEdit struct {
	strict bool
	sheets []addedEntry // after the others
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

// Defined names that a sheet gets: the range of its filter, which Excel expects, and the
// mark by which a later run recognizes an added sheet.
const (
	filterName = "_xlnm._FilterDatabase"
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
	for {
		t, err := e.Tokens.Next()
		if err == io.EOF {
			return e.Finish()
		}
		if err != nil {
			return err
		}
		switch {
		case t.Depth == 1 && t.Kind == xmltok.StartTag:
			prefix = t.Prefixed()
			e.Keep(t)
		case t.Depth == 2 && t.Kind == xmltok.StartTag && t.Is("definedNames") && !named:
			named = true
			err = b.editNames(e, t)
		case t.Depth == 2 && t.Kind == xmltok.StartTag && t.Space.Main() && !beforeNames[string(t.Local)] && !named, t.Depth == 1 && t.Kind == xmltok.EndTag && !named:
			named = true
			e.Put("<" + prefix + "definedNames>")
			b.addNames(e, prefix)
			e.Put("</" + prefix + "definedNames>")
			e.Keep(t)
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
}

// addSheets writes the new entries of the list of sheets, whose end tag is t.
func (b *bookEdit) addSheets(e *xmltok.Editor, t *xmltok.Token) {
	rel := "r:id"
	if e.Tokens.SpaceOf("r") != xmltok.RelSpace {
		rel = `xmlns:r="` + spacesOf(b.strict).rel + `" r:id`
	}
	for _, s := range b.sheets {
		e.Put("<" + t.Prefixed() + `sheet name="` + xmltok.EscapeAttr(s.name) + `" sheetId="` + s.sheetID + `" ` + rel + `="` + xmltok.EscapeAttr(s.relID) + `"/>`)
	}
}

// editNames copies the list of defined names whose start tag is list, sets those that it
// has and adds the others.
func (b *bookEdit) editNames(e *xmltok.Editor, list *xmltok.Token) error {
	prefix := list.Prefixed()
	if list.Empty {
		e.Change(list, xmltok.Opened())
		b.addNames(e, prefix)
		e.Put("</" + prefix + "definedNames>")
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
			b.addNames(e, prefix)
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

// editName copies one defined name, with its new text where it is set.
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
		prefix := t.Prefixed()
		e.Change(t, xmltok.Opened(), xmltok.WithAttr("hidden", "1")) // which LibreOffice drops
		e.Put(xmltok.EscapeText(n.text) + "</" + prefix + "definedName>")
		return e.Drop(t)
	}
	return e.KeepAll(t)
}

// addNames writes the defined names that were not there.
func (b *bookEdit) addNames(e *xmltok.Editor, prefix string) {
	for _, n := range b.names {
		if !n.done {
			e.Put("<" + prefix + `definedName name="` + n.name + `" localSheetId="` + strconv.Itoa(n.index) + `" hidden="1">` +
				xmltok.EscapeText(n.text) + "</" + prefix + "definedName>")
		}
	}
}

// addedEarlier finds the sheets that an earlier run added, by the name under which it did.
// They have a hidden defined name, which stays with a sheet however it is renamed and
// moved. A sheet of the user that happens to have such a name is not one of them.
func (cp *Copier) addedEarlier() (map[string]int, error) {
	tz, err := cp.OpenXML(cp.book.Part)
	if err != nil {
		return nil, err
	}
	found := map[string]int{}
	for {
		t, err := tz.Next()
		if err == io.EOF {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		var bad bool
		if t.Kind != xmltok.StartTag || t.Depth != 3 || t.Empty || !t.Is("definedName") || t.Value("name", &bad) != markerName {
			continue
		}
		at, ok := read.NumberAttr(t, "localSheetId")
		var text []byte
		for {
			if t, err = tz.Next(); err != nil {
				return nil, tz.NoEOF(err)
			}
			if t.Kind == xmltok.EndTag && t.Depth == 3 {
				break
			}
			if text, err = t.Text(text); err != nil {
				return nil, err
			}
		}
		if ok && at < len(cp.book.Sheets) && cp.book.Sheets[at].Kind == "worksheet" {
			name := strings.Trim(strings.TrimSpace(string(text)), `"`)
			found[strings.ReplaceAll(name, `""`, `"`)] = at
		}
	}
}

// dropBelow drops what belongs to a replaced sheet: its relationships, and the parts that
// are reached only through them, such as its chart.
func (cp *Copier) dropBelow(part string) error {
	users, err := cp.users()
	if err != nil {
		return err
	}
	goes := map[string]bool{opc.PartKey(part): true}
	queue := []string{part}
	for len(queue) > 0 {
		from := queue[0]
		queue = queue[1:]
		rels, err := cp.Relationships(from)
		if err != nil {
			return err
		}
		if name := opc.RelsPart(from); cp.File(name) != nil {
			cp.parts.dropped[opc.PartKey(name)] = true
		}
		for _, r := range rels {
			key := opc.PartKey(r.Target)
			if r.External || goes[key] || cp.File(r.Target) == nil || !all(users[key], goes) {
				continue
			}
			goes[key] = true
			cp.parts.dropped[key] = true
			queue = append(queue, r.Target)
		}
	}
	return nil
}

// users returns for every part which parts have relationships to it, all by opc.PartKey;
// the package itself is "".
func (cp *Copier) users() (map[string][]string, error) {
	users := map[string][]string{}
	for _, f := range cp.Zip.File {
		key := opc.PartKey(f.Name)
		dir, file := path.Split(key)
		owner, isRels := strings.CutSuffix(file, ".rels")
		if !isRels || !strings.HasSuffix(dir, "_rels/") {
			continue
		}
		owner = strings.TrimSuffix(dir, "_rels/") + owner
		rels, err := cp.Relationships(owner)
		if err != nil {
			return nil, err
		}
		for _, r := range rels {
			if !r.External {
				users[opc.PartKey(r.Target)] = append(users[opc.PartKey(r.Target)], owner)
			}
		}
	}
	return users, nil
}

func all(keys []string, in map[string]bool) bool {
	for _, k := range keys {
		if !in[k] {
			return false
		}
	}
	return true
}
