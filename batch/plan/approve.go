package plan

import (
	"strconv"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/approval"
	"github.com/loabatch/loabatch/sheet"
)

// Approvable describes what a plan would do with a workbook, given the outcomes of its online
// dry run, in sheet order, for a person to approve. account returns the ID of a row's account
// and its credentials profile. It has no personal data but check values; without Checks,
// those are empty.
func Approvable(w *sheet.Workbook, p *batch.Plan, outcomes []batch.Outcome, checks approval.Checks, account func(*sheet.Circuit) (id, profile string)) approval.Workbook {
	book := approval.Workbook{Rows: make([]approval.Row, 0, len(outcomes))}
	t := &w.CircuitsTable
	application := 0
	var personal [][]string // of the rows that have some
	var holders []int
	used := make([]bool, len(w.Engineers))
	for i, o := range outcomes {
		c := &w.Circuits[i]
		r := approval.Row{
			Cell:       place(t, c.Row, t.Columns[sheet.CircuitInstanceID]),
			Row:        c.Row,
			Circuit:    approval.Circuit{InstanceID: sheet.MaskNumbers(o.Key.InstanceID), RegionID: sheet.MaskNumbers(o.Key.Region)},
			Prediction: approval.Prediction{Result: string(o.Result), Reason: string(o.Reason), ErrorCode: o.ErrorCode, State: o.CircuitState, LOAStatus: o.LOAStatus},
			Values:     []approval.Value{}, Engineers: []int{},
		}
		id, profile := account(c)
		r.Account, r.Profile = id, sheet.MaskNumbers(profile)
		for application < len(p.Applications) && p.Applications[application].Row < o.Row {
			application++
		}
		if application < len(p.Applications) && p.Applications[application].Row == o.Row {
			r.Operation = operationOf(&p.Applications[application], o)
		}
		if !c.Invalid {
			r.Values = sentValues(c)
			for _, n := range c.Engineers {
				used[n] = true
				r.Engineers = append(r.Engineers, w.Engineers[n].Row)
			}
			if own := sentPersonal(c); len(own) > 0 {
				personal, holders = append(personal, own), append(holders, i)
			}
		}
		book.Rows = append(book.Rows, r)
	}
	var engineers []*sheet.Engineer
	for i := range w.Engineers {
		if used[i] {
			engineers = append(engineers, &w.Engineers[i])
			e := &w.Engineers[i]
			personal = append(personal, []string{e.Name.Reveal(), e.CertificateType, e.CertificateNo.Reveal(), e.Gender, e.Contact.Reveal()})
		}
	}
	values := checks.Of(personal)
	for i, row := range holders {
		book.Rows[row].Personal = values[i]
	}
	for i, e := range engineers {
		book.Engineers = append(book.Engineers, approval.Engineer{Row: e.Row, Check: values[len(holders)+i]})
	}
	return book
}

// operationOf names what would be sent for a row whose outcome is predicted, or nothing.
func operationOf(a *batch.Application, o batch.Outcome) string {
	switch {
	case o.Result == sheet.Valid && a.ReapplyRejected && o.LOAStatus == batch.LOARejected && a.Operation == batch.Apply:
		return batch.Reapply.String()
	case o.Result == sheet.Valid, o.Result == sheet.Blocked && o.Reason != batch.ReasonLOARejected:
		return a.Operation.String()
	}
	return ""
}

// sentValues lists what is sent for a circuit and may be shown, by parameter of the API.
func sentValues(c *sheet.Circuit) []approval.Value {
	list := []approval.Value{}
	add := func(id sheet.ColumnID, value string) {
		if value != "" {
			list = append(list, approval.Value{Name: Parameter(id), Value: sheet.MaskNumbers(value)})
		}
	}
	add(sheet.CircuitCompanyName, c.CompanyName)
	add(sheet.CircuitLineType, c.LineType)
	add(sheet.CircuitSi, c.Si)
	if !c.ConstructionTime.IsZero() {
		add(sheet.CircuitConstructionTime, sheet.FormatSent(c.ConstructionTime))
	}
	if c.Bandwidth > 0 {
		add(sheet.CircuitBandwidth, strconv.Itoa(c.Bandwidth))
	}
	add(sheet.CircuitPeerLocation, c.PeerLocation)
	add(sheet.CircuitClientToken, c.ClientToken)
	return list
}

// sentPersonal lists what is sent for a circuit and is personal, engineers aside.
func sentPersonal(*sheet.Circuit) []string { return nil }

// Parameter is the API's parameter of a column.
func Parameter(id sheet.ColumnID) string {
	for i := range sheet.Columns {
		if sheet.Columns[i].ID == id {
			return sheet.Columns[i].Parameter
		}
	}
	return ""
}
