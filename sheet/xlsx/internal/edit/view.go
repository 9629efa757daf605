package edit

import (
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// tabColors are the colours of tabs. A later run takes a tab with exactly such a colour for its own.
var tabColors = [styleCount]string{sheet.StyleGood: "FF2E8B57", sheet.StyleWarn: "FFE69F01", sheet.StyleBad: "FFC0392B", sheet.StyleMuted: "FFA6A6A7"}

// tabColor returns the element that colours a tab, or "" for none.
func tabColor(prefix string, style sheet.Style) string {
	if tabColors[style] == "" {
		return ""
	}
	return "<" + prefix + `tabColor rgb="` + tabColors[style] + `"/>`
}

// addProperties writes the properties of a sheet without one.
func (s *sheetPatcher) addProperties() {
	if c := tabColor(s.prefix, s.p.Tab); c != "" {
		s.Put("<" + s.prefix + "sheetPr>" + c + "</" + s.prefix + "sheetPr>")
	}
}

// editProperties copies the properties of a sheet. Its tab gets the colour of the patch,
// unless the user has coloured it.
func (s *sheetPatcher) editProperties(t *xmltok.Token) error {
	color := tabColor(s.prefix, s.p.Tab)
	if t.Empty {
		if color == "" {
			s.Keep(t)
		} else {
			s.Fill(t, color)
		}
		return nil
	}
	s.Keep(t)
	first := true
	for {
		t, err := s.Tokens.Next()
		if err != nil {
			return s.Tokens.NoEOF(err)
		}
		if first && t.Kind != xmltok.CharData {
			first = false
			if t.Kind == xmltok.StartTag && t.Is("tabColor") {
				if !isTabColor(t) {
					color = ""
				} else {
					s.Put(color)
					if err := s.Drop(t); err != nil {
						return err
					}
					continue
				}
			}
			s.Put(color)
		}
		s.Keep(t)
		if t.Kind == xmltok.EndTag && t.Depth == 2 {
			return nil
		}
	}
}

// isTabColor reports whether a tab has one of the colours of an earlier run.
func isTabColor(t *xmltok.Token) bool {
	rgb, _ := t.Attr("rgb")
	for _, c := range tabColors {
		if c != "" && strings.EqualFold(string(rgb), c) {
			return true
		}
	}
	return false
}

// Bounds of what is frozen: more would leave little of a screen for the rest.
const (
	maxFrozenRows = 6
	maxFrozenCols = 3
)

// opening is how a patched sheet opens: what is frozen, which column is shown next to it, and which cell is
// selected. The key column, Result and Message are then visible together.
type opening struct {
	rows, cols int // frozen; 0 for none
	left, top  int // of the pane that scrolls
	row, col   int // the selected cell; row 0 for none
}

// openingOf returns how the sheet of a patch should open.
func openingOf(p *sheet.SheetPatch) opening {
	f := frameOf(p)
	o := opening{col: f.firstCol}
	if f.headerRow <= maxFrozenRows {
		o.rows = f.headerRow
	}
	if p.KeyCol <= maxFrozenCols && p.KeyCol < f.firstCol {
		o.cols = p.KeyCol
	}
	if p.First > f.headerRow && p.First <= f.lastRow {
		o.row = p.First
	}
	o.left, o.top = o.cols+1, o.rows+1
	if o.cols > 0 {
		o.left = f.firstCol
	}
	const above = 3 // visible rows above the selected one
	if o.rows > 0 && o.row > o.rows+20 {
		o.top = o.row - above
	}
	return o
}

// pane returns the elements of a frozen view, or "" if nothing is frozen.
func (o opening) pane(prefix string) string {
	if o.rows == 0 && o.cols == 0 {
		return ""
	}
	b := "<" + prefix + "pane"
	active := "bottomRight"
	switch {
	case o.cols == 0:
		active = "bottomLeft"
	case o.rows == 0:
		active = "topRight"
	}
	if o.cols > 0 {
		b += ` xSplit="` + strconv.Itoa(o.cols) + `"`
	}
	if o.rows > 0 {
		b += ` ySplit="` + strconv.Itoa(o.rows) + `"`
	}
	b += ` topLeftCell="` + sheet.ColName(o.left) + strconv.Itoa(o.top) + `" activePane="` + active + `" state="frozen"/>`
	if o.rows > 0 && o.cols > 0 {
		b += "<" + prefix + `selection pane="topRight"/><` + prefix + `selection pane="bottomLeft"/>`
	}
	return b + o.selection(prefix, ` pane="`+active+`"`)
}

// selection returns the element that selects the cell.
func (o opening) selection(prefix, pane string) string {
	at := sheet.ColName(o.left) + strconv.Itoa(o.top)
	if o.row > 0 {
		at = sheet.ColName(o.col) + strconv.Itoa(o.row)
	}
	return "<" + prefix + "selection" + pane + ` activeCell="` + at + `" sqref="` + at + `"/>`
}

// replaces reports whether a frozen pane of the source is as set by an earlier run or a template, and was not
// scrolled by the user.
func (o opening) replaces(t *xmltok.Token, firstCol int) bool {
	state, _ := t.Attr("state")
	across, _ := read.NumberAttr(t, "xSplit")
	down, _ := read.NumberAttr(t, "ySplit")
	if !strings.HasPrefix(string(state), "frozen") || across != o.cols || down != o.rows {
		return false
	}
	at, there := t.Attr("topLeftCell")
	if !there {
		return true
	}
	row, col, ok := read.ParseRef(at)
	return ok && (col == firstCol || col == across+1 && row == down+1)
}

// opens reports whether the patch says how the sheet opens.
func (s *sheetPatcher) opens() bool { return s.p.KeyCol > 0 && len(s.cols) > 0 }

// addViews writes the views of a sheet without one.
func (s *sheetPatcher) addViews() {
	p := s.prefix
	s.Put("<" + p + "sheetViews><" + p + `sheetView workbookViewId="0">` + openingOf(s.p).pane(p) + "</" + p + "sheetView></" + p + "sheetViews>")
}

// editViews copies the views of a sheet. The first window's opens as the patch says if the user has frozen
// nothing; the sheet is no longer selected if the copy opens on another.
func (s *sheetPatcher) editViews(list *xmltok.Token) error {
	if list.Empty {
		return s.KeepAll(list)
	}
	s.Keep(list)
	for {
		t, err := s.Tokens.Next()
		if err != nil {
			return s.Tokens.NoEOF(err)
		}
		switch {
		case t.Kind == xmltok.EndTag && t.Depth == 2:
			s.Keep(t)
			return nil
		case t.Kind == xmltok.StartTag && t.Depth == 3 && t.Is("sheetView") && firstWindow(t):
			err = s.editView(t)
		default:
			s.Keep(t)
		}
		if err != nil {
			return err
		}
	}
}

// firstWindow reports whether a view belongs to the workbook's first window.
func firstWindow(t *xmltok.Token) bool {
	id, _ := read.NumberAttr(t, "workbookViewId")
	return id == 0
}

// editView copies one view.
func (s *sheetPatcher) editView(t *xmltok.Token) error {
	raw, err := s.Capture(t)
	if err != nil {
		return err
	}
	o := openingOf(s.p)
	tz := xmltok.New(strings.NewReader(string(raw)), s.Tokens.Part)
	in := &xmltok.Editor{Tokens: tz, Out: s.Out}
	set := s.opens() && s.canOpen(raw, o)
	for t, err := range tz.All() {
		if err != nil {
			return err
		}
		switch {
		case t.Depth == 1 && t.Kind == xmltok.StartTag:
			var edits []xmltok.Edit
			if s.deselect {
				edits = append(edits, xmltok.Without("tabSelected"))
			}
			if !set || o.pane(s.prefix) == "" {
				in.Change(t, edits...)
				continue
			}
			edits = append(edits, xmltok.Without("topLeftCell"))
			if t.Empty {
				in.Fill(t, o.pane(s.prefix), edits...)
				continue
			}
			in.Change(t, edits...)
			in.Put(o.pane(s.prefix))
		case set && t.Depth == 2 && t.Kind == xmltok.StartTag && (string(t.Local) == "pane" || string(t.Local) == "selection") && o.pane(s.prefix) != "":
			if err := in.Drop(t); err != nil {
				return err
			}
		default:
			in.Keep(t)
		}
	}
	return nil
}

// canOpen reports whether a view may be changed: nothing is frozen or split in it except by an earlier run, and
// it is a normal view of the sheet.
func (s *sheetPatcher) canOpen(view []byte, o opening) bool {
	tz := xmltok.New(strings.NewReader(string(view)), s.Tokens.Part)
	for t, err := range tz.All() {
		if err != nil {
			return false
		}
		if t.Kind != xmltok.StartTag {
			continue
		}
		switch {
		case t.Depth == 1:
			if mode, there := t.Attr("view"); there && string(mode) != "normal" {
				return false
			}
		case string(t.Local) == "pane":
			return o.replaces(t, frameOf(s.p).firstCol)
		}
	}
	return true
}

// planOpen plans on which sheet the copy opens. A program would take two selected sheets for a group and change
// both, so all other sheets are deselected. If the head of one cannot be read, the copy opens like its
// source.
func (cp *Copier) planOpen(open string, patched map[int]*sheetPatcher, written map[int]*sheetWriter) {
	at, ok := cp.addedAt[open]
	if !ok || open == "" {
		return
	}
	var others []string
	for i, s := range cp.book.Sheets {
		if patched[i] != nil || written[i] != nil || !cp.hasPart(s.Part) {
			continue
		}
		selected, err := cp.isSelected(s.Part)
		if err != nil || selected && cp.parts.changed[opc.PartKey(s.Part)] != nil {
			return
		}
		if selected {
			others = append(others, s.Part)
		}
	}
	for _, s := range patched {
		s.deselect = true
	}
	for _, part := range others {
		cp.edited(part, deselect)
	}
	written[at].selected = true
	cp.bookEdit.active = at
	cp.bookEdit.opens = true
}

// hasPart reports whether a part exists.
func (cp *Copier) hasPart(name string) bool { return name != "" && cp.File(name) != nil }

// isSelected reports whether a sheet of any kind is selected in the first window. It reads
// no further than the sheet's views.
func (cp *Copier) isSelected(part string) (selected bool, err error) {
	tz, err := cp.OpenXML(part)
	if err != nil {
		return false, err
	}
	for {
		t, err := tz.Next()
		if err != nil {
			return false, tz.NoEOF(err)
		}
		if isView(t) {
			var bad bool
			selected = selected || read.IsTrue(t.Value("tabSelected", &bad))
		}
		if viewsEnd(t) {
			return selected, nil
		}
	}
}

func isView(t *xmltok.Token) bool {
	return t.Kind == xmltok.StartTag && t.Depth == 3 && t.Is("sheetView") && firstWindow(t)
}

// viewsEnd reports whether a token comes after the views: their end, the data, or the end of
// the part.
func viewsEnd(t *xmltok.Token) bool {
	ended := t.Kind == xmltok.EndTag || t.Empty
	return t.Depth == 1 && ended || t.Depth == 2 && (t.Is("sheetViews") && ended || t.Is("sheetData"))
}

// deselect copies a sheet that is no longer selected. What follows its views is not read.
func deselect(e *xmltok.Editor) error {
	for {
		t, err := e.Tokens.Next()
		if err != nil {
			return e.Tokens.NoEOF(err)
		}
		if isView(t) {
			e.Change(t, xmltok.Without("tabSelected"))
		} else {
			e.Keep(t)
		}
		if viewsEnd(t) {
			return e.Remainder()
		}
	}
}
