package edit

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// spaceNames are the namespaces and relationship types of one form of workbook.
type spaceNames struct {
	main, rel                 string // SpreadsheetML; relationship IDs, and the stem of their types
	drawing, chart, sheetDraw string // DrawingML, its charts, its place in sheets
	gap                       string // of the bars of a chart, which the forms spell differently
}

// spacesOf returns the names of the Strict form (ISO/IEC 29500) or the Transitional one.
func spacesOf(strict bool) spaceNames {
	if strict {
		const stem = "http://purl.oclc.org/ooxml/"
		return spaceNames{
			main: stem + "spreadsheetml/main", rel: stem + "officeDocument/relationships",
			drawing: stem + "drawingml/main", chart: stem + "drawingml/chart", sheetDraw: stem + "drawingml/spreadsheetDrawing",
			gap: `<c:gapWidth val="60%"/>`,
		}
	}
	const stem = "http://schemas.openxmlformats.org/"
	return spaceNames{
		main: stem + "spreadsheetml/2006/main", rel: stem + "officeDocument/2006/relationships",
		drawing: stem + "drawingml/2006/main", chart: stem + "drawingml/2006/chart", sheetDraw: stem + "drawingml/2006/spreadsheetDrawing",
		gap: `<c:gapWidth val="60"/>`,
	}
}

// relsEdit is what changes in the relationships of one part.
type relsEdit struct {
	stem    string             // of new IDs
	ids     map[string]bool    // that are in use
	dropped map[string]bool    // by ID
	added   []opc.Relationship // target as it is written
}

func newRelsEdit(rels []opc.Relationship) *relsEdit {
	e := &relsEdit{stem: "rId", ids: map[string]bool{}, dropped: map[string]bool{}}
	for _, r := range rels {
		e.ids[r.ID] = true
	}
	return e
}

// add adds a relationship and returns its ID.
func (e *relsEdit) add(typeURI, target string) string {
	n := len(e.ids) + 1
	id := e.stem + strconv.Itoa(n)
	for e.ids[id] {
		n++
		id = e.stem + strconv.Itoa(n)
	}
	e.ids[id] = true
	e.added = append(e.added, opc.Relationship{ID: id, TypeURI: typeURI, Target: target})
	return id
}

// addExternal adds a relationship that leads out of the package, and returns its ID.
func (e *relsEdit) addExternal(typeURI, target string) string {
	id := e.add(typeURI, target)
	e.added[len(e.added)-1].External = true
	return id
}

// filesStem starts the IDs of relationships to the files that result cells link to. A later run drops them; a
// program that saves the copy gives the remaining links other IDs.
const filesStem = "rIdLetter"

// planFiles replaces the relationships of a sheet to the files that its result cells link to,
// and returns the new IDs by target.
func (cp *Copier) planFiles(p *sheet.SheetPatch, rels []opc.Relationship, e *relsEdit) map[string]string {
	if !slices.ContainsFunc(p.Columns, func(c sheet.PutColumn) bool { return c.Letters }) {
		return nil
	}
	for _, r := range rels {
		if r.External && r.Kind == "hyperlink" && strings.HasPrefix(r.ID, filesStem) {
			e.drop(r.ID)
		}
	}
	ids := map[string]string{}
	e.stem = filesStem
	for _, f := range p.Files {
		if ids[f.Target] == "" {
			ids[f.Target] = e.addExternal(cp.spaces.rel+"/hyperlink", f.Target)
		}
	}
	return ids
}

// drop drops a relationship.
func (e *relsEdit) drop(id string) {
	e.dropped[id] = true
	delete(e.ids, id)
}

// entries formats the new relationships as elements with this prefix.
func (e *relsEdit) entries(prefix string) string {
	var b strings.Builder
	for _, r := range e.added {
		b.WriteString("<" + prefix + `Relationship Id="` + xmltok.EscapeAttr(r.ID) + `" Type="` + xmltok.EscapeAttr(r.TypeURI) + `" Target="` + xmltok.EscapeAttr(r.Target) + `"` + targetMode(r.External) + `/>`)
	}
	return b.String()
}

// targetMode returns the attribute of a relationship that leads out of the package.
func targetMode(external bool) string {
	if external {
		return ` TargetMode="External"`
	}
	return ""
}

// rewrite copies a list of relationships with the change.
func (e *relsEdit) rewrite(out *xmltok.Editor) error {
	return rewriteList(out, func(t *xmltok.Token) bool {
		var bad bool
		return string(t.Local) != "Relationship" || !e.dropped[t.Value("Id", &bad)]
	}, e.entries)
}

// whole returns the list of relationships of a part that had none.
func (e *relsEdit) whole() string {
	return xmltok.Declaration + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + e.entries("") + `</Relationships>`
}

// rewriteList copies a part whose root is a list, without the entries for which stays
// returns false and with others added at its end.
func rewriteList(e *xmltok.Editor, stays func(*xmltok.Token) bool, added func(prefix string) string) error {
	for t, err := range e.Tokens.All() {
		if err != nil {
			return err
		}
		switch {
		case t.Depth == 1 && t.Kind == xmltok.StartTag && t.Empty:
			e.Fill(t, added(t.Prefixed()))
		case t.Depth == 1 && t.Kind == xmltok.EndTag:
			e.Put(added(t.Prefixed()))
			e.Keep(t)
		case t.Depth == 2 && t.Kind == xmltok.StartTag && !stays(t):
			if err := e.Drop(t); err != nil {
				return err
			}
		default:
			e.Keep(t)
		}
	}
	return e.Finish()
}

// typesEdit is what changes in the list of content types.
type typesEdit struct {
	dropped map[string]bool // dropped parts, by opc.PartKey
	retyped map[string]bool // added parts whose entry is replaced, likewise
	added   [][2]string     // part and its content type
}

// rewrite copies the list with the change.
func (e *typesEdit) rewrite(out *xmltok.Editor) error {
	return rewriteList(out, func(t *xmltok.Token) bool {
		var bad bool
		return string(t.Local) != "Override" || !e.leaves(opc.PartKey(t.Value("PartName", &bad)))
	}, func(prefix string) string {
		var b strings.Builder
		for _, a := range e.added {
			b.WriteString("<" + prefix + `Override PartName="/` + xmltok.EscapeAttr(a[0]) + `" ContentType="` + a[1] + `"/>`)
		}
		return b.String()
	})
}

func (e *typesEdit) leaves(key string) bool { return e.dropped[key] || e.retyped[key] }

// typed gives an added part its content type, unless the list already does.
func (cp *Copier) typed(part, contentType string) {
	leaves := cp.book.Types.Overrides(part) && cp.parts.dropped[opc.PartKey(part)]
	if !leaves && strings.EqualFold(cp.book.Types.Of(part), contentType) {
		return
	}
	if cp.types.retyped == nil {
		cp.types.retyped = map[string]bool{}
	}
	cp.types.retyped[opc.PartKey(part)] = true
	cp.types.added = append(cp.types.added, [2]string{part, contentType})
}

// setRels registers the change of a part's relationships.
func (cp *Copier) setRels(part string, e *relsEdit) {
	name := opc.RelsPart(part)
	switch {
	case len(e.added) == 0 && len(e.dropped) == 0:
	case cp.File(name) == nil:
		cp.addPart(name, text(e.whole))
	default:
		cp.edited(name, e.rewrite)
	}
}

// relTarget returns the target of a relationship between two parts. It is relative to the
// folder of the first, as in Office, since some programs read no other form (exceljs).
func relTarget(from, to string) string {
	there := strings.Split(to, "/")
	up := 0
	if dir := path.Dir(from); dir != "." {
		here := strings.Split(dir, "/")
		for len(here) > 0 && len(there) > 1 && here[0] == there[0] {
			here, there = here[1:], there[1:]
		}
		up = len(here)
	}
	return strings.Repeat("../", up) + strings.Join(there, "/")
}

// replaceRels replaces all relationships of a part.
func (cp *Copier) replaceRels(part string, e *relsEdit) {
	name := opc.RelsPart(part)
	if cp.File(name) == nil {
		cp.addPart(name, text(e.whole))
		return
	}
	delete(cp.parts.dropped, opc.PartKey(name))
	cp.parts.changed[opc.PartKey(name)] = text(e.whole)
}
