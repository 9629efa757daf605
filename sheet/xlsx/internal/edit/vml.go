package edit

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// The namespaces of VML.
const (
	vmlSpace  = "urn:schemas-microsoft-com:vml"
	vmlOffice = "urn:schemas-microsoft-com:office:office"
	vmlExcel  = "urn:schemas-microsoft-com:office:excel"
)

// firstShape is the number after which the shapes of a drawing are numbered: the start of
// the map's first block.
const firstShape = 1024

// vmlOpen begins a drawing of notes. The map names the block of numbers of its shapes.
const vmlOpen = `<xml xmlns:v="` + vmlSpace + `" xmlns:o="` + vmlOffice + `" xmlns:x="` + vmlExcel + `">` +
	`<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>`

// vmlShapeType is the shape type of notes: a text box.
const vmlShapeType = `<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">` +
	`<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>`

// noteShapes returns the shapes of notes, hidden until the pointer rests on their cells, numbered after the given
// number and with the given namespace declarations. Excel shows a note only if it has a shape.
func noteShapes(spaces string, behind int, notes []cellNote) string {
	var b strings.Builder
	for i, n := range notes {
		b.WriteString(`<v:shape` + spaces + ` id="_x0000_s` + strconv.Itoa(behind+1+i) + `" type="#_x0000_t202"` +
			` style="position:absolute;z-index:` + strconv.Itoa(1+i) + `;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">` +
			`<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>` +
			`<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>` +
			`<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>` + noteAnchor(n) + `</x:Anchor>` +
			`<x:AutoFill>False</x:AutoFill><x:Row>` + strconv.Itoa(n.row-1) + `</x:Row><x:Column>` + strconv.Itoa(n.col-1) + `</x:Column></x:ClientData></v:shape>`)
	}
	return b.String()
}

// noteAnchor places a note beside its cell, as tall as its text: columns and rows from
// 0, each with an offset in pixels.
func noteAnchor(n cellNote) string {
	const perLine = 38 // characters
	lines := 1
	for line := range strings.SplitSeq(n.text, "\n") {
		lines += 1 + len(line)/perLine
	}
	left := min(n.col, sheet.MaxCol-4)
	top := min(max(n.row-2, 0), sheet.MaxRow-42)
	height := min(max(lines, 4), 40)
	var b []byte
	for i, v := range []int{left, 15, top, 10, left + 2, 31, top + height, 4} {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = strconv.AppendInt(b, int64(v), 10)
	}
	return string(b)
}

// drawingContent is what a VML drawing contains (ECMA-376 part 4, 19).
type drawingContent struct {
	notes     int  // shapes of notes
	shapeType bool // it has the type of shape that notes are
	highest   int  // number of a shape that stays
}

// scanDrawing reads a drawing from which the shapes of some notes will be removed.
func scanDrawing(tz *xmltok.Tokenizer, goes noteTexts) (*drawingContent, error) {
	s := &drawingContent{highest: firstShape}
	var held []byte
	for t, err := range tz.All() {
		if err != nil {
			return nil, err
		}
		if t.Kind != xmltok.StartTag || t.Depth != 2 {
			continue
		}
		id, _ := t.Attr("id")
		number, _ := read.ParseUint(bytes.TrimPrefix(id, []byte("_x0000_s")), 1<<30)
		switch string(t.Local) {
		case "shapetype":
			s.shapeType = s.shapeType || string(id) == "_x0000_t202"
		case "shape":
			if held, err = tz.Capture(held[:0], t); err != nil {
				return nil, err
			}
			at, note := noteCell(held)
			if note {
				s.notes++
			}
			if _, gone := goes[at]; !note || !gone {
				s.highest = max(s.highest, number)
			}
		}
	}
	return s, nil
}

// rewriteDrawing copies a drawing without the shapes of replaced notes, and adds the new
// ones.
func rewriteDrawing(e *xmltok.Editor, have *drawingContent, goes noteTexts, notes []cellNote) error {
	spaces := ""
	for t, err := range e.Tokens.All() {
		if err != nil {
			return err
		}
		switch {
		case t.Depth == 1 && t.Kind == xmltok.StartTag:
			spaces = missingSpaces(t)
			e.Keep(t)
		case t.Depth == 1 && t.Kind == xmltok.EndTag:
			if !have.shapeType && len(notes) > 0 {
				e.Put("<v:shapetype" + spaces + vmlShapeType[len("<v:shapetype"):])
			}
			e.Put(noteShapes(spaces, have.highest, notes))
			e.Keep(t)
		case t.Depth == 2 && t.Kind == xmltok.StartTag && string(t.Local) == "shape":
			raw, err := e.Capture(t)
			if err != nil {
				return err
			}
			at, note := noteCell(raw)
			if _, gone := goes[at]; !note || !gone {
				e.Out.Write(raw)
			}
		default:
			e.Keep(t)
		}
	}
	return e.Finish()
}

// missingSpaces returns the namespace declarations that new shapes need, none if the root has them all under the
// usual prefixes.
func missingSpaces(root *xmltok.Token) string {
	missing := ""
	for _, d := range []string{` xmlns:v="` + vmlSpace + `"`, ` xmlns:o="` + vmlOffice + `"`, ` xmlns:x="` + vmlExcel + `"`} {
		if !bytes.Contains(root.Raw, []byte(d[1:])) {
			missing += d
		}
	}
	return missing
}

// noteCell returns the cell of a shape, and whether it is a note.
func noteCell(shape []byte) (at [2]int, note bool) {
	tz := xmltok.NewSized(bytes.NewReader(shape), "shape", uint64(len(shape)))
	var into *int
	for {
		t, err := tz.Next()
		if err != nil {
			return at, note
		}
		switch {
		case t.Kind == xmltok.StartTag && string(t.Local) == "ClientData":
			kind, _ := t.Attr("ObjectType")
			note = string(kind) == "Note"
		case t.Kind == xmltok.StartTag && string(t.Local) == "Row":
			into = &at[0]
		case t.Kind == xmltok.StartTag && string(t.Local) == "Column":
			into = &at[1]
		case t.Kind == xmltok.CharData && into != nil:
			if n, err := strconv.Atoi(string(bytes.TrimSpace(t.Raw))); err == nil {
				*into = n + 1
			}
			into = nil
		}
	}
}
