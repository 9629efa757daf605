package xlsx

import (
	"io"
	"strings"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// sheetPart is one sheet of the workbook's list, in the order of the tabs.
type sheetPart struct {
	name    string
	part    string // name of its part
	relID   string // of the workbook's relationship that leads to it
	sheetID string // as it stands
	kind    string // worksheet, chartsheet, dialogsheet, xlMacrosheet …
	hidden  bool   // hidden or very hidden
}

// workbookParts is what a workbook is made of, found through relationships and never
// by the names of its parts.
type workbookParts struct {
	part          string // name of the workbook's part
	contentType   string
	rels          []opc.Relationship // of the workbook's part
	types         *opc.ContentTypes
	sheets        []sheetPart
	sharedStrings string // name of the part; "" when there is none
	styles        string // name of the part; "" when there is none
	strict        bool   // Strict form (ISO/IEC 29500), else Transitional
	date1904      bool   // date serials count from 1904-01-01
}

// Bounds of a workbook's lists. Excel's own limit of sheets is memory; its names have 31 characters.
const maxSheets = 10_000

// findWorkbook finds the workbook's part and reads its list of sheets.
func findWorkbook(c *opc.Container) (*workbookParts, error) {
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
	w := &workbookParts{part: main.Target, types: types, contentType: types.Of(main.Target)}
	if err := refuseOther(w.contentType); err != nil {
		return nil, err
	}
	if w.rels, err = c.Relationships(w.part); err != nil {
		return nil, err
	}
	if err := readWorkbook(c, w); err != nil {
		return nil, err
	}
	if r, ok := opc.OfKind(w.rels, "sharedStrings"); ok {
		w.sharedStrings = r.Target
	}
	if r, ok := opc.OfKind(w.rels, "styles"); ok {
		w.styles = r.Target
	}
	return w, nil
}

// sheet gives the sheet with this name, in any case as Excel compares them.
func (w *workbookParts) sheet(name string) (sheetPart, bool) {
	for _, s := range w.sheets {
		if strings.EqualFold(s.name, name) {
			return s, true
		}
	}
	return sheetPart{}, false
}

// refuseOther tells other Office documents from workbooks by their content type. One
// without a type, which some programs write, is looked into.
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

// otherArchive says what a zip file is that holds no workbook.
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
func readWorkbook(c *opc.Container, w *workbookParts) error {
	tz, err := c.OpenXML(w.part)
	if err != nil {
		return err
	}
	list := sheetList{container: c, rels: map[string]opc.Relationship{}, names: map[string]bool{}}
	for _, r := range w.rels {
		list.rels[r.ID] = r
	}
	inSheets := false
	for {
		t, err := tz.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		switch {
		case t.Kind == xmltok.StartTag && t.Depth == 1:
			if !t.Is("workbook") {
				return tz.ErrorAt(t, "part-wrong-root")
			}
			w.strict = t.Space == xmltok.StrictSpace
		case t.Depth == 2 && t.Is("sheets"):
			inSheets = t.Kind == xmltok.StartTag && !t.Empty
		case t.Kind == xmltok.StartTag && t.Depth == 2 && t.Is("workbookPr"):
			var bad bool
			if w.date1904 = isTrue(t.Value("date1904", &bad)); bad {
				return tz.ErrorAt(t, "part-malformed")
			}
		case t.Kind == xmltok.StartTag && t.Depth == 3 && inSheets && t.Is("sheet"):
			s, err := list.entry(tz, t)
			if err != nil {
				return err
			}
			w.sheets = append(w.sheets, s)
		}
	}
	if len(w.sheets) == 0 {
		return xmltok.NewError("workbook-no-sheets", "part", opc.Quoted(w.part))
	}
	return nil
}

// sheetList checks the entries of the list of sheets against each other and against
// the parts that there are.
type sheetList struct {
	container *opc.Container
	rels      map[string]opc.Relationship // of the workbook, by ID
	names     map[string]bool             // met, in lower case
}

// entry reads one entry of the list.
func (l *sheetList) entry(tz *xmltok.Tokenizer, t *xmltok.Token) (sheetPart, error) {
	var bad bool
	s := sheetPart{name: xmltok.UnescapeXString(t.Value("name", &bad)), sheetID: t.Value("sheetId", &bad)}
	if id, ok := t.AttrIn(xmltok.RelSpace, "id"); ok {
		s.relID = xmltok.Unescaped(id, &bad)
	}
	switch t.Value("state", &bad) {
	case "hidden", "veryHidden":
		s.hidden = true
	}
	if bad || s.name == "" || len(l.names) == maxSheets {
		return s, tz.ErrorAt(t, "workbook-sheet-entry")
	}
	key := strings.ToLower(s.name)
	if l.names[key] {
		return s, xmltok.NewError("workbook-sheet-twice", "part", tz.Part, "sheet", s.name)
	}
	l.names[key] = true
	if r, ok := l.rels[s.relID]; ok && !r.External {
		s.part, s.kind = r.Target, r.Kind
	}
	if s.part == "" || l.container.File(s.part) == nil {
		return s, xmltok.NewError("workbook-sheet-lost", "part", opc.Quoted(s.part), "sheet", s.name)
	}
	return s, nil
}

// isTrue reads an xsd:boolean.
func isTrue(s string) bool { return s == "1" || s == "true" || s == "on" }
