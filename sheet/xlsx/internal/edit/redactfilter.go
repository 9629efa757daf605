package edit

import (
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// content is the kind of a text or an attribute, which decides how it is masked.
type content uint8

const (
	plainText   content = iota
	formulaText         // a formula or a reference with a sheet
	nameText            // the name of a sheet, a table and the like
	titleText           // a list of sheets and names in the properties
	headerText          // of printed pages, with codes such as &R
	numericText         // numbers only
	noText              // nothing from the user, such as ranges and IDs
)

// Elements by the kind of their text.
var elementContents = map[string]content{
	"f": formulaText, "formula": formulaText, "formula1": formulaText, "formula2": formulaText, "oldFormula": formulaText,
	"definedName": formulaText, "calculatedColumnFormula": formulaText, "totalsRowFormula": formulaText,
	"FmlaLink": formulaText, "FmlaRange": formulaText, "FmlaMacro": formulaText, "FmlaTxbx": formulaText,
	"lpstr": titleText, "numCache": numericText, "numLit": numericText,
	"i1": numericText, "i2": numericText, "i4": numericText, "i8": numericText, "int": numericText, "r4": numericText, "r8": numericText, "decimal": numericText,
	"sqref": noText, "Anchor": noText,
	"oddHeader": headerText, "evenHeader": headerText, "firstHeader": headerText, "oddFooter": headerText, "evenFooter": headerText, "firstFooter": headerText,
}

// Attributes by their kind; others are plain text, or numbers if they look like one.
var attrContents = map[string]content{
	"ref": noText, "sqref": noText, "r": noText, "r1": noText, "r2": noText, "spans": noText, "topLeftCell": noText, "activeCell": noText,
	"rgb": noText, "lastClr": noText, "id": noText, "Id": noText, "uid": noText, "guid": noText, "uri": noText, "Requires": noText, "Ignorable": noText,
	"style": noText, "dT": noText, "personId": noText, "parentId": noText, "idx": noText, "spid": noText, "Type": noText, "cell": noText,
	"location": formulaText, "fmlaLink": formulaText, "fmlaRange": formulaText, "fmlaTxbx": formulaText, "linkedCell": formulaText, "listFillRange": formulaText,
	"refersTo": formulaText, "macro": formulaText, "sheet": nameText, "codeName": nameText, "displayName": nameText, "cache": nameText, "formatCode": nameText,
}

// Elements whose attribute name is a text rather than a name that formulas use.
var namedByText = map[string]bool{"tableColumn": true, "cacheField": true, "dataField": true, "pivotField": true, "cNvPr": true, "property": true, "person": true, "scenario": true}

// Attributes whose value stays a text even if it looks like a number.
var textAttrs = map[string]bool{
	"name": true, "caption": true, "prompt": true, "promptTitle": true, "error": true, "errorTitle": true, "title": true, "tooltip": true,
	"display": true, "descr": true, "alt": true, "comment": true, "text": true, "user": true, "userName": true, "uniqueName": true,
}

// redactFilter copies one part with personal data masked.
type redactFilter struct {
	*redaction
	e       *xmltok.Editor
	rels    bool
	stack   []content // of the open elements
	changed bool
}

func newRedactFilter(r *redaction, e *xmltok.Editor, part string) *redactFilter {
	return &redactFilter{redaction: r, e: e, rels: path.Ext(opc.PartKey(part)) == ".rels"}
}

// run copies the part to its end.
func (f *redactFilter) run() error {
	sheetPart := false
	for t, err := range f.e.Tokens.All() {
		if err != nil {
			return err
		}
		switch {
		case t.Kind == xmltok.StartTag && t.Depth == 1:
			sheetPart = t.Is("worksheet")
			f.open(t)
		case t.Kind == xmltok.StartTag && !t.Empty && sheetPart && t.Depth == 4 && t.Is("c"):
			err = f.cell(t)
		case t.Kind == xmltok.StartTag && !t.Empty && isGroup(t):
			var raw []byte
			if raw, err = f.e.Capture(t); err == nil {
				err = f.group(raw, "")
			}
		case t.Kind == xmltok.StartTag:
			f.open(t)
		case t.Kind == xmltok.EndTag:
			f.close()
			f.e.Keep(t)
		default:
			err = f.text(t)
		}
		if err != nil {
			return err
		}
	}
	return f.e.Finish()
}

// isGroup reports whether the texts within an element belong together: a string made of
// runs, a paragraph.
func isGroup(t *xmltok.Token) bool {
	switch string(t.Local) {
	case "si", "is", "text", "p":
		return true
	}
	return false
}

// open copies a start tag.
func (f *redactFilter) open(t *xmltok.Token) {
	f.tag(t)
	if t.Empty {
		return
	}
	kind, known := elementContents[string(t.Local)]
	if n := len(f.stack); !known && n > 0 && f.stack[n-1] == numericText {
		kind = numericText
	}
	f.stack = append(f.stack, kind)
}

func (f *redactFilter) close() {
	if n := len(f.stack); n > 0 {
		f.stack = f.stack[:n-1]
	}
}

// inside returns the kind of the innermost element's content.
func (f *redactFilter) inside() content {
	if n := len(f.stack); n > 0 {
		return f.stack[n-1]
	}
	return plainText
}

// text copies the text between two tags.
func (f *redactFilter) text(t *xmltok.Token) error {
	was, err := t.Text(nil)
	if err != nil || len(was) < 2 {
		f.e.Keep(t)
		return err
	}
	if is := f.masked(string(was), f.inside()); is != string(was) {
		f.changed = true
		f.e.Put(xmltok.EscapeText(is))
		return nil
	}
	f.e.Keep(t)
	return nil
}

// masked masks a value according to its kind.
func (f *redactFilter) masked(s string, kind content) string {
	switch kind {
	case noText:
		return s
	case formulaText:
		return f.formula(s)
	case nameText:
		if to := f.rename(s); to != s {
			return to
		}
		return f.name(s)
	case titleText:
		if to := f.rename(s); to != s {
			return to
		}
		if strings.Contains(s, "!") {
			return f.formula(s)
		}
	case numericText:
		return f.number(s)
	case headerText:
		return f.header(s)
	}
	return f.masks.Text(s)
}

// header masks the text of a printed page between its codes, of & and a character.
func (f *redactFilter) header(s string) string {
	pieces := strings.Split(s, "&")
	for i, p := range pieces {
		_, code := utf8.DecodeRuneInString(p)
		if i == 0 {
			code = 0
		}
		pieces[i] = p[:code] + f.masks.Text(p[code:])
	}
	return strings.Join(pieces, "&")
}

// tag copies a tag with its attributes masked.
func (f *redactFilter) tag(t *xmltok.Token) {
	at := 0
	for i := range t.Attrs {
		a := &t.Attrs[i]
		raw := t.Raw[a.Value:a.ValueEnd]
		if len(raw) < 2 {
			continue
		}
		var bad bool
		was := xmltok.Unescaped(raw, &bad)
		is := f.attr(t, string(t.Raw[max(a.Name, a.Colon+1):a.NameEnd]), string(t.Raw[a.Name:a.NameEnd]), was)
		if bad || is == was {
			continue
		}
		f.changed = true
		f.e.Out.Write(t.Raw[at:a.Value])
		quoted := xmltok.EscapeAttr(is)
		if t.Raw[a.Value-1] == '\'' {
			quoted = strings.ReplaceAll(quoted, "'", "&apos;")
		}
		f.e.Put(quoted)
		at = int(a.ValueEnd)
	}
	f.e.Out.Write(t.Raw[at:])
}

// attr masks the value of an attribute.
func (f *redactFilter) attr(t *xmltok.Token, local, full, was string) string {
	element := string(t.Local)
	switch {
	case full == "xmlns" || strings.HasPrefix(full, "xmlns:"):
		return was
	case f.rels:
		return f.target(t, local, was)
	case local == "name" && !namedByText[element], element == "sheetName":
		return f.masked(was, nameText)
	case local == "displayName" && namedByText[element]:
		return f.masks.Text(was)
	}
	kind, known := attrContents[local]
	if !known && !textAttrs[local] && element != "s" && element != "filter" && isNumber(was) {
		kind = numericText
	}
	return f.masked(was, kind)
}

// target masks the target of a relationship that leads out of the package, or to a cell.
func (f *redactFilter) target(t *xmltok.Token, local, was string) string {
	mode, _ := t.Attr("TargetMode")
	switch {
	case local != "Target":
		return was
	case strings.HasPrefix(was, "#"):
		return "#" + f.formula(was[1:])
	case string(mode) != "External":
		return was
	}
	if plain, err := url.PathUnescape(was); err == nil && f.masks.Text(plain) != plain {
		return strings.ReplaceAll(f.masks.Text(plain), " ", "%20")
	}
	return was
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}
