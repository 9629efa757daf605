package edit

import (
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// bar is one bar of a chart: its label, its length and its colour.
type bar struct {
	label string
	value float64
	style sheet.Style
}

// barColors are the colours of bars, by the style of the label's cell.
var barColors = [styleCount]string{
	sheet.StylePlain: "5B9BD5", sheet.StyleHeader: "5B9BD5", sheet.StyleGood: "70AD47", sheet.StyleWarn: "FFC000",
	sheet.StyleBad: "C00000", sheet.StyleMuted: "A6A6A6", sheet.StyleLink: "5B9BD5", sheet.StyleTitle: "5B9BD5",
}

// The size of a chart in English Metric Units, 914,400 to the inch.
const (
	chartWidth  = 5_760_000 // 16 cm
	chartHeight = 3_420_000 // 9.5 cm
)

// addChart adds the drawing and the chart of the sheet that w writes.
func (cp *Copier) addChart(part, sheetName string, w *sheetWriter) {
	dir := path.Dir(cp.book.Part)
	drawing := cp.newPart(path.Join(dir, "drawings"), "drawing", ".xml", drawingType)
	chart := cp.newPart(path.Join(dir, "charts"), "chart", ".xml", chartType)
	rels := newRelsEdit(nil)
	w.drawing = rels.add(cp.spaces.rel+"/drawing", relTarget(part, drawing))
	cp.replaceRels(part, rels)
	below := newRelsEdit(nil)
	id := below.add(cp.spaces.rel+"/chart", relTarget(drawing, chart))
	cp.addPart(drawing, text(func() string { return drawingXML(cp.spaces, w.a.Chart.At, id) }))
	cp.addPart(opc.RelsPart(drawing), text(below.whole))
	cp.addPart(chart, func(out io.Writer) error {
		_, err := io.WriteString(out, chartXML(cp.spaces, sheetName, w.a.Chart, w.bars))
		return err
	})
}

// chartRow keeps the bar of a row while the sheet is written, so the chart contains its values for programs
// that do not read them from the sheet.
func (w *sheetWriter) chartRow(n int, cells []sheet.PutCell) {
	c := w.a.Chart
	if c == nil || n < c.Categories.Row1 || n > c.Categories.Row2 {
		return
	}
	var b bar
	if i := c.Categories.Col1 - 1; i >= 0 && i < len(cells) {
		b.label, b.style = cells[i].Text, cells[i].Style
	}
	if i := c.Values.Col1 - 1; i >= 0 && i < len(cells) {
		b.value = cells[i].Number
	}
	w.bars = append(w.bars, b)
}

// drawingXML anchors a chart at a cell (ECMA-376 part 1, 20.5).
func drawingXML(s spaceNames, at sheet.Ref, relID string) string {
	return xmltok.Declaration + `<xdr:wsDr xmlns:xdr="` + s.sheetDraw + `" xmlns:a="` + s.drawing + `">` +
		`<xdr:oneCellAnchor><xdr:from><xdr:col>` + strconv.Itoa(max(at.Col, 1)-1) + `</xdr:col><xdr:colOff>120000</xdr:colOff>` +
		`<xdr:row>` + strconv.Itoa(max(at.Row, 1)-1) + `</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>` +
		`<xdr:ext cx="` + strconv.Itoa(chartWidth) + `" cy="` + strconv.Itoa(chartHeight) + `"/>` +
		`<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="2" name="Chart 1"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>` +
		`<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>` +
		`<a:graphic><a:graphicData uri="` + s.chart + `"><c:chart xmlns:c="` + s.chart + `" xmlns:r="` + s.rel + `" r:id="` + relID + `"/></a:graphicData></a:graphic>` +
		`</xdr:graphicFrame><xdr:clientData/></xdr:oneCellAnchor></xdr:wsDr>`
}

// chartXML is a bar chart of one series (ECMA-376 part 1, 21.2): the first bar on top, each in the colour of
// its label's cell, with its value beside it.
func chartXML(s spaceNames, sheetName string, c *sheet.Chart, bars []bar) string {
	var b strings.Builder
	b.WriteString(xmltok.Declaration + `<c:chartSpace xmlns:c="` + s.chart + `" xmlns:a="` + s.drawing + `" xmlns:r="` + s.rel + `">` +
		`<c:roundedCorners val="0"/><c:chart><c:title><c:tx><c:rich><a:bodyPr/><a:p><a:pPr><a:defRPr sz="1200" b="1"/></a:pPr><a:r><a:rPr lang="en-US" sz="1200" b="1"/><a:t>` +
		xmltok.EscapeText(c.Title) + `</a:t></a:r></a:p></c:rich></c:tx><c:overlay val="0"/></c:title><c:autoTitleDeleted val="0"/>` +
		`<c:plotArea><c:layout/><c:barChart><c:barDir val="bar"/><c:grouping val="clustered"/><c:varyColors val="0"/>` +
		`<c:ser><c:idx val="0"/><c:order val="0"/>` + solid(barColors[sheet.StylePlain]) + `<c:invertIfNegative val="0"/>`)
	for i, bar := range bars {
		if bar.value != 0 {
			b.WriteString(`<c:dPt><c:idx val="` + strconv.Itoa(i) + `"/><c:invertIfNegative val="0"/><c:bubble3D val="0"/>` + solid(barColors[bar.style]) + `</c:dPt>`)
		}
	}
	b.WriteString(`<c:dLbls><c:showLegendKey val="0"/><c:showVal val="1"/><c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls>`)
	n := strconv.Itoa(len(bars))
	b.WriteString(`<c:cat><c:strRef><c:f>` + xmltok.EscapeText(formulaRange(sheetName, c.Categories)) + `</c:f><c:strCache><c:ptCount val="` + n + `"/>`)
	for i, bar := range bars {
		b.WriteString(`<c:pt idx="` + strconv.Itoa(i) + `"><c:v>` + xmltok.EscapeText(bar.label) + `</c:v></c:pt>`)
	}
	b.WriteString(`</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:f>` + xmltok.EscapeText(formulaRange(sheetName, c.Values)) +
		`</c:f><c:numCache><c:formatCode>General</c:formatCode><c:ptCount val="` + n + `"/>`)
	for i, bar := range bars {
		b.WriteString(`<c:pt idx="` + strconv.Itoa(i) + `"><c:v>` + numberText(bar.value) + `</c:v></c:pt>`)
	}
	b.WriteString(`</c:numCache></c:numRef></c:val></c:ser>` + s.gap + `<c:axId val="500001"/><c:axId val="500002"/></c:barChart>` +
		`<c:catAx><c:axId val="500001"/><c:scaling><c:orientation val="maxMin"/></c:scaling><c:delete val="0"/><c:axPos val="l"/>` +
		`<c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/>` +
		`<c:crossAx val="500002"/><c:crosses val="autoZero"/><c:auto val="1"/></c:catAx>` +
		`<c:valAx><c:axId val="500002"/><c:scaling><c:orientation val="minMax"/><c:min val="0"/></c:scaling><c:delete val="1"/><c:axPos val="t"/>` +
		`<c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>` +
		`<c:crossAx val="500001"/><c:crosses val="autoZero"/><c:crossBetween val="between"/></c:valAx></c:plotArea>` +
		`<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart></c:chartSpace>`)
	return b.String()
}

// solid is a fill of one colour.
func solid(color string) string {
	return `<c:spPr><a:solidFill><a:srgbClr val="` + color + `"/></a:solidFill></c:spPr>`
}
