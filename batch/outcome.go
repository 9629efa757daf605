package batch

import (
	"slices"
	"strings"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// Receipt is the API's confirmation that it accepted an application.
type Receipt struct {
	RequestID string
	At        time.Time // when the answer arrived, UTC
}

// LOA is the state of a Letter of Authorization, from DescribePhysicalConnectionLOA.
type LOA struct {
	Status           string // Applying, Accept, Available, Rejected, Completing, Complete, Deleted; as the API spells it
	CompanyName      string
	Si               string
	LineType         string
	ConstructionTime string // as the API gives it
	LineCode         string // from the report that construction is finished; may be empty
	LineLabel        string // likewise
	CircuitStatus    string // of its circuit, as in CircuitState.Status, if the lookup asked for it
	RequestID        string // of the lookup

	LetterURL SignedURL // where the letter is; empty if there is none yet
}

// SignedURL is an address with a signature, which lets anyone fetch what it leads to. So it never
// prints itself.
type SignedURL string

// Reveal returns the address, only for making the request.
func (u SignedURL) Reveal() string { return string(u) }

// String does not return the address.
func (SignedURL) String() string { return "(signed URL)" }

// GoString does not return the address.
func (SignedURL) GoString() string { return "(signed URL)" }

// MarshalText does not encode the address.
func (SignedURL) MarshalText() ([]byte, error) { return []byte("(signed URL)"), nil }

// CircuitState is what DescribePhysicalConnections reports about one circuit.
type CircuitState struct {
	InstanceID     string
	Status         string // see [StatusAllocated]; others are Rejected, Canceled, Allocation Failed and Terminated
	BusinessStatus string // Normal, FinancialLocked, SecurityLocked
	LOAStatus      string // as LOA.Status; empty if there is none

	Bandwidth    int    // Mbit/s; 0 if the API gives none
	PeerLocation string // where the circuit ends on the customer's side; may be empty
}

// StatusAllocated is the status of a circuit for which an LOA can be applied for, and which can be confirmed.
const StatusAllocated = "Allocated"

// The statuses of a circuit before and after StatusAllocated.
var (
	StatusesBefore = []string{"Initial", "Approved", "Allocating"} // it waits for its port
	StatusesAfter  = []string{"Confirmed", "Enabled"}
)

// Outcome is the result of one row. It holds no personal data and no sentences: Reason is a code that
// the catalogue renders.
type Outcome struct {
	Row         int
	Key         Key
	Operation   Operation
	Result      sheet.Result
	Reason      Reason
	ErrorCode   string // the API's error code, or the code of the row's first problem; may be empty
	RequestID   string // of the answer that decided; may be empty
	Token       string
	Generation  int
	Attempts    int       // requests sent for this row in this run, lookups not counted
	SubmittedAt time.Time // UTC; zero when the API accepted nothing
	LOAStatus   string    // state of the LOA, if known

	// Earlier is the last result of a row that is left out, from the ledger or else from the
	// workbook. It is not recorded with the row.
	Earlier sheet.Result

	// Tried is set if the result is UNKNOWN: when the last attempt that may have been applied was
	// made, UTC. A lookup at least SettlingTime after it settles the row.
	Tried time.Time
	// Settled says what this run found out about the application that an earlier run left open.
	// It is kept only in the state of the circuit in the ledger.
	Settled Settlement
	// Copied is what the row said about another ledger's application. It is kept only in the state
	// of the circuit in the ledger.
	Copied Copied

	// Completed says that this run reported the construction as finished before the step of this
	// outcome. It is not recorded: see [Shown].
	Completed bool

	// CircuitState is the status or business status that blocks the row, as the API
	// spells it, if a survey saw it. It is not recorded with the row.
	CircuitState string
}

// ConcernsCircuit reports whether the result concerns the circuit and not only the row. If an
// operation waits for the LOA, that says nothing about the operation.
func (o *Outcome) ConcernsCircuit() bool {
	if o.Reason == ReasonReview {
		return false
	}
	switch o.Result {
	case sheet.Submitted, sheet.Already, sheet.Refused, sheet.Failed, sheet.Unknown:
		return true
	}
	return false
}

// Reason says why a row has its Result: the catalogue's key, reason-… in full.
type Reason string

// The reasons.
const (
	ReasonAccepted     Reason = "reason-accepted"      // the API accepted it
	ReasonAnswerLost   Reason = "reason-answer-lost"   // the answer was lost, but a lookup found the LOA
	ReasonInLedger     Reason = "reason-in-ledger"     // accepted by an earlier run, according to the ledger
	ReasonLOAExists    Reason = "reason-loa-exists"    // an LOA existed before
	ReasonLOARejected  Reason = "reason-loa-rejected"  // the LOA was rejected or deleted; --reapply applies again
	ReasonValid        Reason = "reason-valid"         // dry run
	ReasonNoCircuit    Reason = "reason-no-circuit"    // online dry run: the account has no such circuit
	ReasonNotAllocated Reason = "reason-not-allocated" // online dry run: the circuit's status is not Allocated
	ReasonLocked       Reason = "reason-locked"        // online dry run: the circuit's business status is not Normal
	ReasonUnasked      Reason = "reason-unasked"       // online dry run: the API gave no answer about the circuit
	ReasonInvalid      Reason = "reason-invalid"       // validation found errors
	ReasonRefused      Reason = "reason-refused"       // the API rejected it
	ReasonAttempts     Reason = "reason-attempts"      // attempts ran out
	ReasonUnsettled    Reason = "reason-unsettled"     // it may have arrived, but no lookup could tell
	ReasonSettling     Reason = "reason-settling"      // an earlier application may still arrive, and this one must not be sent until that is settled
	ReasonNotListed    Reason = "reason-not-listed"    // accepted by an earlier run, but the API shows no LOA now
	ReasonReview       Reason = "reason-review"        // the LOA is not yet in the state in which the operation can be sent
	ReasonNoLOA        Reason = "reason-no-loa"        // the circuit has no LOA for the operation
	ReasonUnfinished   Reason = "reason-unfinished"    // construction is not finished, according to the row
	ReasonWithheld     Reason = "reason-withheld"      // --all-or-nothing, and another row was invalid
	ReasonInterrupted  Reason = "reason-interrupted"   // a signal came first
	ReasonDuration     Reason = "reason-duration"      // --max-duration came first
	ReasonMaxFailures  Reason = "reason-max-failures"  // --max-failures came first
	ReasonCanary       Reason = "reason-canary"        // --canary, and one of the first rows was not accepted
	ReasonStopped      Reason = "reason-stopped"       // a run-fatal answer came first
	ReasonRefusedAll   Reason = "reason-refused-all"   // it was sent and itself got the run-fatal answer
	ReasonAccount      Reason = "reason-account"       // the credentials profile of the row cannot be used
	ReasonRegion       Reason = "reason-region"        // the region is unknown or its endpoint does not resolve
	ReasonLedgerFailed Reason = "reason-ledger-failed" // the ledger could not be written
	ReasonPanic        Reason = "reason-panic"         // a bug of this program stopped the run first
	ReasonSkipped      Reason = "reason-skipped"       // left out by --only
)

// StopReason says why a run ended before all its rows were done: the catalogue's key,
// stop-… in full. It is empty when the run was completed.
type StopReason string

// The stop reasons.
const (
	StopFatal       StopReason = "stop-fatal"        // an answer that holds for every row: credentials, permission, arrears
	StopAccount     StopReason = "stop-account"      // likewise, in some accounts of several; the rows of the others went on
	StopMaxFailures StopReason = "stop-max-failures" // Limits.MaxFailures was reached
	StopCanary      StopReason = "stop-canary"       // one of the rows of Limits.Canary was not accepted
	StopDuration    StopReason = "stop-duration"     // Limits.MaxDuration had passed
	StopLedger      StopReason = "stop-ledger"       // the ledger could not be read or written
	StopPanic       StopReason = "stop-panic"        // a goroutine of this program panicked
	StopInterrupted StopReason = "stop-interrupted"  // the drain channel was closed or the context ended
)

// Reason is the reason of a row that was not reached because the run stopped.
func (s StopReason) Reason() Reason {
	switch s {
	case StopMaxFailures:
		return ReasonMaxFailures
	case StopCanary:
		return ReasonCanary
	case StopDuration:
		return ReasonDuration
	case StopLedger:
		return ReasonLedgerFailed
	case StopPanic:
		return ReasonPanic
	case StopInterrupted:
		return ReasonInterrupted
	}
	return ReasonStopped
}

// CodeChanged is the code of the problem that a row was edited after its application was accepted.
const CodeChanged = "circuit-changed-after-submission"

// CodeLineChanged is the code of the problem that a row's line was changed after its construction was
// reported as finished.
const CodeLineChanged = "circuit-line-changed-after-completion"

// CodeForeign is the code of the problem that a row's account was changed after its circuit
// was applied for.
const CodeForeign = "circuit-account-changed-after-submission"

// CodeMoved is the code of the problem that a row's region was changed after its circuit was applied
// for: a circuit exists in only one region.
const CodeMoved = "circuit-region-changed-after-submission"

// Record is what the ledger knows of a circuit: the open application, or else the last one that had a
// definite result.
type Record struct {
	Hash        string       // content of the application
	Generation  int          //
	Token       string       //
	Operation   Operation    // of the open one
	Open        bool         // it may have taken effect without a definite answer: settle it before another is sent
	Tried       time.Time    // if Open: the last attempt that may have been applied; else: Settlement.Seen; UTC; zero if not known
	Ended       Identity     // if Open: the last one that had a definite result; zero if there is none
	Accepted    time.Time    // if Open: see Copied.Accepted
	Others      string       // other tokens of the circuit that no longer need attention, or count in Tried; one a line, see [Weighed]
	Result      sheet.Result // the definite result; empty if there is none
	ErrorCode   string       //
	RequestID   string       //
	SubmittedAt time.Time    // when it was accepted, UTC; zero if it never was
	LOAStatus   string       // last known
	RunID       string       // the run that wrote it
}

// Other reports whether a token is one of Others.
func (r *Record) Other(token string) bool { return r.lists(token) || r.Weighed(token) }

// Weighed reports whether Others says that what a results copy claims about the token, without a
// date, was taken into account.
func (r *Record) Weighed(token string) bool { return r.lists(Weighed + token) }

func (r *Record) lists(line string) bool {
	return r.Others != "" && slices.Contains(strings.Split(r.Others, "\n"), line)
}

// Weighed marks a token in [Record.Others]. No token contains it.
const Weighed = "\u2713"

// Identity identifies what was sent.
type Identity struct {
	Hash       string
	Generation int
	Token      string
}
