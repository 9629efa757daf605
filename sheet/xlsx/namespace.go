package xlsx

import "errors"

// space is a namespace, as far as a workbook's parts are told apart by it.
type space uint8

// The namespaces that are known: Transitional and Strict forms (ECMA-376 part 1 and
// 4, annex A) fall together but for the main one, which says what form a part has.
const (
	noSpace      space = iota // no namespace declared at all
	otherSpace                // any other
	mainSpace                 // SpreadsheetML, Transitional
	strictSpace               // SpreadsheetML, Strict
	relSpace                  // relationship IDs within parts (r:id)
	compatSpace               // markup compatibility (mc:AlternateContent)
	packageSpace              // relationships and content types of the package
)

var spaceByURI = map[string]space{
	"http://schemas.openxmlformats.org/spreadsheetml/2006/main":           mainSpace,
	"http://purl.oclc.org/ooxml/spreadsheetml/main":                       strictSpace,
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships": relSpace,
	"http://purl.oclc.org/ooxml/officeDocument/relationships":             relSpace,
	"http://schemas.openxmlformats.org/markup-compatibility/2006":         compatSpace,
	"http://schemas.openxmlformats.org/package/2006/relationships":        packageSpace,
	"http://schemas.openxmlformats.org/package/2006/content-types":        packageSpace,
}

// main reports whether the namespace is SpreadsheetML in either form. A part that
// declares no namespace at all counts as such.
func (s space) main() bool { return s == mainSpace || s == strictSpace || s == noSpace }

// binding is one namespace declaration in force.
type binding struct {
	prefix string // empty for the default namespace
	space  space
	depth  int // of the element that declares it
}

// spaceStack holds the declarations in force, innermost last.
type spaceStack struct {
	bindings []binding
	plain    space // what an empty prefix stands for
}

// maxBindings bounds the declarations in force at once, and so the cost of a look-up.
const maxBindings = 256

var errBindings = errors.New("xlsx: too many namespace declarations")

// declare takes the declarations of a start tag into force.
func (s *spaceStack) declare(t *token) error {
	for i := range t.attrs {
		a := &t.attrs[i]
		name := t.raw[a.name:a.nameEnd]
		if len(name) < len("xmlns") || string(name[:len("xmlns")]) != "xmlns" || len(name) > len("xmlns") && name[len("xmlns")] != ':' {
			continue
		}
		if len(s.bindings) == maxBindings {
			return errBindings
		}
		b := binding{depth: t.depth, space: spaceByName(t.raw[a.value:a.valueEnd])}
		if len(name) > len("xmlns:") {
			b.prefix = string(name[len("xmlns:"):])
		} else {
			s.plain = b.space
		}
		s.bindings = append(s.bindings, b)
	}
	return nil
}

// leave puts the declarations of an element that ended out of force.
func (s *spaceStack) leave(depth int) {
	n := len(s.bindings)
	for n > 0 && s.bindings[n-1].depth >= depth {
		n--
	}
	if n == len(s.bindings) {
		return
	}
	s.bindings = s.bindings[:n]
	s.plain = noSpace
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

// find gives what a prefix stands for; an undeclared one is otherSpace.
func (s *spaceStack) find(prefix []byte) space {
	if len(prefix) == 0 {
		return s.plain
	}
	for i := len(s.bindings) - 1; i >= 0; i-- {
		if s.bindings[i].prefix == string(prefix) {
			return s.bindings[i].space
		}
	}
	return otherSpace
}

func spaceByName(uri []byte) space {
	if s, ok := spaceByURI[string(uri)]; ok {
		return s
	}
	if len(uri) == 0 {
		return noSpace
	}
	return otherSpace
}

// spaceOf gives what a prefix stands for at the current token.
func (tz *tokenizer) spaceOf(prefix string) space { return tz.spaces.find([]byte(prefix)) }
