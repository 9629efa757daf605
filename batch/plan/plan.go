// Package plan compares a workbook with the past and decides for every row whether it is
// sent, and under which token, or what its outcome already is. It reads no clock and
// makes no calls: the same workbook and the same past make the same plan.
//
// The past comes from the ledger and from the result columns of the workbook. What these say about an
// open or accepted application counts even if the ledger does not know it, since it may be another
// ledger's (copies.go). Otherwise they count if the ledger does not know a circuit, as far as
// their token is one that the row's content could have had. A circuit that was applied for in
// another region is the same circuit (regions.go). A row may have several steps, each planned from
// its own past (steps.go).
package plan

import (
	"cmp"
	"slices"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// Options control New.
type Options struct {
	Operation    batch.Operation                            // what is asked for each row
	Steps        []batch.Operation                          // the steps that each row may take, in order, if there is more than one; Operation is then ignored
	Past         map[batch.Key]batch.Record                 // what the ledger knows of the workbook's circuits, in any region; nil without a ledger
	Later        map[batch.Place]map[batch.Key]batch.Record // likewise, at the places of the steps that follow an application
	Foreign      map[string]Foreign                         // what the ledger knows of the circuits in other accounts, by instance ID; nil if it was not asked
	Severity     func(code string) sheet.Severity           // of the problems found here; nil means the default of each
	Only         []sheet.Result                             // rows whose last result is one of these; nil means all
	Valid        map[batch.Key]bool                         // circuits outside Past whose LOA an earlier run saw; used only for Only
	Reapply      bool                                       // rows whose LOA was rejected are applied for again
	AllOrNothing bool                                       // one invalid row withholds all
	DryRun       bool                                       // nothing will be sent
	Batch        string                                     // ID of the run that the plan is for, if other members may already have begun rows
}

// Keys lists the circuits of a workbook once each, in sheet order: what to ask the
// ledger for, and to lock.
func Keys(w *sheet.Workbook) []batch.Key {
	keys := make([]batch.Key, 0, len(w.Circuits))
	seen := make(map[batch.Key]bool, len(w.Circuits))
	for i := range w.Circuits {
		k := KeyOf(&w.Circuits[i])
		if k.InstanceID != "" && !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	return keys
}

// KeyOf returns the key of a circuit. Parts that the row leaves out are empty.
func KeyOf(c *sheet.Circuit) batch.Key {
	return batch.Key{Region: c.RegionID, InstanceID: c.InstanceID}
}

// New plans a workbook.
func New(w *sheet.Workbook, o Options) *batch.Plan {
	p := &planner{
		plan: &batch.Plan{DryRun: o.DryRun}, workbook: w, options: o,
		errors: sheet.NewRowErrors(w, w.Problems), keys: make(map[batch.Key]bool, len(w.Circuits)), tokens: map[string]bool{},
		regions: map[batch.Place]map[string][]string{batch.PlaceLOA: regionsOf(o.Past, w)},
	}
	for place, past := range o.Later {
		p.regions[place] = regionsOf(past, w)
	}
	invalid := 0
	for i := range w.Circuits {
		if w.Circuits[i].Invalid {
			invalid++
		}
	}
	p.plan.Applications = make([]batch.Application, 0, len(w.Circuits)-invalid)
	p.plan.Settled = make([]batch.Outcome, 0, invalid)
	for i := range w.Circuits {
		p.row(&w.Circuits[i])
	}
	if o.AllOrNothing && p.invalid && !o.DryRun {
		p.withhold()
	}
	return p.plan
}

// planner holds what one pass over the rows needs.
type planner struct {
	plan     *batch.Plan
	workbook *sheet.Workbook
	options  Options
	errors   *sheet.RowErrors
	keys     map[batch.Key]bool                  // circuits that have an application
	tokens   map[string]bool                     // tokens chosen by users that are in use
	regions  map[batch.Place]map[string][]string // regions in which the past knows each circuit
	invalid  bool                                // a row is INVALID
}

func (p *planner) row(c *sheet.Circuit) {
	key := KeyOf(c)
	record, known := p.options.Past[key]
	if len(p.options.Only) > 0 && !slices.Contains(p.options.Only, p.lastResult(c, record, known)) {
		p.settle(p.skipped(c, record, known))
		return
	}
	if c.Invalid || key.Region == "" || key.InstanceID == "" || p.keys[key] {
		p.reject(batch.Outcome{Row: c.Row, Key: key, ErrorCode: p.errors.Code(c)})
		return
	}
	p.keys[key] = true
	steps := p.steps(c)
	if len(steps) == 0 {
		o := batch.Outcome{Row: c.Row, Key: key, Operation: p.options.Steps[0], Result: sheet.Skipped, Reason: batch.ReasonUnfinished}
		p.settle(o)
		return
	}
	p.plan.Applications = append(p.plan.Applications, batch.Application{
		Operation: steps[0], Row: c.Row, At: p.at(c), Key: key, Circuit: c, Engineers: engineersOf(p.workbook, c),
	})
	last := len(p.plan.Applications) - 1
	a := &p.plan.Applications[last]
	if steps[0].FollowsUp() {
		record, known = p.past(steps[0])[key]
	} else {
		a.ReapplyRejected = p.options.Reapply
	}
	if !p.step(a, record, known) {
		p.plan.Applications = p.plan.Applications[:last]
		return
	}
	p.followUps(a, c, steps[1:])
}

// step decides how a step of a row starts, and under which token. It reports false if the row is settled
// instead.
func (p *planner) step(a *batch.Application, record batch.Record, known bool) bool {
	a.Hash = a.ContentHash()
	a.Circuit = circuitOf(a.Circuit, a.Operation)
	if known || a.Circuit.Past != nil || a.Operation.FollowsUp() {
		a.Past = &batch.Past{}
	}
	switch {
	case !a.Operation.FollowsUp() && p.foreign(a, record):
		return false
	case !accepted(record.Result) && p.moved(a):
		return false
	case !known:
		p.fromSheet(a)
	default:
		switch age := p.ageOfCopy(a, record); {
		case age == copyAhead:
			p.fromCopy(a, record)
		case p.accepted(a, record):
			return false
		case age == copySame:
			p.fromBoth(a, record)
		default:
			p.fromLedger(a, record)
		}
	}
	p.waitElsewhere(a, record)
	switch {
	case a.Operation.FollowsUp():
		p.afterwards(a, record)
	case len(p.options.Steps) > 0 && sentAgain(a, record):
		a.ReapplyRejected = false
	}
	if a.Start == batch.StartSend && (p.options.Reapply || known && claimed(a.Circuit.LastRun())) {
		a.Start = batch.StartFirst
	}
	if a.Token == "" {
		a.Token = p.token(a)
	}
	return true
}

// skipped is the outcome of a row that is left out. It shows what is known of the row, from the ledger
// or else the workbook.
func (p *planner) skipped(c *sheet.Circuit, r batch.Record, known bool) batch.Outcome {
	o := batch.Outcome{Row: c.Row, Key: KeyOf(c), Result: sheet.Skipped, Reason: batch.ReasonSkipped, Earlier: p.lastResult(c, r, known)}
	if known && r.Hash != "" {
		o.RequestID, o.Token, o.Generation, o.SubmittedAt, o.LOAStatus = r.RequestID, r.Token, r.Generation, r.SubmittedAt, r.LOAStatus
		o.ErrorCode = r.ErrorCode
		return o
	}
	past := c.LastRun()
	o.RequestID, o.Token, o.LOAStatus = past.RequestID, past.ClientToken, past.LOAStatus
	return o
}

// accepted settles a row that the ledger knows as accepted, and reports whether it did.
func (p *planner) accepted(a *batch.Application, r batch.Record) bool {
	if r.Open || r.Hash == "" || p.options.Reapply || !accepted(r.Result) || len(p.options.Steps) > 0 {
		return false
	}
	a.Generation, a.Token = r.Generation, r.Token
	o := a.Outcome(sheet.Already, batch.ReasonInLedger)
	o.RequestID, o.SubmittedAt, o.LOAStatus = r.RequestID, r.SubmittedAt, r.LOAStatus
	if r.Hash != a.Hash && batch.Void(r.LOAStatus) { // it may have been corrected
		o.Result, o.Reason, o.RequestID, o.SubmittedAt = sheet.Refused, batch.ReasonLOARejected, "", time.Time{}
		p.settle(o)
		return true
	}
	if r.Hash != a.Hash {
		p.plan.Problems = append(p.plan.Problems, *p.changed(a, r))
		p.reject(batch.Outcome{Row: a.Row, Key: a.Key, ErrorCode: batch.CodeChanged, LOAStatus: r.LOAStatus})
		return true
	}
	p.settle(o)
	return true
}

// changed is the problem of a row that was changed after it was accepted. Its severity is
// fixed.
func (p *planner) changed(a *batch.Application, r batch.Record) *sheet.Problem {
	if a.Operation.FollowsUp() {
		return p.problem(a, r, batch.CodeLineChanged, sheet.Error, sheet.CircuitInstanceID, a.Key.InstanceID)
	}
	problem := p.problem(a, r, batch.CodeChanged, sheet.Error, sheet.CircuitInstanceID, a.Key.InstanceID)
	problem.Args = ChangedArgs(p.workbook, a.Circuit, r.RunID, "", Change{})
	return problem
}

// problem is a problem that needs the past.
func (p *planner) problem(a *batch.Application, r batch.Record, code string, severity sheet.Severity, column sheet.ColumnID, value string) *sheet.Problem {
	t := &p.workbook.CircuitsTable
	problem := sheet.Problem{
		Code: code, Severity: severity, At: sheet.Ref{Sheet: t.Sheet, Row: a.Row, Col: t.Columns[column]},
		Column: t.Headers[column], Value: value, Args: []sheet.Arg{{Name: "run", Value: r.RunID}},
	}
	if !r.SubmittedAt.IsZero() {
		problem.Args = append(problem.Args, sheet.Arg{Name: "submitted", Value: r.SubmittedAt.UTC().Format("2006-01-02")})
	}
	return &problem
}

// reject settles a row as INVALID.
func (p *planner) reject(o batch.Outcome) {
	o.Result, o.Reason = sheet.Invalid, batch.ReasonInvalid
	p.invalid = true
	p.settle(o)
}

func (p *planner) settle(o batch.Outcome) { p.plan.Settled = append(p.plan.Settled, o) }

// withhold settles every application as not sent, because another row is INVALID.
func (p *planner) withhold() {
	for i := range p.plan.Applications {
		a := &p.plan.Applications[i]
		p.settle(a.Outcome(a.Unsent(), batch.ReasonWithheld))
	}
	p.plan.Applications = nil
	slices.SortFunc(p.plan.Settled, func(a, b batch.Outcome) int { return cmp.Compare(a.Row, b.Row) })
}

// at returns the cell that names the circuit.
func (p *planner) at(c *sheet.Circuit) sheet.Ref {
	t := &p.workbook.CircuitsTable
	return sheet.Ref{Sheet: t.Sheet, Row: c.Row, Col: t.Columns[sheet.CircuitInstanceID]}
}

// lastResult is the result that --only refers to: the ledger's, or else the workbook's. An application
// that was begun but never finished counts as UNKNOWN.
func (p *planner) lastResult(c *sheet.Circuit, r batch.Record, known bool) sheet.Result {
	for _, o := range slices.Backward(p.steps(c)) {
		if later, found := p.past(o)[KeyOf(c)]; found && o.FollowsUp() && (later.Open || later.Result != "") {
			r, known = later, true
			break
		}
	}
	switch {
	case known && r.Open:
		return sheet.Unknown
	case known && accepted(r.Result) && batch.Void(r.LOAStatus): // after it was accepted
		return sheet.Refused
	case known && r.Result != "":
		return r.Result
	case p.options.Valid[KeyOf(c)]:
		return sheet.Already
	}
	return c.LastResult()
}
