package batch

import (
	"cmp"
	"slices"

	"github.com/loabatch/loabatch/sheet"
)

// PlanOptions steer NewPlan.
type PlanOptions struct {
	Past         map[Key]Record // what the ledger knows of the workbook's circuits; nil when there is no ledger
	Only         []sheet.Result // rows whose last result is one of these; nil means all
	Reapply      bool           // rows whose LOA was rejected are applied for again
	AllOrNothing bool           // one invalid row withholds all
	DryRun       bool           // nothing will be sent
}

// Plan is what a run will do with a workbook: a value that can be printed and tested.
// Every row of the Circuits sheet is either one of Applications or one of Settled.
type Plan struct {
	Applications []Application   // to be sent, or looked up and then sent, in sheet order
	Settled      []Outcome       // rows whose outcome is known before anything is sent, in sheet order
	Problems     []sheet.Problem // found by holding the workbook against the past; the workbook's own are not repeated
	DryRun       bool            // Run withholds the sending
}

// Keys lists the circuits of a workbook once each, in sheet order: what to ask the
// ledger for, and to lock.
func Keys(w *sheet.Workbook) []Key {
	keys := make([]Key, 0, len(w.Circuits))
	seen := make(map[Key]bool, len(w.Circuits))
	for i := range w.Circuits {
		k := keyOf(&w.Circuits[i])
		if k.InstanceID != "" && !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	return keys
}

func keyOf(c *sheet.Circuit) Key { return Key{Region: c.RegionID, InstanceID: c.InstanceID} }

// NewPlan decides for every row whether it is sent, under which token, or what became
// of it already. It neither reads a clock nor asks anyone.
func NewPlan(w *sheet.Workbook, o PlanOptions) *Plan {
	p := &planner{
		Plan: &Plan{DryRun: o.DryRun}, workbook: w, options: o,
		errors: sheet.NewRowErrors(w, w.Problems), keys: make(map[Key]bool, len(w.Circuits)), tokens: map[string]bool{},
	}
	p.Applications = make([]Application, 0, len(w.Circuits))
	for i := range w.Circuits {
		p.row(&w.Circuits[i])
	}
	if o.AllOrNothing && p.invalid && !o.DryRun {
		p.withhold()
	}
	return p.Plan
}

// planner holds what one pass over the rows needs.
type planner struct {
	*Plan
	workbook *sheet.Workbook
	options  PlanOptions
	errors   *sheet.RowErrors
	keys     map[Key]bool    // circuits that have an application
	tokens   map[string]bool // tokens chosen by users that are in use
	invalid  bool            // a row is INVALID
}

func (p *planner) row(c *sheet.Circuit) {
	key := keyOf(c)
	record, known := p.options.Past[key]
	if len(p.options.Only) > 0 && !slices.Contains(p.options.Only, lastResult(c, record, known)) {
		p.settle(skipped(c, record, known))
		return
	}
	if c.Invalid || key.Region == "" || key.InstanceID == "" || p.keys[key] {
		p.fault(Outcome{Row: c.Row, Key: key, ErrorCode: p.errors.Code(c)})
		return
	}
	p.keys[key] = true
	a := Application{Row: c.Row, At: p.at(c), Key: key, Circuit: c, Engineers: p.engineers(c), again: p.options.Reapply}
	a.Hash = contentHash(c, a.Engineers)
	switch {
	case !known:
		a.fromSheet()
	case p.accepted(&a, record):
		return
	default:
		a.fromLedger(record)
	}
	a.Settle = a.Settle || a.open || p.options.Reapply
	if a.Token == "" {
		a.Token = p.token(&a)
	}
	p.Applications = append(p.Applications, a)
}

// skipped is the outcome of a row that is left out: what is known of it stays in sight,
// from the ledger or else from the workbook.
func skipped(c *sheet.Circuit, r Record, known bool) Outcome {
	o := Outcome{Row: c.Row, Key: keyOf(c), Result: sheet.Skipped, Reason: ReasonSkipped}
	if known && r.Hash != "" {
		o.RequestID, o.Token, o.Generation, o.SubmittedAt, o.LOAStatus = r.RequestID, r.Token, r.Generation, r.SubmittedAt, r.LOAStatus
		return o
	}
	o.RequestID, o.Token, o.LOAStatus = c.Past.RequestID, c.Past.ClientToken, c.Past.LOAStatus
	return o
}

// accepted settles a row that the ledger knows as accepted, and reports whether it did.
func (p *planner) accepted(a *Application, r Record) bool {
	if r.Open || r.Hash == "" || p.options.Reapply || r.Result != sheet.Submitted && r.Result != sheet.Already {
		return false
	}
	a.Generation, a.Token = r.Generation, r.Token
	o := a.outcome(sheet.Already, ReasonInLedger)
	o.RequestID, o.SubmittedAt, o.LOAStatus = r.RequestID, r.SubmittedAt, r.LOAStatus
	if r.Hash != a.Hash {
		p.changed(a, r)
		p.fault(Outcome{Row: a.Row, Key: a.Key, ErrorCode: codeChanged, LOAStatus: r.LOAStatus})
		return true
	}
	p.settle(o)
	return true
}

// codeChanged is the rule that only the past can judge. No severity lowers it.
const codeChanged = "circuit-changed-after-submission"

// changed raises the problem of a row that was changed after it was accepted.
func (p *planner) changed(a *Application, r Record) {
	problem := sheet.Problem{
		Code: codeChanged, Severity: sheet.Error, At: a.At,
		Column: p.workbook.CircuitsTable.Headers[sheet.CircuitInstanceID], Value: a.Key.InstanceID,
		Args: []sheet.Arg{{Name: "run", Value: r.RunID}},
	}
	if !r.SubmittedAt.IsZero() {
		problem.Args = append(problem.Args, sheet.Arg{Name: "submitted", Value: r.SubmittedAt.UTC().Format("2006-01-02")})
	}
	p.Problems = append(p.Problems, problem)
}

// fault settles a row as INVALID.
func (p *planner) fault(o Outcome) {
	o.Result, o.Reason = sheet.Invalid, ReasonInvalid
	p.invalid = true
	p.settle(o)
}

func (p *planner) settle(o Outcome) { p.Settled = append(p.Settled, o) }

// withhold takes every application back, because another row is INVALID.
func (p *planner) withhold() {
	for i := range p.Applications {
		a := &p.Applications[i]
		p.settle(a.outcome(a.unsent(), ReasonWithheld))
	}
	p.Applications = nil
	slices.SortFunc(p.Settled, func(a, b Outcome) int { return cmp.Compare(a.Row, b.Row) })
}

// at is the cell that names the circuit.
func (p *planner) at(c *sheet.Circuit) sheet.Ref {
	t := &p.workbook.CircuitsTable
	return sheet.Ref{Sheet: t.Sheet, Row: c.Row, Col: t.Columns[sheet.CircuitInstanceID]}
}

func (p *planner) engineers(c *sheet.Circuit) []*sheet.Engineer {
	list := make([]*sheet.Engineer, len(c.Engineers))
	for i, n := range c.Engineers {
		list[i] = &p.workbook.Engineers[n]
	}
	return list
}

// lastResult is the result that --only asks about: the ledger's, or else the workbook's.
// An application that was begun and never finished counts as UNKNOWN.
func lastResult(c *sheet.Circuit, r Record, known bool) sheet.Result {
	switch {
	case known && r.Open:
		return sheet.Unknown
	case known && r.Result != "":
		return r.Result
	}
	return c.LastResult()
}
