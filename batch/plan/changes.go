package plan

import (
	"strings"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// The ledger keeps the hash of what was sent, not the values: they are personal data. So a
// workbook that still has them tells what has changed in a row since it was accepted.

// Change is what has changed about a circuit since its application was accepted.
type Change struct {
	Cells   []string // in the workbook as it is now; the row's ID stands for an engineer who is new
	Removed []string // cells, in the earlier workbook, of the instance IDs of engineers who are gone
}

// Changes compares a circuit and its engineers with an earlier workbook. It reports false
// unless that has the content that was sent, of which the hash is known.
func Changes(now *sheet.Workbook, c *sheet.Circuit, then *sheet.Workbook, o batch.Operation, hash string) (Change, bool) {
	for i := range then.Circuits {
		old := &then.Circuits[i]
		if old.InstanceID != c.InstanceID {
			continue
		}
		a := batch.Application{Operation: o, Key: KeyOf(old), Circuit: old, Engineers: engineersOf(then, old)}
		if a.ContentHash() != hash {
			continue
		}
		d := differ{now: now}
		d.circuit(c, old)
		d.engineers(engineersOf(now, c), a.Engineers, then)
		return d.Change, true
	}
	return Change{}, false
}

// differ collects what has changed.
type differ struct {
	Change
	now *sheet.Workbook
}

// changed adds a cell if its value has.
func (d *differ) changed(t *sheet.Table, row int, column sheet.ColumnID, changed bool) {
	if changed {
		d.Cells = append(d.Cells, place(t, row, t.Columns[column]))
	}
}

func (d *differ) circuit(c, old *sheet.Circuit) {
	t := &d.now.CircuitsTable
	for i := range sheet.Columns {
		id := sheet.Columns[i].ID
		d.changed(t, c.Row, id, id.Applied() && id != sheet.CircuitClientToken && c.Value(id) != old.Value(id))
	}
}

// engineers compares the engineers in their order if there are as many as before, and
// otherwise looks for those who are new or gone.
func (d *differ) engineers(list, old []*sheet.Engineer, then *sheet.Workbook) {
	t := &d.now.EngineersTable
	if len(list) == len(old) {
		for i, e := range list {
			was := old[i]
			d.changed(t, e.Row, sheet.EngineerName, e.Name != was.Name)
			d.changed(t, e.Row, sheet.EngineerCertificateType, e.CertificateType != was.CertificateType)
			d.changed(t, e.Row, sheet.EngineerCertificateNo, e.CertificateNo != was.CertificateNo)
			d.changed(t, e.Row, sheet.EngineerGender, e.Gender != was.Gender)
			d.changed(t, e.Row, sheet.EngineerContact, e.Contact != was.Contact)
		}
		return
	}
	for _, e := range list {
		d.changed(t, e.Row, sheet.EngineerInstanceID, !hasEngineer(old, e))
	}
	for _, was := range old {
		switch e := sameEngineer(d.now, was); {
		case hasEngineer(list, was):
		case e != nil: // who has other circuits now
			d.changed(t, e.Row, sheet.EngineerInstanceID, true)
		default:
			d.Removed = append(d.Removed, place(&then.EngineersTable, was.Row, then.EngineersTable.Columns[sheet.EngineerInstanceID]))
		}
	}
}

// same reports whether the same is sent for two engineers.
func same(a, b *sheet.Engineer) bool {
	return a.Name == b.Name && a.CertificateType == b.CertificateType && a.CertificateNo == b.CertificateNo && a.Gender == b.Gender && a.Contact == b.Contact
}

func hasEngineer(list []*sheet.Engineer, e *sheet.Engineer) bool {
	for _, other := range list {
		if same(other, e) {
			return true
		}
	}
	return false
}

func sameEngineer(w *sheet.Workbook, e *sheet.Engineer) *sheet.Engineer {
	for i := range w.Engineers {
		if same(&w.Engineers[i], e) {
			return &w.Engineers[i]
		}
	}
	return nil
}

// place names a cell; that of its instance ID stands for the row of an engineer.
func place(t *sheet.Table, row, col int) string {
	return sheet.MaskNumbers(sheet.Ref{Sheet: t.Sheet, Row: row, Col: col}.String())
}

// engineersOf returns the engineers of a circuit.
func engineersOf(w *sheet.Workbook, c *sheet.Circuit) []*sheet.Engineer {
	list := make([]*sheet.Engineer, len(c.Engineers))
	for i, n := range c.Engineers {
		list[i] = &w.Engineers[n]
	}
	return list
}

// ChangedArgs are the arguments of the problem that a circuit was changed after run accepted
// it; change, as far as it is known, has been found by comparing it with file. A list is one
// text, with an item on each line.
func ChangedArgs(w *sheet.Workbook, c *sheet.Circuit, run, file string, change Change) []sheet.Arg {
	rows := []string{}
	for _, e := range engineersOf(w, c) {
		rows = append(rows, place(&w.EngineersTable, e.Row, w.EngineersTable.Columns[sheet.EngineerInstanceID]))
	}
	return []sheet.Arg{
		{Name: "run", Value: run}, {Name: "file", Value: file}, {Name: "engineers", Value: strings.Join(rows, "\n")},
		{Name: "changed", Value: strings.Join(change.Cells, "\n")}, {Name: "removed", Value: strings.Join(change.Removed, "\n")},
	}
}
