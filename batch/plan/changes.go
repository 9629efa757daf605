package plan

import (
	"strings"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// The ledger keeps a hash of what was sent, not the values, which are personal data. So it takes a
// workbook that still has them to tell what has changed in a row since it was accepted.

// Change is what has changed about a circuit since its application was accepted.
type Change struct {
	Cells   []string // in the current workbook; the instance ID's cell stands for a new engineer
	Removed []string // cells, in the earlier workbook, with the instance IDs of removed engineers
}

// Changes compares a circuit and its engineers with an earlier workbook. It reports false unless the
// earlier content has the given hash of what was sent.
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

// changed adds a cell if its value has changed.
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

// engineers compares the engineers in order if there are as many as before, and otherwise looks for new
// and removed ones.
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
		case e != nil: // now assigned to other circuits
			d.changed(t, e.Row, sheet.EngineerInstanceID, true)
		default:
			d.Removed = append(d.Removed, place(&then.EngineersTable, was.Row, then.EngineersTable.Columns[sheet.EngineerInstanceID]))
		}
	}
}

// same reports whether what is sent for two engineers is the same.
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

// place names a cell; an engineer's row is represented by the cell of its instance ID.
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

// ChangedArgs are the arguments of the problem that a circuit was changed after run accepted it. change,
// if known, was found by comparing the circuit with file. A list is one text, with one item a line.
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
