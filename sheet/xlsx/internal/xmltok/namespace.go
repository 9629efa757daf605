package xmltok

import (
	"errors"
)

// Space is a namespace of the parts of a workbook.
type Space uint8

// The known namespaces. Their Transitional and Strict forms (ECMA-376 part 1 and 4, annex A)
// count as one, except for the main one, which says which form a part has.
const (
	NoSpace      Space = iota // no namespace declared at all
	OtherSpace                // any other
	MainSpace                 // SpreadsheetML, Transitional
	StrictSpace               // SpreadsheetML, Strict
	RelSpace                  // relationship IDs within parts (r:id)
	CompatSpace               // markup compatibility (mc:AlternateContent)
	PackageSpace              // relationships and content types of the package
)

var spaceByURI = map[string]Space{
	"http://schemas.openxmlformats.org/spreadsheetml/2006/main":           MainSpace,
	"http://purl.oclc.org/ooxml/spreadsheetml/main":                       StrictSpace,
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships": RelSpace,
	"http://purl.oclc.org/ooxml/officeDocument/relationships":             RelSpace,
	"http://schemas.openxmlformats.org/markup-compatibility/2006":         CompatSpace,
	"http://schemas.openxmlformats.org/package/2006/relationships":        PackageSpace,
	"http://schemas.openxmlformats.org/package/2006/content-types":        PackageSpace,
}

// Main reports whether the namespace is SpreadsheetML in either form, or none is declared.
func (s Space) Main() bool { return s == MainSpace || s == StrictSpace || s == NoSpace }

// binding is one namespace declaration in force.
type binding struct {
	prefix string // empty for the default namespace
	space  Space
	depth  int // of the element that declares it
}

// spaceStack holds the declarations in force, innermost last.
type spaceStack struct {
	bindings []binding
	plain    Space // namespace of the empty prefix
}

// maxBindings limits the declarations in force, and so the cost of a lookup.
const maxBindings = 256

var errBindings = errors.New("xlsx: too many namespace declarations")

// declare puts the declarations of a start tag into force.
func (s *spaceStack) declare(t *Token) error {
	for i := range t.Attrs {
		a := &t.Attrs[i]
		name := t.Raw[a.Name:a.NameEnd]
		if len(name) < len("xmlns") || string(name[:len("xmlns")]) != "xmlns" || len(name) > len("xmlns") && name[len("xmlns")] != ':' {
			continue
		}
		if len(s.bindings) == maxBindings {
			return errBindings
		}
		b := binding{depth: t.Depth, space: spaceByName(t.Raw[a.Value:a.ValueEnd])}
		if len(name) > len("xmlns:") {
			b.prefix = string(name[len("xmlns:"):])
		} else {
			s.plain = b.space
		}
		s.bindings = append(s.bindings, b)
	}
	return nil
}

// leave removes the declarations of an element that has ended.
func (s *spaceStack) leave(depth int) {
	n := len(s.bindings)
	for n > 0 && s.bindings[n-1].depth >= depth {
		n--
	}
	if n == len(s.bindings) {
		return
	}
	s.bindings = s.bindings[:n]
	s.plain = NoSpace
	for _, b := range s.bindings {
		if b.prefix == "" {
			s.plain = b.space
		}
	}
}

// changed reports whether an element at this depth, or within it, declares anything.
func (s *spaceStack) changed(depth int) bool {
	n := len(s.bindings)
	return n > 0 && s.bindings[n-1].depth >= depth
}

// find returns the namespace of a prefix, or OtherSpace if it is undeclared.
func (s *spaceStack) find(prefix []byte) Space {
	if len(prefix) == 0 {
		return s.plain
	}
	for i := len(s.bindings) - 1; i >= 0; i-- {
		if s.bindings[i].prefix == string(prefix) {
			return s.bindings[i].space
		}
	}
	return OtherSpace
}

func spaceByName(uri []byte) Space {
	if s, ok := spaceByURI[string(uri)]; ok {
		return s
	}
	if len(uri) == 0 {
		return NoSpace
	}
	return OtherSpace
}

// SpaceOf returns the namespace that a prefix has at the current token.
func (tz *Tokenizer) SpaceOf(prefix string) Space { return tz.spaces.find([]byte(prefix)) }
