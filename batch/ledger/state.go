package ledger

import (
	"slices"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// State is what a ledger knows about one circuit in one scope: the last submission that had a
// definite result, and the open one, if any. Both may exist: while a reapplication is open,
// the ledger remembers that the application before it was accepted. In the zero State nothing
// is known. States are compared with ==; times are in UTC and have no monotonic clock reading.
type State struct {
	Last    Submission // the last that had a definite result
	Pending Submission // begun, without a definite result; its Run is 0 if there is none

	PendingOperation batch.Operation
	PendingPhase     Phase
	// Tried is when the settling time starts: at the last attempt of Pending that an earlier run,
	// or a run that ended, left unsettled; if none is pending, at Settlement.Seen of Last. It
	// is zero if not known.
	Tried    time.Time
	Accepted time.Time // of Pending: see [batch.Copied]
	// Others are other tokens of the circuit, one a line, the latest last: those that ended
	// before Last, and those from results copies that count in Tried or are settled, whether or
	// not they are now Last.
	Others string

	Result      sheet.Result // of Last; empty if there is none
	ErrorCode   string
	RequestID   string
	SubmittedAt time.Time // UTC; zero if it was never accepted
	LOAStatus   string
}

// Submission is an application as sent by a run.
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
	PhaseBegun   Phase = iota // the run has begun it but not finished it: it may be in progress, or killed
	PhaseResumed              // likewise, and an earlier run had left it open
	PhaseLeft                 // the run finished it as UNKNOWN
)

// Open reports whether a submission may have taken effect without a definite answer.
func (s State) Open() bool { return s.Pending.Run != 0 }

// Current is the submission that a lookup would settle.
func (s State) Current() Submission {
	if s.Open() {
		return s.Pending
	}
	return s.Last
}

// accepted reports whether the API accepted the last submission with a definite result.
func (s State) accepted() bool { return s.Result == sheet.Submitted || s.Result == sheet.Already }

// void reports whether the last definite result is that the LOA was rejected or deleted.
func (s State) void() bool { return s.Result == sheet.Refused && batch.Void(s.LOAStatus) }

// maxOthers bounds Others. If a token that dropped out comes back in a results copy, its row
// waits for the settling time again.
const maxOthers = 16

// knows reports whether a token is settled, or counts in Tried.
func (s State) knows(token string) bool {
	list := strings.Split(s.Others, "\n")
	return token == s.Last.Token || token == s.Pending.Token || slices.Contains(list, token) || slices.Contains(list, batch.Weighed+token)
}

// remember adds a token to Others.
func (s State) remember(token string) State {
	if token == "" || slices.Contains(strings.Split(s.Others, "\n"), token) {
		return s
	}
	list := append(strings.Fields(s.Others), token)
	s.Others = strings.Join(list[max(0, len(list)-maxOthers):], "\n")
	return s
}

// withCopied is the state with an application that is open according to a results copy. If
// another one is open too, they count as one whose token is not known, so neither is sent
// again before both are settled.
func (s State) withCopied(run int64, c batch.Copied) State {
	switch {
	case c.Unnamed && s == (State{}):
		s.Pending = Submission{Run: run}
		s.Accepted = c.Accepted
	case c.Token == "" || s.knows(c.Token):
		return s
	case s.Open():
		s = s.remember(s.Pending.Token).remember(batch.Weighed + c.Token)
		s.Pending = Submission{Run: run, Generation: max(s.Pending.Generation, c.Generation)}
		s.PendingOperation, s.Accepted = batch.Apply, time.Time{}
	default:
		s = s.remember(batch.Weighed + c.Token)
		s.Pending = Submission{Run: run, Generation: max(s.Last.Generation, c.Generation), Token: c.Token}
		s.Accepted = c.Accepted
	}
	s.PendingPhase = PhaseLeft
	if c.Tried.IsZero() || c.Tried.After(s.Tried) {
		s.Tried = c.Tried
	}
	return s
}

// Begin is the state after a run began an application. Until a lookup has settled an open
// submission, only the same one may be begun again; otherwise Begin fails with a
// *batch.OpenTokenError.
func (s State) Begin(run int64, a batch.Application) (State, error) {
	before := s
	s = s.withCopied(run, a.Copied())
	if s.Open() && a.Settled().Result != "" && a.Settled().Token == s.Pending.Token {
		s = s.settle(a.Settled())
	}
	phase := PhaseBegun
	if s.Open() {
		if s.Pending.Token != a.Token || s.Pending.Hash != a.Hash && s.Pending.Hash != "" {
			return before, &batch.OpenTokenError{Key: a.Key}
		}
		phase = PhaseResumed
		if a.Open().Tried.After(s.Tried) {
			s.Tried = a.Open().Tried
		}
	}
	s.Pending = Submission{run, a.Hash, a.Generation, a.Token}
	s.PendingOperation, s.PendingPhase = a.Operation, phase
	return s, nil
}

// MayChange reports whether an outcome can change what is known of its circuit. A row that was
// invalid, left out or only predicted cannot, unless a lookup saw its LOA.
func MayChange(o *batch.Outcome) bool {
	switch o.Result {
	case sheet.Invalid, sheet.Skipped, sheet.Valid, sheet.Blocked:
		return o.LOAStatus != "" || o.Settled.Result != ""
	}
	return true
}

// Finish is the state after a run has finished a row. It always ends what the run itself
// began. It settles what another run left open only if the run holds the circuit's lock;
// without the lock it may still report the LOA's status.
func (s State) Finish(run int64, o batch.Outcome, holdsLock bool) State {
	if holdsLock && (!o.Copied.Unnamed || o.Result == sheet.Unknown) {
		s = s.withCopied(run, o.Copied)
	}
	switch {
	case s.Pending.Run == run && s.PendingPhase != PhaseLeft:
		return s.finishOwn(o)
	case holdsLock && s.Open():
		return s.finishEarlier(o)
	case holdsLock && o.Copied.Token != "" && o.Result == sheet.Unknown:
		// Another ledger may have used the token in the meantime.
		hash := ""
		if s.Last.Token == o.Copied.Token {
			hash = s.Last.Hash
		}
		s = s.remember(batch.Weighed + o.Copied.Token)
		s.Pending = Submission{Run: run, Hash: hash, Generation: o.Copied.Generation, Token: o.Copied.Token}
		s.Accepted = o.Copied.Accepted
		return s.leave(o)
	case holdsLock && o.Result == sheet.Already && o.ConcernsCircuit() && s.Result != "" && s.Result != sheet.Submitted:
		s.Result = sheet.Already // refused or failed before, but there is an LOA now
		if o.Token != s.Last.Token || o.Settled.Other {
			s = s.disown()
		}
		return s.withAnswer(o)
	case holdsLock && o.Settled.Result == sheet.Already && o.Settled.Token == s.Last.Token && s.void():
		s.Result, s.LOAStatus, s.Tried = sheet.Already, o.Settled.LOAStatus, o.Settled.Seen // it was not void after all
	case holdsLock && o.Settled.Result == sheet.Refused && o.Settled.Token == s.Last.Token && s.accepted() && o.Operation.FollowsUp():
		s.Result, s.LOAStatus, s.Tried = sheet.Refused, o.Settled.LOAStatus, o.Settled.Seen // its LOA is gone
	case o.LOAStatus != "" && s != (State{}):
		s.LOAStatus = o.LOAStatus
	}
	return s
}

// finishOwn ends the submission that this run began. If nothing was sent after all, the state is
// as if this run had not begun it.
func (s State) finishOwn(o batch.Outcome) State {
	switch {
	case !o.ConcernsCircuit():
	case o.Result == sheet.Already:
		return s.endPending(o.Result).disownIf(o.Settled.Other).withAnswer(o)
	case o.Result == sheet.Submitted, o.Result == sheet.Refused:
		return s.endPending(o.Result).withAnswer(o)
	case o.Result == sheet.Failed:
		if s.accepted() || s.void() {
			return s.endPending(o.Result)
		}
		return s.endPending(o.Result).withAnswer(o)
	case o.Result == sheet.Unknown:
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

// finishEarlier ends what an earlier run left open, by what a lookup found. FAILED settles
// nothing: this run sent nothing, so it tells nothing about what the earlier one sent.
func (s State) finishEarlier(o batch.Outcome) State {
	switch {
	case o.Settled.Result != "" && o.Settled.Token == s.Pending.Token && !o.ConcernsCircuit():
		return s.settle(o.Settled)
	case o.Settled.Result == sheet.Failed && o.Settled.Token == s.Pending.Token && s.accepted():
		return s.settle(o.Settled)
	case o.ConcernsCircuit() && (o.Result == sheet.Submitted || o.Result == sheet.Already || o.Result == sheet.Refused):
		return s.endPending(o.Result).disownIf(o.Result == sheet.Already && o.Settled.Other).withAnswer(o)
	case o.Result == sheet.Unknown:
		return s.leave(o)
	case o.LOAStatus != "":
		s.LOAStatus = o.LOAStatus
	}
	return s
}

// leave keeps the pending submission open after the run.
func (s State) leave(o batch.Outcome) State {
	if !o.Tried.IsZero() {
		s.Tried, s.PendingPhase = o.Tried, PhaseLeft
	}
	if o.Copied.Tried.After(s.Tried) {
		s.Tried = o.Copied.Tried
	}
	if o.ErrorCode == batch.CodeMismatch {
		s.Pending.Hash = "" // it was previously sent with other content
	}
	if !s.knows(o.Token) {
		s = s.remember(o.Token) // it comes from the results copy, and nothing was sent under it
	}
	if o.LOAStatus != "" {
		s.LOAStatus = o.LOAStatus
	}
	return s
}

// settle ends the pending submission by what a lookup found.
func (s State) settle(by batch.Settlement) State {
	s = s.endPending(by.Result).disownIf(by.Other)
	if by.LOAStatus != "" {
		s.LOAStatus = by.LOAStatus
	}
	s.Tried = by.Seen
	return s
}

// endPending makes the pending submission the last one. If it was not applied but the circuit
// has an LOA, valid or not, what is known about the LOA stays.
func (s State) endPending(result sheet.Result) State {
	if result == sheet.Failed && (s.accepted() || s.void()) {
		return s.dropPending()
	}
	if s.Last.Token != s.Pending.Token {
		s.SubmittedAt, s.LOAStatus = time.Time{}, "" // these belong to another application
		s = s.remember(s.Last.Token)
	}
	switch {
	case result == sheet.Submitted:
		s.LOAStatus = "" // the status seen before is an earlier LOA's
	case result == sheet.Already && s.Accepted.After(batch.LongAgo):
		s.SubmittedAt = s.Accepted
	}
	generation := max(s.Last.Generation, s.Pending.Generation) // a token that a copy brought back may be older
	s.Last = s.Pending
	s.Last.Generation = generation
	s.Result, s.ErrorCode, s.RequestID = result, "", ""
	return s.dropPending()
}

func (s State) dropPending() State {
	s.Pending, s.PendingOperation, s.PendingPhase, s.Tried, s.Accepted = Submission{}, batch.Apply, PhaseBegun, time.Time{}, time.Time{}
	return s
}

// disown makes the state no longer claim that the last application led to the circuit's LOA: the
// content with which that was applied for is not known.
func (s State) disown() State {
	s = s.remember(s.Last.Token)
	s.Last.Hash, s.Last.Token = "", ""
	return s
}

func (s State) disownIf(other bool) State {
	if other {
		return s.disown()
	}
	return s
}

// withAnswer adds the API's answer.
func (s State) withAnswer(o batch.Outcome) State {
	if o.Settled.Seen.After(s.Tried) {
		s.Tried = o.Settled.Seen
	}
	s.ErrorCode, s.RequestID = o.ErrorCode, o.RequestID
	if !o.SubmittedAt.IsZero() {
		s.SubmittedAt = o.SubmittedAt
	}
	if o.LOAStatus != "" {
		s.LOAStatus = o.LOAStatus
	}
	return s
}

// Upgrade converts a state of an earlier release, in which an UNKNOWN submission counted as ended
// and another could be begun beside it. Two open ones count as one whose token is not known,
// so neither is sent again before both are settled.
func (s State) Upgrade() State {
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

// Record is the state as the engine reads it. runID is the ID of Current's run, and until is the
// last time at which that run may have sent something, or zero if not known.
func (s State) Record(runID string, until time.Time) batch.Record {
	c := s.Current()
	r := batch.Record{
		Hash: c.Hash, Generation: c.Generation, Token: c.Token, Open: s.Open(),
		Result: s.Result, ErrorCode: s.ErrorCode, RequestID: s.RequestID,
		SubmittedAt: s.SubmittedAt, LOAStatus: s.LOAStatus, RunID: runID, Accepted: s.Accepted, Others: s.Others,
	}
	if !s.Open() {
		r.Tried = s.Tried
		return r
	}
	r.Operation, r.Ended = s.PendingOperation, batch.Identity{Hash: s.Last.Hash, Generation: s.Last.Generation, Token: s.Last.Token}
	if r.Tried = s.Tried; (s.PendingPhase != PhaseLeft || s.Tried.IsZero()) && until.After(s.Tried) {
		r.Tried = until
	}
	return r
}
