package read

import (
	"strings"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// SheetPart is one sheet of the workbook's list, in the order of the tabs.
type SheetPart struct {
	Name    string
	Part    string // name of its part; "" without one, like the module sheets of old macros
	RelID   string // of the workbook's relationship that leads to it
	SheetID string // as written
	Kind    string // worksheet, chartsheet, dialogsheet, xlMacrosheet …; "" without a part
	Hidden  bool   // hidden or very hidden
}

// Parts is what a workbook is made of, found through relationships and never
// by the names of its parts.
type Parts struct {
	Part          string // name of the workbook's part
	ContentType   string
	Rels          []opc.Relationship // of the workbook's part
	RelIDs        []string           // to which the part refers, with or without a relationship
	Types         *opc.ContentTypes
	Sheets        []SheetPart
	SharedStrings string // name of the part; "" if there is none
	Styles        string // name of the part; "" when there is none
	Strict        bool   // Strict form (ISO/IEC 29500), else Transitional
	Date1904      bool   // date serials count from 1904-01-01
}

// maxSheets bounds the list of sheets; Excel's own limit is memory.
const maxSheets = 10_000

// FindWorkbook finds the workbook's part and reads its list of sheets.
func FindWorkbook(c *opc.Container) (*Parts, error) {
	if c.File(opc.ContentTypesPart) == nil {
		return nil, otherArchive(c)
	}
	types, err := c.ContentTypes()
	if err != nil {
		return nil, err
	}
	top, err := c.Relationships("")
	if err != nil {
		return nil, err
	}
	main, ok := opc.OfKind(top, "officeDocument")
	if !ok {
		return nil, otherArchive(c)
	}
	w := &Parts{Part: main.Target, Types: types, ContentType: types.Of(main.Target)}
	if err := refuseOther(w.ContentType); err != nil {
		return nil, err
	}
	if w.Rels, err = c.Relationships(w.Part); err != nil {
		return nil, err
	}
	if err := readWorkbook(c, w); err != nil {
		return nil, err
	}
	if r, ok := opc.OfKind(w.Rels, "sharedStrings"); ok {
		w.SharedStrings = r.Target
	}
	if r, ok := opc.OfKind(w.Rels, "styles"); ok {
		w.Styles = r.Target
	}
	return w, nil
}

// Sheet returns the sheet with this name. Case is ignored, as in Excel.
func (w *Parts) Sheet(name string) (SheetPart, bool) {
	for _, s := range w.Sheets {
		if strings.EqualFold(s.Name, name) {
			return s, true
		}
	}
	return SheetPart{}, false
}

// refuseOther refuses other Office documents by their content type. A package without a
// type, which some programs write, is accepted.
func refuseOther(contentType string) error {
	switch {
	case strings.Contains(contentType, "sheet.binary"):
		return xmltok.NewError("file-xlsb")
	case contentType == "", strings.Contains(contentType, "spreadsheetml"), strings.Contains(contentType, "ms-excel"),
		contentType == "application/xml", contentType == "text/xml":
		return nil
	}
	for _, other := range []struct{ word, name string }{{"wordprocessingml", "DOCX"}, {"presentationml", "PPTX"}} {
		if strings.Contains(contentType, other.word) {
			return xmltok.NewError("file-other-format", "found", other.name)
		}
	}
	return xmltok.NewError("file-other-format", "found", opc.Quoted(contentType))
}

// otherArchive returns the error of a ZIP file that is not a workbook, saying what it is.
func otherArchive(c *opc.Container) error {
	if f := c.File("mimetype"); f != nil {
		kind, err := c.ReadSmall("mimetype", 256)
		if err == nil && strings.HasPrefix(string(kind), "application/vnd.oasis.opendocument.spreadsheet") {
			return xmltok.NewError("file-ods")
		}
	}
	return xmltok.NewError("file-other-format", "found", "ZIP")
}

// readWorkbook reads the workbook's own part.
func readWorkbook(c *opc.Container, w *Parts) error {
	tz, err := c.OpenXML(w.Part)
	if err != nil {
		return err
	}
	list := sheetList{container: c, rels: map[string]opc.Relationship{}, names: map[string]bool{}}
	for _, r := range w.Rels {
		list.rels[r.ID] = r
	}
	inSheets := false
	for t, err := range tz.All() {
		if err != nil {
			return err
		}
		if id, ok := t.AttrIn(xmltok.RelSpace, "id"); ok && t.Kind == xmltok.StartTag {
			w.RelIDs = append(w.RelIDs, string(id))
		}
		switch {
		case t.Kind == xmltok.StartTag && t.Depth == 1:
			if !t.Is("workbook") {
				return tz.ErrorAt(t, "part-wrong-root")
			}
			w.Strict = t.Space == xmltok.StrictSpace
		case t.Depth == 2 && t.Is("sheets"):
			inSheets = t.Kind == xmltok.StartTag && !t.Empty
		case t.Kind == xmltok.StartTag && t.Depth == 2 && t.Is("workbookPr"):
			var bad bool
			if w.Date1904 = IsTrue(t.Value("date1904", &bad)); bad {
				return tz.ErrorAt(t, "part-malformed")
			}
		case t.Kind == xmltok.StartTag && t.Depth == 3 && inSheets && t.Is("sheet"):
			s, err := list.entry(tz, t)
			if err != nil {
				return err
			}
			w.Sheets = append(w.Sheets, s)
		}
	}
	if len(w.Sheets) == 0 {
		return xmltok.NewError("workbook-no-sheets", "part", opc.Quoted(w.Part))
	}
	return nil
}

// sheetList checks the entries of the list of sheets against each other and against the existing parts.
type sheetList struct {
	container *opc.Container
	rels      map[string]opc.Relationship // of the workbook, by ID
	names     map[string]bool             // read so far, in lower case
}

// entry reads one entry of the list.
func (l *sheetList) entry(tz *xmltok.Tokenizer, t *xmltok.Token) (SheetPart, error) {
	var bad bool
	s := SheetPart{Name: xmltok.UnescapeXString(t.Value("name", &bad)), SheetID: t.Value("sheetId", &bad)}
	id, named := t.AttrIn(xmltok.RelSpace, "id")
	s.RelID = xmltok.Unescaped(id, &bad)
	switch t.Value("state", &bad) {
	case "hidden", "veryHidden":
		s.Hidden = true
	}
	if bad || s.Name == "" || len(l.names) == maxSheets {
		return s, tz.ErrorAt(t, "workbook-sheet-entry")
	}
	key := strings.ToLower(s.Name)
	if l.names[key] {
		return s, xmltok.NewError("workbook-sheet-twice", "part", tz.Part, "sheet", s.Name)
	}
	l.names[key] = true
	if r, ok := l.rels[s.RelID]; ok && !r.External {
		s.Part, s.Kind = r.Target, r.Kind
	}
	_, related := l.rels[s.RelID]
	if !related && (s.Hidden || named && s.RelID == "") {
		return s, nil
	}
	if s.Part == "" || l.container.File(s.Part) == nil {
		return s, xmltok.NewError("workbook-sheet-lost", "part", opc.Quoted(s.Part), "sheet", s.Name)
	}
	return s, nil
}

// IsTrue reads an xsd:boolean.
func IsTrue(s string) bool { return s == "1" || s == "true" || s == "on" }
