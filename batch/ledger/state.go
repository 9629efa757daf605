package ledger

import (
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// State is what a ledger knows of one circuit in one scope: the last submission that
// ended, and the one in progress, if there is one. The zero State knows nothing. States
// are compared with ==; SubmittedAt is in UTC and has no monotonic clock reading.
type State struct {
	Last    Submission // the last that ended
	Pending Submission // begun and not finished; its Run is 0 if there is none

	Result      sheet.Result // of Last; empty if none has ended
	ErrorCode   string
	RequestID   string
	SubmittedAt time.Time // UTC; zero if it was never accepted
	LOAStatus   string
}

// Submission is one application as a run sends it.
type Submission struct {
	Run        int64 // the ledger's number of the run, from 1 on
	Hash       string
	Generation int
	Token      string
}

// Open reports whether a submission may have taken effect without a definite answer.
func (s State) Open() bool { return s.Pending.Run != 0 || s.Result == sheet.Unknown }

// Current is the submission that a lookup would be about.
func (s State) Current() Submission {
	if s.Pending.Run != 0 {
		return s.Pending
	}
	return s.Last
}

// Begin is the state after a run began an application. Another submission that was begun
// and never finished may have arrived, so it ends as UNKNOWN.
func (s State) Begin(run int64, a batch.Application) State {
	next := Submission{run, a.Hash, a.Generation, a.Token}
	if s.Pending.Run != 0 && s.Pending != next {
		s = s.endPending(sheet.Unknown)
	}
	s.Pending = next
	return s
}

// Finish is the state after a run has finished a row. It always ends what the run itself
// began. It decides about what another run left open only while it holds the circuit's
// lock; without the lock it may still report the LOA's status.
func (s State) Finish(run int64, o batch.Outcome, holdsLock bool) State {
	switch {
	case s.Pending.Run == run:
		return s.finishOwn(o)
	case holdsLock && s.Open():
		return s.settle(o)
	case holdsLock && o.Result == sheet.Already && s.Result != "" && s.Result != sheet.Submitted:
		s.Result = sheet.Already // refused or failed before, and there is an LOA now
		return s.withAnswer(o)
	case o.LOAStatus != "" && s != (State{}):
		s.LOAStatus = o.LOAStatus
	}
	return s
}

// finishOwn ends the submission that this run began. If nothing was sent after all, it is
// as if it had never begun.
func (s State) finishOwn(o batch.Outcome) State {
	switch o.Result {
	case sheet.Submitted, sheet.Already, sheet.Refused, sheet.Failed, sheet.Unknown:
		return s.endPending(o.Result).withAnswer(o)
	}
	s.Pending = Submission{}
	return s
}

// settle ends what an earlier run left open, by what a lookup found. FAILED settles
// nothing: this run sent nothing, so it says nothing about what the earlier one sent.
func (s State) settle(o batch.Outcome) State {
	switch o.Result {
	case sheet.Submitted, sheet.Already, sheet.Refused, sheet.Unknown:
		if s.Pending.Run != 0 {
			s = s.endPending(o.Result)
		}
		s.Result = o.Result
		return s.withAnswer(o)
	}
	return s
}

// endPending makes the pending submission the last one.
func (s State) endPending(result sheet.Result) State {
	if s.Last.Token != s.Pending.Token {
		s.SubmittedAt, s.LOAStatus = time.Time{}, "" // they belong to another application
	}
	s.Last, s.Pending = s.Pending, Submission{}
	s.Result, s.ErrorCode, s.RequestID = result, "", ""
	return s
}

// withAnswer adds what the API answered.
func (s State) withAnswer(o batch.Outcome) State {
	s.ErrorCode, s.RequestID = o.ErrorCode, o.RequestID
	if !o.SubmittedAt.IsZero() {
		s.SubmittedAt = o.SubmittedAt
	}
	if o.LOAStatus != "" {
		s.LOAStatus = o.LOAStatus
	}
	return s
}

// Record is the state as the engine reads it. runID is the ID of the run of Current.
func (s State) Record(runID string) batch.Record {
	c := s.Current()
	return batch.Record{
		Hash: c.Hash, Generation: c.Generation, Token: c.Token, Open: s.Open(),
		Result: s.Result, ErrorCode: s.ErrorCode, RequestID: s.RequestID,
		SubmittedAt: s.SubmittedAt, LOAStatus: s.LOAStatus, RunID: runID,
	}
}
