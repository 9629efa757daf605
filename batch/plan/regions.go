package plan

import (
	"iter"
	"slices"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// moved settles a row whose circuit has an accepted application in another region, and reports whether
// it did. The problem may be only a warning, depending on its severity; an open application has it
// as well.
func (p *planner) moved(a *batch.Application) bool {
	for r := range p.elsewhere(a.Operation, a.Key) {
		severity := p.severityOfMoved()
		if severity == sheet.Off || !accepted(r.Result) && !(r.Open && severity == sheet.Warning) {
			continue
		}
		p.plan.Problems = append(p.plan.Problems, *p.movedProblem(a, r.Record, severity))
		if severity == sheet.Error {
			p.reject(batch.Outcome{Row: a.Row, Key: a.Key, ErrorCode: batch.CodeMoved})
			return true
		}
		break
	}
	return false
}

// waitElsewhere makes a row wait for an application that is open in another region, if there is one,
// whatever the severity of a changed region. If its LOA turns out to be valid, the row is INVALID
// if that is an error. If several are open, here or there, each was begun after the earlier ones
// had been settled, so the last one counts.
func (p *planner) waitElsewhere(a *batch.Application, here batch.Record) {
	var last placed
	for r := range p.elsewhere(a.Operation, a.Key) {
		if r.Open && (last.region == "" || !last.Tried.IsZero() && !before(r.Tried, last.Tried)) {
			last = r
		}
	}
	if last.region == "" || here.Open && here.Token != "" && before(last.Tried, here.Tried) {
		return // without a token, everything comes from a results copy, perhaps of a row that waited
	}
	a.Elsewhere = &batch.Earlier{
		Region: last.region, Token: last.Token, Generation: last.Generation, Tried: last.Tried,
		Repeated: last.Operation == batch.Reapply || last.Generation > 0 || last.Ended.Token != "",
	}
	if past := a.Circuit.LastRun(); past.ClientToken == last.Token && unknownIn(past) && before(last.Tried, past.SubmittedAt) {
		a.Elsewhere.Tried = past.SubmittedAt // another ledger sent it since
	}
	if !accepted(here.Result) && p.severityOfMoved() == sheet.Error {
		a.Moved = p.movedProblem(a, last.Record, sheet.Error)
	}
}

// before reports whether an attempt was certainly made before another one. One whose time is not known
// may have been made as late as now.
func before(one, other time.Time) bool { return !one.IsZero() && !other.IsZero() && one.Before(other) }

func (p *planner) severityOfMoved() sheet.Severity {
	if p.options.Severity == nil {
		return sheet.Error
	}
	return p.options.Severity(batch.CodeMoved)
}

// placed is a record of a circuit in a region.
type placed struct {
	batch.Record
	region string
}

// elsewhere lists what the past knows of a circuit in other regions.
func (p *planner) elsewhere(o batch.Operation, key batch.Key) iter.Seq[placed] {
	return func(yield func(placed) bool) {
		for _, region := range p.regions[o.Place()][key.InstanceID] {
			r := p.past(o)[batch.Key{Region: region, InstanceID: key.InstanceID}]
			if region != key.Region && !yield(placed{r, region}) {
				return
			}
		}
	}
}

// usedElsewhere reports whether what a results copy says about a token refers to the circuit's
// application in another region, about which the past knows at least as much. That is not so if
// the past has the token only from a copy, as open, and not in the row's own region: the region
// was changed, and may have been changed back.
func (p *planner) usedElsewhere(o batch.Operation, key batch.Key, past *sheet.Past) bool {
	token := past.ClientToken
	here := p.past(o)[key]
	for r := range p.elsewhere(o, key) {
		undated := past.SubmittedAt.IsZero() && (!accepted(lastInCopy(past)) || r.Weighed(token))
		copied := r.Open && token == r.Token && r.Hash == "" && !knows(here, token)
		if token != "" && knows(r.Record, token) && !copied && (r.Open || accepted(r.Result) || undated) {
			return true
		}
	}
	return false
}

func (p *planner) movedProblem(a *batch.Application, r batch.Record, severity sheet.Severity) *sheet.Problem {
	problem := p.problem(a, r, batch.CodeMoved, severity, sheet.CircuitRegionID, a.Key.Region)
	if problem.Column == "" { // the region comes from --region
		problem.At, problem.Column = a.At, p.workbook.CircuitsTable.Headers[sheet.CircuitInstanceID]
	}
	return problem
}

// regionsOf lists the regions in which the past knows each circuit, sorted, or returns nil if it knows
// the workbook's circuits only in the workbook's regions.
func regionsOf(past map[batch.Key]batch.Record, w *sheet.Workbook) map[string][]string {
	if len(past) == 0 {
		return nil
	}
	known := 0
	for _, k := range Keys(w) {
		if _, ok := past[k]; ok {
			known++
		}
	}
	if known == len(past) {
		return nil
	}
	regions := make(map[string][]string, len(past))
	for k := range past {
		regions[k.InstanceID] = append(regions[k.InstanceID], k.Region)
	}
	for _, list := range regions {
		slices.Sort(list)
	}
	return regions
}
