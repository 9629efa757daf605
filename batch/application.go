package batch

import (
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// Key identifies a circuit, which is applied for once across all runs.
type Key struct {
	Region     string
	InstanceID string
}

// Application is one circuit with its engineers, ready to send, and the row it came from.
type Application struct {
	Operation  Operation
	Row        int       // row of the Circuits sheet
	At         sheet.Ref // its Instance ID cell
	Key        Key
	Circuit    *sheet.Circuit
	Engineers  []*sheet.Engineer // 1 to 16, in sheet order
	Hash       string            // hex SHA-256 of the content that is sent, personal data included; reversible only by guessing
	Generation int               // 0 at first; rises only after a definite refusal of this content, or a reapply
	Token      string            // ClientToken: 1 to 64 printable ASCII characters
	Attempt    int               // which attempt of this run it is, from 1 on; 0 in a plan

	// What is known of the circuit's past; set by the plan.
	Recorded        bool     // the ledger knows the circuit
	LookUpFirst     bool     // an LOA may exist already: look it up before anything is sent
	Open            bool     // an earlier application may have arrived: if the row is not reached, it is UNKNOWN
	Accepted        bool     // this content was accepted under this token: repeating it has no effect
	ReapplyRejected bool     // if its LOA turns out to be rejected or deleted, apply again (--reapply)
	Previous        Previous // the last application for the circuit, if it is a different one
}

// Previous is what is known of an earlier application for a circuit. The zero value means
// that there was none.
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
	Problems     []sheet.Problem // found by comparing the workbook with the past; the workbook's own are not repeated
	DryRun       bool            // Run sends nothing
}

// repeated returns the application to send if a person asks for another one: of the next
// generation. An operation that cannot be repeated is sent once more as it was.
func (a *Application) repeated(loaStatus string) Application {
	next := *a
	next.LookUpFirst = false
	if again := operations[a.Operation].again; again != nil {
		next.Operation = again(loaStatus)
		next.Generation++
		next.Token = next.DeriveToken()
	}
	return next
}

// Outcome returns an outcome for the application's row, with what the application knows.
func (a *Application) Outcome(r sheet.Result, why Reason) Outcome {
	return Outcome{Row: a.Row, Key: a.Key, Operation: a.Operation, Result: r, Reason: why, Token: a.Token, Generation: a.Generation}
}

// Unsent is the result of a row that is not sent: UNKNOWN if an earlier application is
// open, else NOT_ATTEMPTED.
func (a *Application) Unsent() sheet.Result {
	if a.Open {
		return sheet.Unknown
	}
	return sheet.NotAttempted
}
