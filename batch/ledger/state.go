package ledger

import (
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// state is what the ledger knows of one circuit in one scope: the last application
// that came to an end, and the one that is begun now, if there is one.
type state struct {
	sent    sending // the last application that ended
	pending sending // begun and not finished; its run is 0 when there is none

	result    sheet.Result // of sent; empty when nothing ever ended
	errorCode string
	requestID string
	submitted time.Time
	loaStatus string
}

// sending is one application on its way: what was sent, and by which run.
type sending struct {
	run        int64
	hash       string
	generation int
	token      string
}

func (s state) open() bool { return s.pending.run != 0 || s.result == sheet.Unknown }

// current is the application that a lookup would be about.
func (s state) current() sending {
	if s.pending.run != 0 {
		return s.pending
	}
	return s.sent
}

// begin gives the state after a run began an application. Another one that was begun
// and never finished may have arrived, and stays known as such.
func (s state) begin(run int64, a batch.Application) state {
	next := sending{run, a.Hash, a.Generation, a.Token}
	if s.pending.run != 0 && s.pending != next {
		s = s.unknown()
	}
	s.pending = next
	return s
}

// unknown gives the state in which the pending application ended as UNKNOWN.
func (s state) unknown() state {
	if s.sent.token != s.pending.token {
		s.submitted, s.loaStatus = time.Time{}, "" // they belong to another application
	}
	s.sent, s.pending = s.pending, sending{}
	s.result, s.errorCode, s.requestID = sheet.Unknown, "", ""
	return s
}

// finish gives the state after an outcome of a run. What the run began it ends in any
// case. On what another run left it decides only while it holds the circuit's lock;
// without the lock it may still tell where the LOA stands.
func (s state) finish(run int64, o batch.Outcome, holds bool) state {
	switch {
	case s.pending.run == run:
		return s.finishBegun(o)
	case holds && s.open():
		return s.settle(o)
	case holds && o.Result == sheet.Already && s.result != "" && s.result != sheet.Submitted:
		s.result = sheet.Already // refused or failed before, and an LOA stands there now
		return s.answer(o)
	case o.LOAStatus != "" && s != (state{}):
		s.loaStatus = o.LOAStatus
	}
	return s
}

// finishBegun ends the application that this run began. When nothing was sent after
// all, it is as if it had never begun.
func (s state) finishBegun(o batch.Outcome) state {
	switch o.Result {
	case sheet.Submitted, sheet.Already, sheet.Refused, sheet.Failed, sheet.Unknown:
		s = s.unknown()
		s.result = o.Result
		return s.answer(o)
	}
	s.pending = sending{}
	return s
}

// settle ends what an earlier run left open, by what a lookup has told. FAILED is no
// settlement: this run sent nothing, so it cannot vouch for what the earlier one sent.
func (s state) settle(o batch.Outcome) state {
	switch o.Result {
	case sheet.Submitted, sheet.Already, sheet.Refused, sheet.Unknown:
		if s.pending.run != 0 {
			s = s.unknown()
		}
		s.result = o.Result
		return s.answer(o)
	}
	return s
}

// answer takes over what the API answered.
func (s state) answer(o batch.Outcome) state {
	s.errorCode, s.requestID = o.ErrorCode, o.RequestID
	if !o.SubmittedAt.IsZero() {
		s.submitted = o.SubmittedAt
	}
	if o.LOAStatus != "" {
		s.loaStatus = o.LOAStatus
	}
	return s
}

// record gives the state as the engine reads it.
func (s state) record(runID string) batch.Record {
	c := s.current()
	return batch.Record{
		Hash: c.hash, Generation: c.generation, Token: c.token, Open: s.open(),
		Result: s.result, ErrorCode: s.errorCode, RequestID: s.requestID,
		SubmittedAt: s.submitted, LOAStatus: s.loaStatus, RunID: runID,
	}
}
