package edit

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// planAdded adds sheets after the workbook's own, or replaces those that an earlier run
// added. It returns the indexes of the latter.
func (cp *Copier) planAdded(added []sheet.AddedSheet) (replaced []int, err error) {
	earlier, err := cp.addedEarlier()
	if err != nil {
		return nil, err
	}
	for i := range added {
		a := &added[i]
		at, again := earlier[a.Name]
		again = again && cp.parts.changed[opc.PartKey(cp.book.Sheets[at].Part)] == nil // not where results go
		var part string
		if again {
			delete(earlier, a.Name)
			replaced = append(replaced, at)
			part = cp.book.Sheets[at].Part
			if err := cp.dropBelow(part); err != nil {
				return nil, err
			}
		} else {
			at, part = cp.newSheet(a.Name)
		}
		cp.bookEdit.names = append(cp.bookEdit.names, bookName{name: markerName, index: at, text: markerText(a.Name)})
		w := &sheetWriter{a: a, styles: cp.styles, spaces: cp.spaces}
		if a.Filter && a.Freeze > 0 && len(a.Widths) > 0 {
			w.filter = sheet.Range{Row1: a.Freeze, Col1: 1, Row2: max(a.Count, a.Freeze), Col2: len(a.Widths)}
			cp.nameFilter(at, w.filter)
		}
		if again {
			cp.parts.changed[opc.PartKey(part)] = w.write
		} else {
			cp.addPart(part, w.write)
		}
		if a.Chart != nil {
			cp.addChart(part, cp.sheetName(at), w)
		}
	}
	return replaced, nil
}

// newSheet adds an entry to the list of sheets, and returns its index and its part.
func (cp *Copier) newSheet(name string) (at int, part string) {
	at = len(cp.book.Sheets) + len(cp.bookEdit.sheets)
	part = cp.newPart(path.Join(path.Dir(cp.book.Part), "worksheets"), "sheet", ".xml", worksheetType)
	cp.bookEdit.sheets = append(cp.bookEdit.sheets, addedEntry{
		name: cp.freeName(name), sheetID: cp.freeSheetID(),
		relID: cp.bookRels.add(cp.spaces.rel+"/worksheet", relTarget(cp.book.Part, part)),
	})
	return at, part
}

// freeName returns a name that no sheet has: where the user has a sheet of this name, the
// added one names this program.
func (cp *Copier) freeName(name string) string {
	for n := 1; ; n++ {
		free := name
		switch {
		case n == 2:
			free = name + " (loabatch)"
		case n > 2:
			free = name + " (loabatch " + strconv.Itoa(n-1) + ")"
		}
		taken := cp.sheetIndex(free) >= 0
		for _, s := range cp.bookEdit.sheets {
			taken = taken || strings.EqualFold(s.name, free)
		}
		if !taken {
			return free
		}
	}
}

// freeSheetID returns the ID after the highest one, or the first free one where that would
// exceed the bound of 65,534.
func (cp *Copier) freeSheetID() string {
	used := map[int]bool{}
	highest := 0
	for _, s := range cp.book.Sheets {
		if id, err := strconv.Atoi(strings.TrimSpace(s.SheetID)); err == nil {
			used[id] = true
			highest = max(highest, id)
		}
	}
	for _, s := range cp.bookEdit.sheets {
		if id, err := strconv.Atoi(s.sheetID); err == nil {
			used[id] = true
			highest = max(highest, id)
		}
	}
	if highest < 65534 {
		return strconv.Itoa(highest + 1)
	}
	id := 1
	for used[id] {
		id++
	}
	return strconv.Itoa(id)
}

// addedEarlier finds the sheets that an earlier run added, by the name under which it did.
// They have a hidden defined name, which stays with a sheet however it is renamed and
// moved. A sheet of the user that happens to have such a name is not one of them.
func (cp *Copier) addedEarlier() (map[string]int, error) {
	tz, err := cp.OpenXML(cp.book.Part)
	if err != nil {
		return nil, err
	}
	found := map[string]int{}
	for t, err := range tz.All() {
		if err != nil {
			return nil, err
		}
		var bad bool
		if t.Kind != xmltok.StartTag || t.Depth != 3 || t.Empty || !t.Is("definedName") || t.Value("name", &bad) != markerName {
			continue
		}
		at, ok := read.NumberAttr(t, "localSheetId")
		var text []byte
		for {
			if t, err = tz.Next(); err != nil {
				return nil, tz.NoEOF(err)
			}
			if t.Kind == xmltok.EndTag && t.Depth == 3 {
				break
			}
			if text, err = t.Text(text); err != nil {
				return nil, err
			}
		}
		if ok && at < len(cp.book.Sheets) && cp.book.Sheets[at].Kind == "worksheet" {
			name := strings.Trim(strings.TrimSpace(string(text)), `"`)
			found[strings.ReplaceAll(name, `""`, `"`)] = at
		}
	}
	return found, nil
}

// dropBelow drops what belongs to a replaced sheet: its relationships, and the parts that
// are reached only through them, such as its chart.
func (cp *Copier) dropBelow(part string) error {
	users, err := cp.users()
	if err != nil {
		return err
	}
	goes := map[string]bool{opc.PartKey(part): true}
	queue := []string{part}
	for len(queue) > 0 {
		from := queue[0]
		queue = queue[1:]
		rels, err := cp.Relationships(from)
		if err != nil {
			return err
		}
		if name := opc.RelsPart(from); cp.File(name) != nil {
			cp.parts.dropped[opc.PartKey(name)] = true
		}
		for _, r := range rels {
			key := opc.PartKey(r.Target)
			if r.External || goes[key] || cp.File(r.Target) == nil || slices.ContainsFunc(users[key], func(user string) bool { return !goes[user] }) {
				continue
			}
			goes[key] = true
			cp.parts.dropped[key] = true
			queue = append(queue, r.Target)
		}
	}
	return nil
}

// users returns for every part which parts have relationships to it, all by opc.PartKey;
// the package itself is "".
func (cp *Copier) users() (map[string][]string, error) {
	users := map[string][]string{}
	for _, f := range cp.Zip.File {
		owner, ok := opc.RelsOwner(opc.PartKey(f.Name))
		if !ok {
			continue
		}
		rels, err := cp.Relationships(owner)
		if err != nil {
			return nil, err
		}
		for _, r := range rels {
			if !r.External {
				users[opc.PartKey(r.Target)] = append(users[opc.PartKey(r.Target)], owner)
			}
		}
	}
	return users, nil
}
