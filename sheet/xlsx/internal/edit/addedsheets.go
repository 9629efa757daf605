package edit

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
)

// planAdded adds sheets after the workbook's own, or replaces those that an earlier run added. It returns the
// writers of all of them by the sheet's index, and the indexes of the replaced ones.
func (cp *Copier) planAdded(added []sheet.AddedSheet, names localNames) (written map[int]*sheetWriter, replaced []int, err error) {
	earlier := cp.addedEarlier(names)
	written = map[int]*sheetWriter{}
	for i := range added {
		a := &added[i]
		at, again := earlier[a.Name]
		again = again && cp.parts.changed[opc.PartKey(cp.book.Sheets[at].Part)] == nil // not if results are written into it
		var part string
		if again {
			delete(earlier, a.Name)
			replaced = append(replaced, at)
			part = cp.book.Sheets[at].Part
			if err := cp.dropBelow(part); err != nil {
				return nil, nil, err
			}
			cp.retitle(at, a)
		} else {
			at, part = cp.newSheet(title(a))
		}
		cp.bookEdit.names = append(cp.bookEdit.names, bookName{name: markerName, index: at, text: markerText(a.Name)})
		w := &sheetWriter{a: a, styles: cp.styles, spaces: cp.spaces, target: cp.linkSheet, date1904: cp.book.Date1904}
		cp.addedAt[a.Name], written[at] = at, w
		if a.Freeze > 0 {
			cp.bookEdit.names = append(cp.bookEdit.names, bookName{name: titlesName, index: at, shown: true, text: formulaRows(cp.sheetName(at), 1, a.Freeze)})
		}
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
	return written, replaced, nil
}

// title returns the name that an added sheet should have in the copy.
func title(a *sheet.AddedSheet) string { return cmp.Or(a.Title, a.Name) }

// retitle gives a replaced sheet the name that it would have if it were new, if an earlier run named it in
// another language. A name given by the user stays.
func (cp *Copier) retitle(at int, a *sheet.AddedSheet) {
	name := cp.book.Sheets[at].Name
	for _, l := range sheet.Languages {
		if earlier := l.AddedName(a.Name); earlier != title(a) && (name == earlier || strings.HasPrefix(name, earlier+" (loabatch")) {
			cp.bookEdit.titles[at] = cp.freeName(title(a))
		}
	}
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

// freeName returns a name that no sheet has: if the user has a sheet of this name, the added one's name
// mentions this program.
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
		for _, s := range cp.bookEdit.titles {
			taken = taken || strings.EqualFold(s, free)
		}
		if !taken {
			return free
		}
	}
}

// freeSheetID returns the ID after the highest one, or the first free one if that would exceed the limit of
// 65,534.
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

// addedEarlier finds the sheets that an earlier run added, by their names in the patch. They have a hidden
// defined name, which stays with a sheet that is renamed or moved. A user's sheet that happens to have
// such a name is not one of them.
func (cp *Copier) addedEarlier(names localNames) map[string]int {
	found := map[string]int{}
	for at := range cp.book.Sheets {
		text, marked := names[localName{markerName, at}]
		if marked && cp.book.Sheets[at].Kind == "worksheet" {
			found[strings.ReplaceAll(strings.Trim(strings.TrimSpace(text), `"`), `""`, `"`)] = at
		}
	}
	return found
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
