package edit

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// cell copies a cell. If its number is masked, it becomes a text.
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

// clean reports whether a raw text contains nothing to mask.
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

// string masks the text of a string element. It reports whether escapes in it were resolved to do so.
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
