package edit

import (
	"bytes"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// content is what a text or an attribute holds, which decides how it is masked.
type content uint8

const (
	plainText   content = iota
	formulaText         // a formula or a reference with a sheet
	nameText            // the name of a sheet, a table and the like
	titleText           // a list of sheets and names in the properties
	headerText          // of printed pages, with codes such as &R in it
	numericText         // numbers only
	noText              // nothing of the user, such as ranges and IDs
)

// Elements by what their text is.
var elementContents = map[string]content{
	"f": formulaText, "formula": formulaText, "formula1": formulaText, "formula2": formulaText, "oldFormula": formulaText,
	"definedName": formulaText, "calculatedColumnFormula": formulaText, "totalsRowFormula": formulaText,
	"FmlaLink": formulaText, "FmlaRange": formulaText, "FmlaMacro": formulaText, "FmlaTxbx": formulaText,
	"lpstr": titleText, "numCache": numericText, "numLit": numericText,
	"i1": numericText, "i2": numericText, "i4": numericText, "i8": numericText, "int": numericText, "r4": numericText, "r8": numericText, "decimal": numericText,
	"sqref": noText, "Anchor": noText,
	"oddHeader": headerText, "evenHeader": headerText, "firstHeader": headerText, "oddFooter": headerText, "evenFooter": headerText, "firstFooter": headerText,
}

// Attributes by what they are; others are plain text, or numbers where they look like one.
var attrContents = map[string]content{
	"ref": noText, "sqref": noText, "r": noText, "r1": noText, "r2": noText, "spans": noText, "topLeftCell": noText, "activeCell": noText,
	"rgb": noText, "lastClr": noText, "id": noText, "Id": noText, "uid": noText, "guid": noText, "uri": noText, "Requires": noText, "Ignorable": noText,
	"style": noText, "dT": noText, "personId": noText, "parentId": noText, "idx": noText, "spid": noText, "Type": noText, "cell": noText,
	"location": formulaText, "fmlaLink": formulaText, "fmlaRange": formulaText, "fmlaTxbx": formulaText, "linkedCell": formulaText, "listFillRange": formulaText,
	"refersTo": formulaText, "macro": formulaText, "sheet": nameText, "codeName": nameText, "displayName": nameText, "cache": nameText, "formatCode": nameText,
}

// Elements whose attribute name is a text rather than a name that formulas use.
var namedByText = map[string]bool{"tableColumn": true, "cacheField": true, "dataField": true, "pivotField": true, "cNvPr": true, "property": true, "person": true, "scenario": true}

// Attributes whose value stays a text even where it looks like a number.
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

// inside returns what the innermost element holds.
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

// masked masks a value according to what it is.
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

// target masks where a relationship leads out of the package, or to a cell.
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

// cell copies a cell. One whose number is masked becomes a text.
func (f *redactFilter) cell(t *xmltok.Token) error {
	kind, _ := t.Attr("t")
	body, plain := f.e.Tokens.PlainBody(t)
	if plain && (len(kind) == 1 && (kind[0] == 's' || kind[0] == 'b' || kind[0] == 'e') || f.clean(body.Text)) {
		f.tag(t)
		f.e.Out.Write(body.Raw)
		f.e.Tokens.Pass(body)
		return nil
	}
	k := string(kind)
	raw, err := f.e.Capture(t)
	if err != nil {
		return err
	}
	if k == "" || k == "n" {
		k = "n"
	}
	return f.group(raw, k)
}

// clean reports whether a raw text has nothing to be masked.
func (f *redactFilter) clean(raw []byte) bool {
	var bad bool
	s := xmltok.UnescapeXString(xmltok.Unescaped(raw, &bad))
	return !bad && f.masks.Text(s) == s
}

// group copies an element whose texts belong together. For a cell, kind is its type.
func (f *redactFilter) group(raw []byte, kind string) error {
	was, value, err := joined(raw)
	if err != nil {
		return err
	}
	is, escapes := f.string(was)
	left := []rune(is)
	differs := is != was
	tokens := xmltok.NewSized(bytes.NewReader(raw), "text", uint64(len(raw)))
	g := &redactFilter{redaction: f.redaction, e: &xmltok.Editor{Tokens: tokens, Out: f.e.Out}}
	newValue, valueEscapes := value, false
	if kind == "n" || kind == "str" {
		newValue, valueEscapes = f.string(value)
	}
	in, phonetic := textPlace{}, false
	for t, err := range g.e.Tokens.All() {
		if err != nil {
			return err
		}
		switch {
		case t.Kind == xmltok.StartTag:
			phonetic = phonetic || string(t.Local) == "rPh"
			in.open(t)
			if t.Depth == 1 && newValue != value && kind == "n" {
				g.e.Change(t, xmltok.WithAttr("t", "str"))
				g.stack = append(g.stack, plainText)
				f.changed = true
				continue
			}
			g.open(t)
		case t.Kind == xmltok.EndTag:
			phonetic = phonetic && string(t.Local) != "rPh"
			in.close()
			g.close()
			g.e.Keep(t)
		case in.value() && kind != "":
			if newValue == value {
				g.e.Keep(t)
				continue
			}
			f.changed = true
			g.e.Put(escapedString(newValue, valueEscapes))
			newValue, value = "", "\x00" // further pieces are part of it
		case in.text():
			piece, err := t.Text(nil)
			if err != nil {
				return err
			}
			n := utf8.RuneCount(piece)
			switch {
			case !differs:
				g.e.Keep(t)
			case phonetic:
				g.e.Put(strings.Repeat("*", n))
			case escapes: // the first text gets all of it
				g.e.Put(xmltok.EscapeXString(string(left)))
				left = nil
			default:
				n = min(n, len(left))
				g.e.Put(xmltok.EscapeText(string(left[:n])))
				left = left[n:]
			}
		default:
			if err := g.text(t); err != nil {
				return err
			}
		}
	}
	f.changed = f.changed || g.changed || differs
	return nil
}

// string masks the text of a string element. It reports whether escapes in it were resolved
// for that.
func (f *redactFilter) string(was string) (is string, escapes bool) {
	if plain := xmltok.UnescapeXString(was); plain != was {
		if is = f.masks.Text(plain); is != plain {
			return is, true
		}
		return was, false
	}
	return f.masks.Text(was), false
}

// escapedString formats what string returned.
func escapedString(s string, escapes bool) string {
	if escapes {
		return xmltok.EscapeXString(s)
	}
	return xmltok.EscapeText(s)
}

// textPlace follows the names of the open elements of a group.
type textPlace struct{ names []string }

func (p *textPlace) open(t *xmltok.Token) {
	if !t.Empty {
		p.names = append(p.names, string(t.Local))
	}
}

func (p *textPlace) close() { p.names = p.names[:len(p.names)-1] }

// text reports whether a text is one of those that belong together.
func (p *textPlace) text() bool {
	last := p.names[len(p.names)-1]
	return last == "t" || last == "text" && len(p.names) == 1
}

// value reports whether a text is the value of a cell.
func (p *textPlace) value() bool { return len(p.names) == 2 && p.names[1] == "v" }

// joined returns the texts of a group, one after the other, without phonetic hints, and
// the value if it is a cell.
func joined(raw []byte) (text, value string, err error) {
	var b, v []byte
	in, phonetic := textPlace{}, false
	for t, err := range xmltok.NewSized(bytes.NewReader(raw), "text", uint64(len(raw))).All() {
		if err != nil {
			return "", "", err
		}
		switch {
		case t.Kind == xmltok.StartTag:
			phonetic = phonetic || string(t.Local) == "rPh"
			in.open(t)
		case t.Kind == xmltok.EndTag:
			phonetic = phonetic && string(t.Local) != "rPh"
			in.close()
		case in.value():
			if v, err = t.Text(v); err != nil {
				return "", "", err
			}
		case in.text() && !phonetic:
			if b, err = t.Text(b); err != nil {
				return "", "", err
			}
		}
	}
	return string(b), string(v), nil
}
