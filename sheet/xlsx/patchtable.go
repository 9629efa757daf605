package xlsx

import (
	"io"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
)

// tableChange is how a table that covers the data takes the result columns in.
type tableChange struct {
	ref   sheet.Range
	names map[int]string // new names of columns that it has, by index: headers are written anew
	added []string       // names of the columns that it gets
}

// change says how the table takes in the patch's columns, or that it does not: when it
// does not begin in the header row or does not reach the result columns.
func (info *tableInfo) change(p *sheet.SheetPatch, cols []putColumn) (tableChange, bool) {
	f := frameOf(p)
	ref := info.ref
	ch := tableChange{ref: ref, names: map[int]string{}}
	if !info.plain || len(cols) == 0 || ref.Row1 != f.headerRow || ref.Col2 < f.firstCol-1 || len(info.columns) != ref.Col2-ref.Col1+1 {
		return ch, false
	}
	for _, c := range cols {
		switch {
		case c.Col < ref.Col1:
		case c.Col <= ref.Col2:
			if i := c.Col - ref.Col1; info.columns[i].name != c.Header {
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
func rewriteTable(e *editor, info *tableInfo, ch tableChange) error {
	index, highest := 0, 0
	for _, c := range info.columns {
		highest = max(highest, c.id)
	}
	for {
		t, err := e.tz.next()
		if err == io.EOF {
			return e.finish()
		}
		if err != nil {
			return err
		}
		local := string(t.local)
		switch {
		case t.kind == startTag && t.depth == 1:
			e.change(t, withAttr("ref", rangeText(ch.ref)))
		case t.kind == startTag && t.depth == 2 && local == "autoFilter":
			rewriteTableFilter(e, t, ch.ref.Col2)
		case t.kind == startTag && t.depth == 2 && local == "tableColumns":
			e.change(t, withAttr("count", strconv.Itoa(len(info.columns)+len(ch.added))))
		case t.kind == startTag && t.depth == 3 && local == "tableColumn":
			if name, ok := ch.names[index]; ok {
				e.change(t, withAttr("name", columnName(name)))
			} else {
				e.keep(t)
			}
			index++
		case t.kind == endTag && t.depth == 2 && local == "tableColumns":
			for i, name := range ch.added {
				e.put("<" + t.prefixed() + `tableColumn id="` + strconv.Itoa(highest+1+i) + `" name="` + columnName(name) + `"/>`)
			}
			e.keep(t)
		default:
			e.keep(t)
		}
	}
}

// rewriteTableFilter widens the filter of a table; its last row stays, a row of totals
// is not filtered.
func rewriteTableFilter(e *editor, t *token, lastCol int) {
	ref, _ := t.attr("ref")
	r, ok := parseRange(ref)
	if !ok {
		e.keep(t)
		return
	}
	r.Col2 = lastCol
	e.change(t, withAttr("ref", rangeText(r)))
}

// columnName gives a header as the name of a table's column has it: what XML and the
// cell treat differently is escaped.
func columnName(header string) string {
	s := string(appendXString(nil, cellText(header)))
	return strings.NewReplacer(`"`, "&quot;", "\n", "_x000a_", "\t", "_x0009_").Replace(s)
}

// overlap reports whether two ranges share a cell.
func overlap(a, b sheet.Range) bool {
	return a.Row1 <= b.Row2 && b.Row1 <= a.Row2 && a.Col1 <= b.Col2 && b.Col1 <= a.Col2
}
