package batch

import (
	"fmt"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// LedgerState is what a ledger keeps of one circuit in one scope: the last submission that
// had a definite result, and the one that is open, if there is one. Both may exist: while
// a reapplication is open, it is not forgotten that the application before it was
// accepted. Package ledger stores it. The zero LedgerState knows nothing. States are
// compared with ==; times are in UTC and have no monotonic clock reading.
type LedgerState struct {
	Last    Submission // the last that had a definite result
	Pending Submission // begun, and without a definite result; its Run is 0 if there is none

	PendingOperation Operation
	PendingPhase     Phase
	Tried            time.Time // of Pending: the last attempt that earlier runs, or a run that ended, left unsettled; zero if not known

	Result      sheet.Result // of Last; empty if there is none
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

// Phase says how far a pending submission has come.
type Phase uint8

// The phases. Ledgers store them as numbers.
const (
	PhaseBegun   Phase = iota // the run has begun it and not finished; it may be in progress, or killed
	PhaseResumed              // likewise, and an earlier run had left it open
	PhaseLeft                 // the run finished it as UNKNOWN
)

// OpenTokenError says that a token must not be begun because another one of the circuit is
// open. The engine never gets that far; the ledger makes sure of it.
type OpenTokenError struct{ Key Key }

// Error names the circuit.
func (e *OpenTokenError) Error() string {
	return fmt.Sprintf("ledger: another application for %s in %s is open, so none may be begun", e.Key.InstanceID, e.Key.Region)
}

// Open reports whether a submission may have taken effect without a definite answer.
func (s LedgerState) Open() bool { return s.Pending.Run != 0 }

// Current is the submission that a lookup would be about.
func (s LedgerState) Current() Submission {
	if s.Open() {
		return s.Pending
	}
	return s.Last
}

// accepted reports whether the last definite result is that the API accepted it.
func (s LedgerState) accepted() bool { return s.Result == sheet.Submitted || s.Result == sheet.Already }

// void reports whether the last definite result is that the LOA is rejected or deleted.
func (s LedgerState) void() bool { return s.Result == sheet.Refused && Void(s.LOAStatus) }

// Begin is the state after a run began an application. While a submission is open, only
// the same may be begun again, until a lookup has settled it; otherwise Begin fails with
// an *OpenTokenError.
func (s LedgerState) Begin(run int64, a Application) (LedgerState, error) {
	if s.Open() && a.Settled.Result != "" && a.Settled.Token == s.Pending.Token {
		s = s.settle(a.Settled)
	}
	phase := PhaseBegun
	if s.Open() {
		if s.Pending.Token != a.Token || s.Pending.Hash != a.Hash && s.Pending.Hash != "" {
			return s, &OpenTokenError{a.Key}
		}
		phase = PhaseResumed
		s.Tried = latest(s.Tried, a.Open.Tried)
	}
	s.Pending = Submission{run, a.Hash, a.Generation, a.Token}
	s.PendingOperation, s.PendingPhase = a.Operation, phase
	return s, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Finish is the state after a run has finished a row. It always ends what the run itself
// began. It decides about what another run left open only while it holds the circuit's
// lock; without the lock it may still report the LOA's status.
func (s LedgerState) Finish(run int64, o Outcome, holdsLock bool) LedgerState {
	switch {
	case s.Pending.Run == run && s.PendingPhase != PhaseLeft:
		return s.finishOwn(o)
	case holdsLock && s.Open():
		return s.finishEarlier(o)
	case holdsLock && s == (LedgerState{}) && o.Result == sheet.Unknown && !o.Tried.IsZero() && o.Token != "":
		// A results copy of another ledger says so, and the row has waited since then.
		s.Pending = Submission{Run: run, Generation: o.Generation, Token: o.Token}
		s.PendingPhase, s.Tried = PhaseLeft, o.Tried
	case holdsLock && o.Result == sheet.Already && s.Result != "" && s.Result != sheet.Submitted:
		s.Result = sheet.Already // refused or failed before, and there is an LOA now
		return s.withAnswer(o)
	case o.LOAStatus != "" && s != (LedgerState{}):
		s.LOAStatus = o.LOAStatus
	}
	return s
}

// finishOwn ends the submission that this run began. If nothing was sent after all, it is
// as if this run had never begun it.
func (s LedgerState) finishOwn(o Outcome) LedgerState {
	switch o.Result {
	case sheet.Submitted, sheet.Already, sheet.Refused:
		return s.endPending(o.Result).withAnswer(o)
	case sheet.Failed:
		if s.accepted() || s.void() {
			return s.endPending(o.Result)
		}
		return s.endPending(o.Result).withAnswer(o)
	case sheet.Unknown:
		return s.leave(o)
	}
	switch {
	case o.Settled.Result != "" && o.Settled.Token == s.Pending.Token:
		return s.settle(o.Settled)
	case s.PendingPhase == PhaseResumed:
		s.PendingPhase = PhaseLeft
		return s
	}
	return s.dropPending()
}

// finishEarlier ends what an earlier run left open, by what a lookup found. FAILED alone
// settles nothing: this run sent nothing, so it says nothing about what the earlier one
// sent.
func (s LedgerState) finishEarlier(o Outcome) LedgerState {
	switch {
	case o.Settled.Result != "" && o.Settled.Token == s.Pending.Token && !concernsCircuit(o.Result):
		return s.settle(o.Settled)
	case o.Settled.Result == sheet.Failed && o.Settled.Token == s.Pending.Token && s.accepted():
		return s.settle(o.Settled)
	case o.Result == sheet.Submitted, o.Result == sheet.Already, o.Result == sheet.Refused:
		return s.endPending(o.Result).withAnswer(o)
	case o.Result == sheet.Unknown:
		return s.leave(o)
	case o.LOAStatus != "":
		s.LOAStatus = o.LOAStatus
	}
	return s
}

// leave keeps the pending submission open after the run.
func (s LedgerState) leave(o Outcome) LedgerState {
	if !o.Tried.IsZero() {
		s.Tried, s.PendingPhase = o.Tried, PhaseLeft
	}
	if o.LOAStatus != "" {
		s.LOAStatus = o.LOAStatus
	}
	return s
}

// settle ends the pending submission by what a lookup found.
func (s LedgerState) settle(by Settlement) LedgerState {
	s = s.endPending(by.Result)
	if s.SubmittedAt.IsZero() {
		s.SubmittedAt = by.At
	}
	if by.LOAStatus != "" {
		s.LOAStatus = by.LOAStatus
	}
	return s
}

// endPending makes the pending submission the last one. If it was not applied and the
// circuit has an LOA, valid or not, what is known of that stays.
func (s LedgerState) endPending(result sheet.Result) LedgerState {
	if result == sheet.Failed && (s.accepted() || s.void()) {
		return s.dropPending()
	}
	if s.Last.Token != s.Pending.Token {
		s.SubmittedAt, s.LOAStatus = time.Time{}, "" // they belong to another application
	}
	s.Last = s.Pending
	s.Result, s.ErrorCode, s.RequestID = result, "", ""
	return s.dropPending()
}

func (s LedgerState) dropPending() LedgerState {
	s.Pending, s.PendingOperation, s.PendingPhase, s.Tried = Submission{}, Apply, PhaseBegun, time.Time{}
	return s
}

// withAnswer adds what the API answered.
func (s LedgerState) withAnswer(o Outcome) LedgerState {
	s.ErrorCode, s.RequestID = o.ErrorCode, o.RequestID
	if !o.SubmittedAt.IsZero() {
		s.SubmittedAt = o.SubmittedAt
	}
	if o.LOAStatus != "" {
		s.LOAStatus = o.LOAStatus
	}
	return s
}

// Upgrade is the state as a ledger of an earlier release means it: an UNKNOWN submission
// counted as ended there, and another could be begun beside it. Two that are open count as
// one whose token is not known, so neither is sent again before both are settled.
func (s LedgerState) Upgrade() LedgerState {
	if s.Result != sheet.Unknown {
		return s
	}
	switch {
	case !s.Open():
		s.Pending, s.PendingPhase = s.Last, PhaseLeft
	case s.Pending.Token != s.Last.Token:
		s.Pending.Hash, s.Pending.Token = "", ""
	}
	s.Last, s.Result, s.ErrorCode, s.RequestID, s.SubmittedAt = Submission{}, "", "", "", time.Time{}
	return s
}

// Record is the state as the engine reads it. runID is the ID of the run of Current, and
// until when that run may have sent something; zero means that it is not known.
func (s LedgerState) Record(runID string, until time.Time) Record {
	c := s.Current()
	r := Record{
		Hash: c.Hash, Generation: c.Generation, Token: c.Token, Open: s.Open(),
		Result: s.Result, ErrorCode: s.ErrorCode, RequestID: s.RequestID,
		SubmittedAt: s.SubmittedAt, LOAStatus: s.LOAStatus, RunID: runID,
	}
	if !s.Open() {
		return r
	}
	r.Operation, r.Ended = s.PendingOperation, Identity{s.Last.Hash, s.Last.Generation, s.Last.Token}
	if r.Tried = s.Tried; s.PendingPhase != PhaseLeft || s.Tried.IsZero() {
		r.Tried = latest(s.Tried, until)
	}
	return r
}

// concernsCircuit reports whether a result concerns the circuit, and not only the row.
func concernsCircuit(r sheet.Result) bool {
	switch r {
	case sheet.Submitted, sheet.Already, sheet.Refused, sheet.Failed, sheet.Unknown:
		return true
	}
	return false
}
