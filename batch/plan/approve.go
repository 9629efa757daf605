package plan

import (
	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/approval"
	"github.com/loabatch/loabatch/sheet"
)

// Approvable describes what a plan would do with a workbook, for a person to approve, given the
// outcomes of its online dry run in sheet order. steps are those of [Options]. account returns
// the ID of a row's account and its credentials profile. The result contains check values in
// place of personal data; without checks, those are empty.
func Approvable(w *sheet.Workbook, steps []batch.Operation, p *batch.Plan, outcomes []batch.Outcome, checks approval.Checks, account func(*sheet.Circuit) (id, profile string)) approval.Workbook {
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
			Prediction: approval.Prediction{Step: o.Operation.String(), Result: string(o.Result), Reason: string(o.Reason), ErrorCode: o.ErrorCode, State: o.CircuitState, LOAStatus: o.LOAStatus},
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
		if applies, follows := kinds(steps); applies && !c.Invalid || follows && !c.Unfit && (applies || !c.Invalid) {
			r.Values = sentValues(c, applies && !c.Invalid, follows && !c.Unfit)
			if applies { // nothing else sends engineers
				for _, n := range c.Engineers {
					used[n] = true
					r.Engineers = append(r.Engineers, w.Engineers[n].Row)
				}
			}
			if own := c.LineContact.Reveal(); follows && own != "" {
				personal, holders = append(personal, []string{own}), append(holders, i)
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

// operationOf names what would be sent for a row given its predicted outcome, or is empty.
func operationOf(a *batch.Application, o batch.Outcome) string {
	switch {
	case o.Completed:
		return batch.Complete.String() + "+" + batch.Confirm.String()
	case o.Result == sheet.Valid && o.Operation.FollowsUp():
		return o.Operation.String()
	case o.Result == sheet.Valid && a.ReapplyRejected && o.LOAStatus == batch.LOARejected && a.Operation == batch.Apply:
		return batch.Reapply.String()
	case o.Result == sheet.Valid, o.Result == sheet.Blocked && o.Reason != batch.ReasonLOARejected && !o.Operation.FollowsUp():
		return a.Operation.String()
	}
	return ""
}

// kinds reports whether any of the steps is an application, and whether any follows one.
func kinds(steps []batch.Operation) (applies, follows bool) {
	for _, o := range steps {
		applies, follows = applies || !o.FollowsUp(), follows || o.FollowsUp()
	}
	return applies || len(steps) == 0, follows
}

// sentValues lists what is sent for a circuit and may be shown, by parameter of the API, in an
// application or after it.
func sentValues(c *sheet.Circuit, applied, followed bool) []approval.Value {
	list := []approval.Value{}
	for i := range sheet.Columns {
		column := &sheet.Columns[i]
		value, name := c.Value(column.ID), column.Parameter
		if column.ID == sheet.CircuitConfirm {
			name = ConfirmValue
		}
		if value != "" && (applied && column.ID.Applied() || followed && column.ID.Followed()) {
			list = append(list, approval.Value{Name: name, Value: sheet.MaskNumbers(value)})
		}
	}
	return list
}

// ConfirmValue is the name of the value that says whether a circuit is to be confirmed: a call
// of its own, not a parameter.
const ConfirmValue = "ConfirmPhysicalConnection"
