package batch

import (
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// Key names a circuit across runs: what is applied for once.
type Key struct {
	Region     string
	InstanceID string
}

// Application is one circuit with its engineers, ready to send, and the row it came from.
type Application struct {
	Row        int       // row of the Circuits sheet
	At         sheet.Ref // its Instance ID cell
	Key        Key
	Circuit    *sheet.Circuit
	Engineers  []*sheet.Engineer // 1 to 16, in sheet order
	Hash       string            // hex SHA-256 of the content that is sent, personal data included; never reversible to it by itself
	Generation int               // 0 at first; rises only after a definite refusal of this content, or a reapply
	Token      string            // ClientToken: 1 to 64 printable ASCII characters
	Reapply    bool              // goes through SecondApplyPhysicalConnectionLOA
	Attempt    int               // which attempt of this run it is, from 1 on; 0 in a plan

	// What the past says of the circuit; set by the plan.
	LookUpFirst     bool     // an LOA may be there already: look it up before anything is sent
	Open            bool     // an earlier application may have arrived: if the row is not reached, it is UNKNOWN
	Accepted        bool     // this content was accepted under this token: repeating it has no effect
	ReapplyRejected bool     // if its LOA turns out to be rejected or deleted, apply again (--reapply)
	Previous        Previous // the last application for the circuit, when it is another one
}

// Previous is what is known of an earlier application for a circuit. The zero value is none.
type Previous struct {
	Token      string
	Generation int
	Accepted   bool      // by the API; RequestID and At are then of its answer
	RequestID  string    // may be empty
	At         time.Time // zero when it is not known
}

// Plan is what a run will do with a workbook: a value that can be printed and tested.
// Every row of the Circuits sheet is either one of Applications or one of Settled.
type Plan struct {
	Applications []Application   // to be sent, or looked up and then sent, in sheet order
	Settled      []Outcome       // rows whose outcome is known before anything is sent, in sheet order
	Problems     []sheet.Problem // found by holding the workbook against the past; the workbook's own are not repeated
	DryRun       bool            // Run withholds the sending
}

// reapplied gives the application that follows when a person asked for one after the last
// came to nothing: one generation on, through SecondApplyPhysicalConnectionLOA where the
// LOA was rejected, through ApplyPhysicalConnectionLOA where there is none.
func (a *Application) reapplied(status string) Application {
	next := *a
	next.LookUpFirst, next.Reapply = false, status == LOARejected
	next.Generation++
	next.Token = next.DeriveToken()
	return next
}

// Outcome begins the outcome of the application's row.
func (a *Application) Outcome(r sheet.Result, why Reason) Outcome {
	return Outcome{Row: a.Row, Key: a.Key, Result: r, Reason: why, Token: a.Token, Generation: a.Generation}
}

// Unsent is the result of a row that is not sent: UNKNOWN if an earlier application is
// open, else NOT_ATTEMPTED.
func (a *Application) Unsent() sheet.Result {
	if a.Open {
		return sheet.Unknown
	}
	return sheet.NotAttempted
}

// Receipt is the API's word that it accepted an application.
type Receipt struct {
	RequestID string
	At        time.Time // when the answer arrived, UTC
}

// LOA is where a Letter of Authorization stands, from DescribePhysicalConnectionLOA.
type LOA struct {
	Status           string // Applying, Accept, Available, Rejected, Completing, Complete, Deleted; as the API spells it
	CompanyName      string
	Si               string
	LineType         string
	ConstructionTime string // as the API gives it
	RequestID        string // of the lookup
}

// CircuitState is what DescribePhysicalConnections tells of one circuit.
type CircuitState struct {
	InstanceID     string
	Status         string // Initial, Approved, Allocating, Allocated, Confirmed, Enabled, Rejected, Canceled, Allocation Failed, Terminated
	BusinessStatus string // Normal, FinancialLocked, SecurityLocked
	LOAStatus      string // as LOA.Status; empty when there is none
}

// Outcome is what came of one row. It holds no personal data and no prose: Reason
// is a code that the catalogue renders.
type Outcome struct {
	Row         int
	Key         Key
	Result      sheet.Result
	Reason      Reason
	ErrorCode   string // the API's error code, or the code of the row's first problem; may be empty
	RequestID   string // of the answer that decided; may be empty
	Token       string
	Generation  int
	Attempts    int       // requests sent for this row in this run, lookups not counted
	SubmittedAt time.Time // UTC; zero when the API accepted nothing
	LOAStatus   string    // where the LOA stands, if that was learnt

	// CircuitState is the status or business status that blocks the row, as the API
	// spells it: of an online dry run alone, and so no ledger keeps it.
	CircuitState string
}

// Reason tells why a row has its Result: the catalogue's key, reason-… in full.
type Reason string

// The reasons.
const (
	ReasonAccepted     Reason = "reason-accepted"      // the API said yes
	ReasonAnswerLost   Reason = "reason-answer-lost"   // the answer was lost, the lookup found the LOA
	ReasonInLedger     Reason = "reason-in-ledger"     // accepted by an earlier run, says the ledger
	ReasonLOAExists    Reason = "reason-loa-exists"    // an LOA stood there before
	ReasonLOARejected  Reason = "reason-loa-rejected"  // the LOA was rejected or deleted; --reapply applies again
	ReasonValid        Reason = "reason-valid"         // dry run
	ReasonNoCircuit    Reason = "reason-no-circuit"    // online dry run: the account has no such circuit
	ReasonNotAllocated Reason = "reason-not-allocated" // online dry run: the circuit's status is another one
	ReasonLocked       Reason = "reason-locked"        // online dry run: the circuit's business status is not Normal
	ReasonUnasked      Reason = "reason-unasked"       // online dry run: the API gave no answer about the circuit
	ReasonInvalid      Reason = "reason-invalid"       // validation found errors
	ReasonRefused      Reason = "reason-refused"       // the API refused it
	ReasonAttempts     Reason = "reason-attempts"      // attempts ran out
	ReasonUnsettled    Reason = "reason-unsettled"     // it may have arrived, no lookup could tell
	ReasonWithheld     Reason = "reason-withheld"      // --all-or-nothing and another row was invalid
	ReasonInterrupted  Reason = "reason-interrupted"   // a signal came first
	ReasonDuration     Reason = "reason-duration"      // --max-duration came first
	ReasonMaxFailures  Reason = "reason-max-failures"  // --max-failures came first
	ReasonStopped      Reason = "reason-stopped"       // a run-fatal answer came first
	ReasonRefusedAll   Reason = "reason-refused-all"   // it was sent and got the run-fatal answer itself
	ReasonRegion       Reason = "reason-region"        // the region is unknown or its endpoint does not resolve
	ReasonLedgerFailed Reason = "reason-ledger-failed" // the ledger could not be written
	ReasonSkipped      Reason = "reason-skipped"       // left out by --only
)
