package edit

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// appearance is how a style differs from the workbook's first font without a fill.
type appearance struct {
	bold, underline bool
	size            string // in points; the first font's when empty
	color           string // of the text, ARGB; the first font's when empty
	fill            string // ARGB; none when empty
	centre          bool   // vertically; at the top otherwise
	noWrap          bool
}

// appearances holds the colours: those of Excel's own Good, Neutral and Bad, legible on any
// screen and in print.
var appearances = [styleCount]appearance{
	sheet.StylePlain:  {},
	sheet.StyleHeader: {bold: true, fill: "FFD9D9D9", centre: true},
	sheet.StyleGood:   {color: "FF006100", fill: "FFC6EFCE"},
	sheet.StyleWarn:   {color: "FF7F4F00", fill: "FFFFEB9C"},
	sheet.StyleBad:    {color: "FF9C0006", fill: "FFFFC7CE"},
	sheet.StyleMuted:  {color: "FF7F7F7F"},
	sheet.StyleLink:   {color: "FF0563C1", underline: true},
	sheet.StyleTitle:  {bold: true, size: "16", noWrap: true},
}

// defaultFont is the first font of a workbook without fonts.
const defaultFont = `<{p}font><{p}sz val="11"/><{p}name val="Calibri"/><{p}family val="2"/></{p}font>`

// newStylePatch returns what to add to give every style its cell format. The fonts are the workbook's first
// one with changes, so the result columns match the others.
func newStylePatch(s *styleContent) (*stylePatch, error) {
	p := &stylePatch{lists: s.lists}
	tag := func(raw string) string { return strings.ReplaceAll(raw, "{p}", s.prefix) }
	if s.counts[fontsList] == 0 {
		p.want(s, fontsList, tag(defaultFont))
		s.font = []byte(tag(defaultFont))
	}
	if s.counts[fillsList] == 0 { // the first two are reserved (18.8.21)
		p.want(s, fillsList, tag(`<{p}fill><{p}patternFill patternType="none"/></{p}fill>`))
	}
	if s.counts[fillsList] == 1 {
		p.want(s, fillsList, tag(`<{p}fill><{p}patternFill patternType="gray125"/></{p}fill>`))
	}
	if s.counts[bordersList] == 0 {
		p.want(s, bordersList, tag(`<{p}border/>`))
	}
	if s.counts[cellXfsList] == 0 {
		p.want(s, cellXfsList, tag(`<{p}xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>`))
	}
	face, err := readTypeface(s.font)
	if err != nil {
		return nil, err
	}
	for i, l := range appearances {
		font, fill := 0, 0
		if l.bold || l.underline || l.size != "" || l.color != "" {
			font = p.want(s, fontsList, tag(face.with(l)))
		}
		if l.fill != "" {
			fill = p.want(s, fillsList, tag(`<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="`+l.fill+`"/><{p}bgColor indexed="64"/></{p}patternFill></{p}fill>`))
		}
		styled := s.counts[cellStyleXfsList] > 0
		p.cells[i] = p.want(s, cellXfsList, tag(l.format(font, fill, styled, true)))
		p.bound[i] = p.want(s, cellXfsList, tag(l.format(font, fill, styled, false)))
	}
	styled := s.counts[cellStyleXfsList] > 0
	plain := appearance{}
	p.wrap = p.want(s, cellXfsList, tag(strings.Replace(plain.format(0, 0, styled, true), ` vertical="top"`, "", 1)))
	dateID := p.wantFormat(s)
	date := func(format string) int {
		return p.want(s, cellXfsList, tag(strings.Replace(strings.Replace(format, `numFmtId="0"`, `numFmtId="`+dateID+`"`, 1), ` borderId="0"`, ` borderId="0" applyNumberFormat="1"`, 1)))
	}
	p.date = date(plain.format(0, 0, styled, false))
	p.dates = date(strings.Replace(plain.format(0, 0, styled, true), "<{p}alignment", `<{p}alignment horizontal="left"`, 1))
	for _, style := range []sheet.Style{sheet.StyleBad, sheet.StyleWarn} {
		c := appearances[style].fill
		p.marks[style] = p.want(s, dxfsList, tag(`<{p}dxf><{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="`+c+`"/><{p}bgColor rgb="`+c+`"/></{p}patternFill></{p}fill></{p}dxf>`))
	}
	for i, l := range appearances {
		if l.color == "" {
			continue
		}
		raw := `<{p}dxf><{p}font><{p}color rgb="` + l.color + `"/></{p}font>`
		if l.fill != "" {
			raw += `<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="` + l.fill + `"/><{p}bgColor rgb="` + l.fill + `"/></{p}patternFill></{p}fill>`
		}
		p.shade[i] = p.want(s, dxfsList, tag(raw+`</{p}dxf>`))
	}
	for list := range p.sums {
		p.sums[list] = s.counts[list]
	}
	return p, nil
}

// format returns the cell format of an appearance. Unless it may wrap its text, it has the default alignment,
// like most of the user's cells.
func (l appearance) format(font, fill int, styled, free bool) string {
	var b strings.Builder
	b.WriteString(`<{p}xf numFmtId="0" fontId="` + strconv.Itoa(font) + `" fillId="` + strconv.Itoa(fill) + `" borderId="0"`)
	if styled {
		b.WriteString(` xfId="0"`)
	}
	if font > 0 {
		b.WriteString(` applyFont="1"`)
	}
	if fill > 0 {
		b.WriteString(` applyFill="1"`)
	}
	align := ""
	switch {
	case l.centre:
		align = ` vertical="center"`
	case free:
		align = ` vertical="top"`
	}
	if free && !l.noWrap {
		align += ` wrapText="1"`
	}
	if align == "" {
		return b.String() + "/>"
	}
	return b.String() + ` applyAlignment="1"><{p}alignment` + align + `/></{p}xf>`
}

// typeface holds the elements that the added fonts take over verbatim from the workbook's
// first one.
type typeface struct{ size, color, name, family, charset, scheme string }

// readTypeface reads the elements of a font.
func readTypeface(font []byte) (typeface, error) {
	var f typeface
	tz := xmltok.New(bytes.NewReader(font), "font")
	for t, err := range tz.All() {
		if err != nil {
			return f, err
		}
		if t.Kind != xmltok.StartTag || t.Depth != 2 {
			continue
		}
		var into *string
		switch string(t.Local) {
		case "sz":
			into = &f.size
		case "color":
			into = &f.color
		case "name":
			into = &f.name
		case "family":
			into = &f.family
		case "charset":
			into = &f.charset
		case "scheme":
			into = &f.scheme
		default:
			continue
		}
		raw, err := tz.Capture(nil, t)
		if err != nil {
			return f, err
		}
		*into = string(raw)
	}
	return f, nil
}

// with returns a font of this typeface with the changes of an appearance, its children in
// the order in which Excel writes and expects them.
func (f typeface) with(l appearance) string {
	s := "<{p}font>"
	if l.bold {
		s += "<{p}b/>"
	}
	if l.underline {
		s += "<{p}u/>"
	}
	if l.size != "" {
		s += `<{p}sz val="` + l.size + `"/>`
	} else {
		s += f.size
	}
	if l.color != "" {
		s += `<{p}color rgb="` + l.color + `"/>`
	} else {
		s += f.color
	}
	return s + f.name + f.family + f.charset + f.scheme + "</{p}font>"
}

// blankStyles is the styles part of a workbook without one, before the additions.
func blankStyles(mainURI string) string {
	return xmltok.Declaration + `<styleSheet xmlns="` + mainURI + `"/>`
}
