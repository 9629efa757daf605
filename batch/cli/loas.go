package cli

import (
	"context"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// seenLOA is what a run has learned about the LOA of a row, if anything: an accepted row has
// the status that its operation leads to, any other the status that the API reported.
func (done *finished) seenLOA(i int) (l ledger.LOA, seen bool) {
	o := &done.outcomes[i]
	l = ledger.LOA{Key: o.Key, Status: o.LOAStatus, Asked: done.info.started.Round(0).UTC(), Company: done.in.workbook.Circuits[i].CompanyName}
	switch {
	case o.Result == sheet.Submitted:
		l.Status, l.Since, l.Asked = o.Operation.LeadsTo(), o.SubmittedAt, o.SubmittedAt
	case o.LOAStatus == "" || o.Reason == batch.ReasonInLedger || !o.ConcernsCircuit() && o.Reason != batch.ReasonUnfinished:
		return ledger.LOA{}, false
	}
	return l, true
}

// rememberLOAs records in the ledger what a run that may send has learned about LOAs, and reads
// since when they have had their status.
func (a *app) rememberLOAs(ctx context.Context, s *invocation, done *finished) {
	if done.ledger == nil {
		return
	}
	seen := make([][]ledger.LOA, len(done.parts))
	for i := range done.outcomes {
		if l, ok := done.seenLOA(i); ok {
			n := done.partOf(&done.in.workbook.Circuits[i])
			seen[n] = append(seen[n], l)
		}
	}
	a.saveLOAs(ctx, s, done, seen)
	if done.info.command != advance {
		return
	}
	done.since = map[int]time.Time{}
	known := a.knownLOAs(context.WithoutCancel(ctx), s, done)
	for i, o := range done.outcomes {
		if l, seen := done.seenLOA(i); seen && known[o.Key].Status == l.Status {
			done.since[o.Row] = known[o.Key].Since
		}
	}
}

// knownLOAs reads what the ledger knows about the current LOAs of a run's circuits: nothing
// without a ledger, or if it cannot be read.
func (a *app) knownLOAs(ctx context.Context, s *invocation, done *finished) map[batch.Key]ledger.LOA {
	known := map[batch.Key]ledger.LOA{}
	for i, keys := range done.division.Keys(done.in.workbook) {
		if s.store == nil || done.parts[i].opened.service == nil || len(keys) == 0 {
			continue
		}
		present, err := s.store.LOAs(ctx, done.parts[i].opened.service.scope, keys)
		if err != nil {
			a.lines.Warn("loas-unread", map[string]string{"reason": a.ledgers.Cause(err)})
			return known
		}
		for key, l := range present {
			known[key] = l
		}
	}
	return known
}

// saveLOAs records in the ledger the LOAs that were seen, for the part of the run that saw them.
func (a *app) saveLOAs(ctx context.Context, s *invocation, done *finished, seen [][]ledger.LOA) {
	for i, list := range seen {
		if s.store == nil || done.parts[i].opened == nil || done.parts[i].opened.service == nil || len(list) == 0 {
			continue
		}
		if err := s.store.SawLOAs(context.WithoutCancel(ctx), done.parts[i].opened.service.scope, list); err != nil {
			a.lines.Warn("loas-unsaved", map[string]string{"reason": a.ledgers.Cause(err)})
			return
		}
	}
}
