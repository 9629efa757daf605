package edit

import (
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// tableChange is how a table that covers the data takes in the result columns.
type tableChange struct {
	ref   sheet.Range
	names map[int]string // new names of existing columns, by index: their headers are written again
	added []string       // names of the columns that it gets
}

// changeOf returns how a table takes in the patch's columns. It reports false if it does not: it does not begin
// in the header row, or does not reach the result columns.
func changeOf(info *read.Table, p *sheet.SheetPatch, cols []putColumn) (tableChange, bool) {
	f := frameOf(p)
	ref := info.Ref
	ch := tableChange{ref: ref, names: map[int]string{}}
	if !info.Plain || len(cols) == 0 || ref.Row1 != f.headerRow || ref.Col2 < f.firstCol-1 || len(info.Columns) != ref.Col2-ref.Col1+1 {
		return ch, false
	}
	for _, c := range cols {
		switch {
		case c.Col < ref.Col1:
		case c.Col <= ref.Col2:
			if i := c.Col - ref.Col1; info.Columns[i].Name != c.Header {
				ch.names[i] = c.Header
			}
		case c.Col == ch.ref.Col2+1 && ref.Col1 < f.firstCol:
			ch.ref.Col2++
			ch.added = append(ch.added, c.Header)
		}
	}
	return ch, len(ch.names) > 0 || len(ch.added) > 0
}

// rewriteTable copies a table's part with a change.
func rewriteTable(e *xmltok.Editor, info *read.Table, ch tableChange) error {
	index, highest := 0, 0
	for _, c := range info.Columns {
		highest = max(highest, c.ID)
	}
	for t, err := range e.Tokens.All() {
		if err != nil {
			return err
		}
		local := string(t.Local)
		switch {
		case t.Kind == xmltok.StartTag && t.Depth == 1:
			e.Change(t, xmltok.WithAttr("ref", rangeText(ch.ref)))
		case t.Kind == xmltok.StartTag && t.Depth == 2 && local == "autoFilter":
			rewriteTableFilter(e, t, ch.ref.Col2)
		case t.Kind == xmltok.StartTag && t.Depth == 2 && local == "tableColumns":
			e.Change(t, xmltok.WithAttr("count", strconv.Itoa(len(info.Columns)+len(ch.added))))
		case t.Kind == xmltok.StartTag && t.Depth == 3 && local == "tableColumn":
			if name, ok := ch.names[index]; ok {
				e.Change(t, xmltok.WithAttr("name", columnName(name)))
			} else {
				e.Keep(t)
			}
			index++
		case t.Kind == xmltok.EndTag && t.Depth == 2 && local == "tableColumns":
			for i, name := range ch.added {
				e.Put("<" + t.Prefixed() + `tableColumn id="` + strconv.Itoa(highest+1+i) + `" name="` + columnName(name) + `"/>`)
			}
			e.Keep(t)
		default:
			e.Keep(t)
		}
	}
	return e.Finish()
}

// rewriteTableFilter widens the filter of a table. Its last row stays, since a totals row is not filtered.
func rewriteTableFilter(e *xmltok.Editor, t *xmltok.Token, lastCol int) {
	ref, _ := t.Attr("ref")
	r, ok := read.ParseRange(ref)
	if !ok {
		e.Keep(t)
		return
	}
	r.Col2 = lastCol
	e.Change(t, xmltok.WithAttr("ref", rangeText(r)))
}

// columnName returns a header as the name of a table's column, escaping what XML and cells treat differently.
func columnName(header string) string {
	s := string(xmltok.AppendXString(nil, cellText(header)))
	return strings.NewReplacer(`"`, "&quot;", "\n", "_x000a_", "\t", "_x0009_").Replace(s)
}

// overlap reports whether two ranges share a cell.
func overlap(a, b sheet.Range) bool {
	return a.Row1 <= b.Row2 && b.Row1 <= a.Row2 && a.Col1 <= b.Col2 && b.Col1 <= a.Col2
}

// planTables adds the result columns to the table that covers the data, and reports whether
// there is one.
func (cp *Copier) planTables(p *sheet.SheetPatch, cols []putColumn, rels []opc.Relationship) (tabled bool, err error) {
	tables, err := read.Tables(cp.Container, rels)
	if err != nil || len(cols) == 0 {
		return false, err
	}
	f := frameOf(p)
	for _, info := range tables {
		if info.Ref.Row1 <= f.headerRow && info.Ref.Row2 >= f.headerRow && info.Ref.Col1 < f.firstCol {
			tabled = true
		}
		ch, ok := changeOf(info, p, cols)
		inTheWay := firstWithin(cols, info.Ref) > 0 && overlap(info.Ref, f.cells())
		if !ok && inTheWay && (!info.Plain || info.Ref.Row1 != f.headerRow) {
			return false, xmltok.NewErrorAt(sheet.Ref{Sheet: p.Sheet, Row: info.Ref.Row1, Col: info.Ref.Col1}, "copy-table-in-the-way",
				"sheet", p.Sheet, "found", opc.Quoted(info.Name), "place", rangeText(info.Ref))
		}
		if ok {
			cp.edited(info.Part, func(e *xmltok.Editor) error { return rewriteTable(e, info, ch) })
		}
	}
	return tabled, nil
}
