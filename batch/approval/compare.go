package approval

import (
	"slices"
	"strings"
)

// Kind is what a difference is about.
type Kind string

// The kinds.
const (
	KindCommand    Kind = "command"
	KindService    Kind = "service"
	KindSetting    Kind = "setting"    // Name is the option
	KindCount      Kind = "count"      // of workbooks
	KindBytes      Kind = "bytes"      // of a workbook: its SHA-256
	KindGone       Kind = "gone"       // the row is in the plan but not in the workbook
	KindNew        Kind = "new"        // the row is in the workbook but not in the plan
	KindAccount    Kind = "account"    //
	KindValue      Kind = "value"      // Name is the parameter
	KindEngineers  Kind = "engineers"  // which engineers are assigned to a circuit
	KindEngineer   Kind = "engineer"   // the values of one
	KindPersonal   Kind = "personal"   // personal values of a row
	KindOperation  Kind = "operation"  //
	KindPrediction Kind = "prediction" //
)

// Difference is one thing that has changed since a plan was made.
type Difference struct {
	Kind     Kind
	Workbook int     // its place in the plan
	Row      int     // in the Circuits sheet now, or before if the row is gone; in Engineers for KindEngineer; 0 if not about a row
	Circuit  Circuit // of a row of circuits
	Name     string

	Planned, Now     string      // may be empty
	Predicted, Found *Prediction // for KindPrediction
}

// Compare lists what has changed: plan is what was approved, now a new plan. done reports whether an
// earlier run of the plan has dealt with a row of a workbook, whose operation and prediction are then
// ignored.
func Compare(plan, now *Plan, done func(workbook int, r Row) bool) []Difference {
	c := &comparison{done: done}
	c.text(Difference{Kind: KindCommand}, plan.Command, now.Command)
	c.text(Difference{Kind: KindService}, plan.Service, now.Service)
	c.settings(plan.Settings, now.Settings)
	if len(plan.Workbooks) != len(now.Workbooks) {
		c.add(Difference{Kind: KindCount})
		return c.list
	}
	for i := range plan.Workbooks {
		c.workbook(i, &plan.Workbooks[i], &now.Workbooks[i])
	}
	return c.list
}

type comparison struct {
	list []Difference
	done func(int, Row) bool
}

func (c *comparison) add(d Difference) { c.list = append(c.list, d) }

func (c *comparison) text(d Difference, planned, now string) {
	if planned != now {
		d.Planned, d.Now = planned, now
		c.add(d)
	}
}

func (c *comparison) settings(planned, now []Setting) {
	values := func(list []Setting) map[string]string {
		m := map[string]string{}
		for _, s := range list {
			m[s.Name] = s.Value
		}
		return m
	}
	was, is := values(planned), values(now)
	names := []string{}
	for _, s := range append(slices.Clone(planned), now...) {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		c.text(Difference{Kind: KindSetting, Name: name}, was[name], is[name])
	}
}

// place identifies a row of a workbook by its circuit, and by its number among the rows of that circuit.
type place struct {
	Circuit
	n int
}

func places(rows []Row) ([]place, map[place]int) {
	list, index := make([]place, len(rows)), make(map[place]int, len(rows))
	for i, r := range rows {
		p := place{r.Circuit, 0}
		for _, taken := index[p]; taken; _, taken = index[p] {
			p.n++
		}
		list[i], index[p] = p, i
	}
	return list, index
}

func (c *comparison) workbook(n int, planned, now *Workbook) {
	c.text(Difference{Kind: KindBytes, Workbook: n, Name: now.Name}, planned.SHA256, now.SHA256)
	was, wasAt := places(planned.Rows)
	is, isAt := places(now.Rows)
	for i, p := range is {
		if at, found := wasAt[p]; found {
			c.row(n, &planned.Rows[at], &now.Rows[i], planned, now)
			continue
		}
		c.add(Difference{Kind: KindNew, Workbook: n, Row: now.Rows[i].Row, Circuit: p.Circuit, Now: p.InstanceID})
	}
	for i, p := range was {
		if _, found := isAt[p]; !found {
			c.add(Difference{Kind: KindGone, Workbook: n, Row: planned.Rows[i].Row, Circuit: p.Circuit, Planned: p.InstanceID})
		}
	}
	checks := map[int]string{}
	for _, e := range planned.Engineers {
		checks[e.Row] = e.Check
	}
	for _, e := range now.Engineers {
		if was, found := checks[e.Row]; found && e.Check != "" && was != "" && was != e.Check {
			c.add(Difference{Kind: KindEngineer, Workbook: n, Row: e.Row})
		}
	}
}

func (c *comparison) row(n int, was, is *Row, planned, now *Workbook) {
	d := Difference{Workbook: n, Row: is.Row, Circuit: is.Circuit}
	with := func(kind Kind, name string) Difference {
		d.Kind, d.Name = kind, name
		return d
	}
	c.text(with(KindAccount, ""), was.Account, is.Account)
	c.values(d, was, is, planned.SHA256 != now.SHA256)
	if c.done != nil && c.done(n, *was) {
		return
	}
	c.text(with(KindOperation, ""), was.Operation, is.Operation)
	if was.Prediction.changed(is.Prediction) {
		d := with(KindPrediction, "")
		d.Planned, d.Now, d.Predicted, d.Found = was.Result, is.Result, &was.Prediction, &is.Prediction
		c.add(d)
	}
}

// values compares what is sent for a row. If one of the two is invalid, and so has no values, the
// prediction says so.
func (c *comparison) values(d Difference, was, is *Row, personal bool) {
	if len(was.Values) == 0 || len(is.Values) == 0 {
		return
	}
	with := func(kind Kind, name string) Difference {
		d.Kind, d.Name = kind, name
		return d
	}
	values := map[string]string{}
	for _, v := range was.Values {
		values[v.Name] = v.Value
	}
	for _, v := range is.Values {
		c.text(with(KindValue, v.Name), values[v.Name], v.Value)
		delete(values, v.Name)
	}
	for _, v := range was.Values {
		if _, left := values[v.Name]; left {
			c.text(with(KindValue, v.Name), v.Value, "")
		}
	}
	if !slices.Equal(was.Engineers, is.Engineers) {
		c.add(with(KindEngineers, ""))
	}
	if personal && was.Personal != is.Personal {
		c.add(with(KindPersonal, ""))
	}
}

// changed reports whether another result is predicted, or the same for another reason. The LOA's status
// does not count: the review's progress changes it every day.
func (p Prediction) changed(now Prediction) bool {
	p.LOAStatus, now.LOAStatus = "", ""
	return p != now
}

// Operations returns how many rows need each operation.
func (w *Workbook) Operations() map[string]int {
	n := map[string]int{}
	for i := range w.Rows {
		if op := w.Rows[i].Operation; op != "" {
			n[op]++
		}
	}
	return n
}

// Accounts lists the accounts of a plan's rows, sorted, each once.
func (p *Plan) Accounts() []string {
	var ids []string
	for i := range p.Workbooks {
		for _, r := range p.Workbooks[i].Rows {
			if r.Account != "" && !slices.Contains(ids, r.Account) {
				ids = append(ids, r.Account)
			}
		}
	}
	slices.SortFunc(ids, strings.Compare)
	return ids
}
