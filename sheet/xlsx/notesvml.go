package xlsx

import (
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
)

// The namespaces of VML.
const (
	vmlSpace  = "urn:schemas-microsoft-com:vml"
	vmlOffice = "urn:schemas-microsoft-com:office:office"
	vmlExcel  = "urn:schemas-microsoft-com:office:excel"
)

// firstShape is the number behind which a drawing's shapes are numbered: that of the
// map's first block.
const firstShape = 1024

// vmlOpen begins a drawing of notes. The map names the block of numbers that its shapes
// have.
const vmlOpen = `<xml xmlns:v="` + vmlSpace + `" xmlns:o="` + vmlOffice + `" xmlns:x="` + vmlExcel + `">` +
	`<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>`

// vmlShapeType is the type of shape that notes are: a text box.
const vmlShapeType = `<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">` +
	`<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>`

// noteShapes gives the shapes of notes, hidden until the pointer rests on their cells,
// numbered behind the given number and with the given declarations of namespaces. Excel shows a note only where it has a shape.
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
