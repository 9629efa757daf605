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
	Hash       string            // hex SHA-256 of the content that is sent, personal data included; can be reversed only by guessing
	Generation int               // 0 at first; rises only after a definite refusal, or with a reapplication
	Token      string            // ClientToken: 1 to 64 printable ASCII characters
	Attempt    int               // number of the attempt in this run, from 1 on; 0 in a plan
	Unfit      string            // code of the error that keeps the row from taking the step; empty if it can
	Then       *Application      // the row's next step, taken if the LOA turns out to be in a state for it; nil if this is the last one

	// What is known of the circuit's past; set by the plan.
	Recorded        bool   // the ledger knows the circuit, and not only from a results copy
	First           bool   // a survey or a lookup of this run saw the circuit without an LOA
	Status          string // of the circuit, as a survey of this run saw it, if it does not allow an application
	Start           Start
	Elsewhere       *Earlier       // the application that is open in another region, or nil; this one waits until it is settled
	Moved           *sheet.Problem // to be reported if the LOA of Elsewhere is valid; nil if that does not matter
	Past            *Past          // nil for a row without one; see Amend
	Changed         *sheet.Problem // to be reported if there is a valid LOA although Open or Ended is Edited
	ReapplyRejected bool           // if its LOA turns out to be rejected or deleted, apply again (--reapply)
	Renewed         bool           // Ended was accepted, but its LOA has been applied for again since
}

// Past is what is known of the earlier applications for a circuit. Most have none, so an
// Application refers to it by pointer. It is not changed once it is set: copies of the
// application share it.
type Past struct {
	Open    Earlier    // the application that an earlier run left open, if Start says so
	Ended   Earlier    // the last one that had a definite result; zero if there is none
	Copied  Copied     // the application of Open, if a results copy knows it but the ledger does not yet
	Settled Settlement // what a lookup of this run found out about Open; without it, the ledger rejects another token
}

// Open returns the Open of the application's past.
func (a *Application) Open() Earlier {
	if a.Past == nil {
		return Earlier{}
	}
	return a.Past.Open
}

// Ended returns the Ended of the application's past.
func (a *Application) Ended() Earlier {
	if a.Past == nil {
		return Earlier{}
	}
	return a.Past.Ended
}

// Copied returns the Copied of the application's past.
func (a *Application) Copied() Copied {
	if a.Past == nil {
		return Copied{}
	}
	return a.Past.Copied
}

// Settled returns the Settled of the application's past.
func (a *Application) Settled() Settlement {
	if a.Past == nil {
		return Settlement{}
	}
	return a.Past.Settled
}

// Amend gives the application its own copy of its past, and returns the copy for changing.
func (a *Application) Amend() *Past {
	own := &Past{}
	if a.Past != nil {
		*own = *a.Past
	}
	a.Past = own
	return own
}

// Earlier is what is known of an earlier application for a circuit.
type Earlier struct {
	Region     string // of Elsewhere: where it was made
	Token      string
	Generation int
	Edited     bool      // its content differed from the row's
	Accepted   bool      // by the API; RequestID and At are then those of its answer
	RequestID  string    // may be empty
	At         time.Time // zero if not known
	LOAStatus  string    // of Ended: the LOA's status, if known
	Tried      time.Time // of Open: the last attempt that may have arrived; of Ended: see Record.Tried; UTC; zero if not known
	Own        bool      // another member of this batch made it, so its result counts as this run's
	Repeated   bool      // lookups may still show an earlier LOA of the circuit, or an attempt may still be in progress
}

// Copied is an application that is open or accepted according to a results copy but is not in the
// ledger: it comes from another ledger, perhaps one that was lost. The zero Copied means nothing.
type Copied struct {
	Token      string
	Unnamed    bool // the copy has no token
	Generation int
	Tried      time.Time // when the settling time starts, UTC; zero if not known
	Accepted   time.Time // when it was accepted, UTC, [LongAgo] if the copy does not say when; zero if that is uncertain
}

// LongAgo is the time of an attempt that is over since an unknown time.
var LongAgo = time.Unix(0, 0).UTC()

// Settlement says how an open application was settled, by a lookup or by the answer to a later
// attempt. The zero Settlement means nothing.
type Settlement struct {
	Token     string       // of the application
	Result    sheet.Result // ALREADY: it or another one has a valid LOA; REFUSED: the LOA is rejected or deleted; FAILED: there is none
	LOAStatus string
	// Seen is, if ALREADY, the time of the last unanswered attempt, or when a lookup saw the LOA
	// if that was later, UTC. For the settling time after it, lookups may show an earlier LOA.
	// If REFUSED, it is when a lookup saw that the LOA was void: for as long, they may show it
	// as still valid.
	Seen  time.Time
	Other bool // if ALREADY: the LOA is not the application's, and the content with which it was applied for is not known
}

// Start is how a row starts, given what is known of its circuit's past.
type Start uint8

// The starts. Those from StartResume on leave the circuit open until a lookup settles it.
const (
	StartSend     Start = iota // nothing is known that speaks against sending
	StartFirst                 // look up first, for --reapply
	StartVoid                  // the LOA was rejected or deleted: another application needs a person's consent
	StartReady                 // the LOA must be in the state that the operation requires
	StartAccepted              // an application was accepted; --reapply applies again if it was rejected
	StartResume                // this very application is open: it is continued under its token
	StartRepeat                // likewise, and it is a reapplication
	StartChanged               // another application is open: this one waits until it is settled
)

// startStates are the states in which rows start.
var startStates = [...]state{sendFresh, askFirst, askVoid, askReady, askAccepted, askResume, askRepeat, askChanged}

func (s Start) state() state { return startStates[s] }

// LooksUp reports whether the row is looked up before anything is sent.
func (s Start) LooksUp() bool { return !s.state().sends() }

// state is the state in which the row starts.
func (a *Application) state() state {
	if a.Elsewhere != nil {
		return askElsewhere
	}
	return a.Start.state()
}

// pending is the application that is open when the row starts, if there is one.
func (a *Application) pending() Earlier {
	if a.Elsewhere != nil {
		return *a.Elsewhere
	}
	return a.Open()
}

// Plan is what a run will do with a workbook: a value that can be printed and tested.
// Every row of the Circuits sheet is either one of Applications or one of Settled.
type Plan struct {
	Applications []Application   // to be sent, or looked up and then sent, in sheet order
	Settled      []Outcome       // rows whose outcome is known before anything is sent, in sheet order
	Problems     []sheet.Problem // found by comparing the workbook with the past; the workbook's own are not repeated
	DryRun       bool            // Run sends nothing
}

// repeated returns the application to send if a person asks for another one: that of the next
// generation. An operation that cannot be repeated is sent again unchanged.
func (a *Application) repeated(loaStatus string) Application {
	next := *a
	next.Start, next.Changed, next.Moved, next.ReapplyRejected, next.First = StartSend, nil, nil, false, false
	if a.Past != nil {
		next.Past = &Past{Copied: a.Past.Copied, Settled: a.Past.Settled}
	}
	if again := operations[a.Operation].again; again != nil {
		next.Operation = again(loaStatus)
		next.Generation = max(a.Generation, a.Open().Generation, a.Ended().Generation) + 1
		next.Token = next.DeriveToken()
	}
	return next
}

// step returns the first step of a row, from this one on, that comes after the given operation.
func (a *Application) step(after Operation) *Application {
	for a.Then != nil && a.Operation.step() <= after.step() {
		a = a.Then
	}
	return a
}

// Outcome returns an outcome for the application's row, with what the application knows.
func (a *Application) Outcome(r sheet.Result, why Reason) Outcome {
	return Outcome{Row: a.Row, Key: a.Key, Operation: a.Operation, Result: r, Reason: why, Token: a.Token, Generation: a.Generation, Copied: a.Copied()}
}

// Unsent is the result of a row that is not sent: UNKNOWN if an earlier application is
// open, else NOT_ATTEMPTED.
func (a *Application) Unsent() sheet.Result {
	if a.state().open() {
		return sheet.Unknown
	}
	return sheet.NotAttempted
}
