package batch

import (
	"fmt"

	"github.com/loabatch/loabatch/sheet"
)

// Operation is what an application asks the API to do. The zero value is Apply.
//
// A new operation is declared in this file; package cloud makes its request, package cli
// gives it a command and package prose its words.
type Operation uint8

// The operations.
const (
	Apply    Operation = iota // apply for an LOA
	Reapply                   // apply again after the LOA was rejected
	Complete                  // report that construction is finished
	Confirm                   // confirm the circuit, which starts its service and billing

	Operations = iota // how many there are
)

// operations holds what the engine has to know about each operation.
var operations = [...]struct {
	name  string // never changes
	api   API
	salt  string // makes its tokens distinct; empty for Apply, whose tokens are older than salts
	place Place
	// conflicts are the codes of refusals saying that the LOA, or its circuit, is in a state
	// that prevents the operation. A lookup finds out whether the operation itself caused it.
	conflicts []string
	// again is the operation to send if a person asks for another one, given the status of
	// the LOA, which is void or missing. It is nil if the operation cannot be repeated.
	again   func(loaStatus string) Operation
	content func(*digest, *Application)
	judge   func(*Application, LOA) loaState // of the LOA that a lookup found, or the zero LOA
	predict func(*Application, CircuitState) Outcome
	leadsTo string                    // the status of the LOA once it was accepted
	wanted  func(*sheet.Circuit) bool // by its row; nil if every row wants it
	// asksCircuit says that a lookup has to ask for the circuit, too, since its LOA does not
	// tell whether the operation took effect.
	asksCircuit bool
}{
	Apply: {
		name: "apply", api: "ApplyPhysicalConnectionLOA", place: PlaceLOA, conflicts: []string{codeLOAState}, again: applyAgain,
		content: applyContent, judge: judgeApplied, predict: predictApply, leadsTo: LOAApplying,
	},
	Reapply: {
		name: "reapply", api: "SecondApplyPhysicalConnectionLOA", salt: "reapply", place: PlaceLOA, conflicts: []string{codeLOAState}, again: applyAgain,
		content: applyContent, judge: judgeApplied, predict: predictApply, leadsTo: LOAApplying,
	},
	Complete: {
		name: "complete", api: "CompletePhysicalConnectionLOA", salt: "complete", place: PlaceCompletion, conflicts: []string{codeLOAState, codeNotAvailable},
		content: completeContent, judge: judgeCompleted, predict: predictComplete, leadsTo: LOACompleting,
		wanted: func(c *sheet.Circuit) bool { return c.Finished == sheet.Yes },
	},
	Confirm: {
		name: "confirm", api: "ConfirmPhysicalConnection", salt: "confirm", place: PlaceConfirmation, conflicts: []string{CodeCircuitStatus, codeUnfinished},
		content: confirmContent, judge: judgeConfirmed, predict: predictConfirm, leadsTo: LOAComplete,
		wanted:      func(c *sheet.Circuit) bool { return c.Finished == sheet.Yes && c.Confirm == sheet.Yes },
		asksCircuit: true,
	},
}

// Place names what an operation is about in the ledger, which keeps one record for each
// circuit and place: a later operation with the same place supersedes an earlier one.
// Places never change.
type Place string

// The places.
const (
	PlaceLOA          Place = "loa"          // a circuit's application for its LOA, whether the first or a later one
	PlaceCompletion   Place = "completion"   // the report that its construction is finished
	PlaceConfirmation Place = "confirmation" // of the circuit
)

// String returns the operation's name, such as apply, for logs and ledgers. It is stable.
func (o Operation) String() string { return operations[o].name }

// ParseOperation returns the operation with a name. An empty name means Apply.
func ParseOperation(name string) (Operation, error) {
	for i, o := range operations {
		if o.name == name || name == "" {
			return Operation(i), nil
		}
	}
	return 0, fmt.Errorf("unknown operation %q", name)
}

// step is the operation's position in the life of a circuit, from 0 on.
func (o Operation) step() int {
	if o == Reapply {
		return 0
	}
	return int(o)
}

// After reports whether the operation comes after another one in the life of a circuit.
func (o Operation) After(other Operation) bool { return o.step() > other.step() }

// WantedBy reports whether a row asks for the operation: only an application needs no word of
// its own.
func (o Operation) WantedBy(c *sheet.Circuit) bool {
	wanted := operations[o].wanted
	return wanted == nil || wanted(c)
}

// LeadsTo is the status of an LOA after the operation was accepted.
func (o Operation) LeadsTo() string { return operations[o].leadsTo }

// API returns the call that carries out the operation. Each has a quota of its own in
// each region.
func (o Operation) API() API { return operations[o].api }

// Place returns the operation's place in the ledger.
func (o Operation) Place() Place { return operations[o].place }

// API names one of the VPC calls. Each has its own quota in each region.
type API string

// The APIs that read. Those that write belong to an [Operation].
const (
	LookupAPI API = "DescribePhysicalConnectionLOA"
	SurveyAPI API = "DescribePhysicalConnections"
)

// Error codes of the API that the engine knows by name, from the pages of
// ApplyPhysicalConnectionLOA, CompletePhysicalConnectionLOA and ConfirmPhysicalConnection.
const (
	codeLOAState      = "IncorrectStatus.PhysicalConnectionLOA" // the circuit has an LOA, or none that the operation is about
	CodeCircuitStatus = "IncorrectStatus.PhysicalConnection"    // the circuit is not in a state that allows it
	CodeMismatch      = "IdempotentParameterMismatch"           // the token was used before, with other parameters
	CodeNoCircuit     = sheet.CodeNoCircuit                     // the account has no such circuit there
)

// The states of an LOA: see package sheet, which finds them in results copies.
const (
	LOAApplying   = sheet.LOAApplying
	LOAAccept     = sheet.LOAAccept
	LOAAvailable  = sheet.LOAAvailable
	LOACompleting = sheet.LOACompleting
	LOAComplete   = sheet.LOAComplete
	LOARejected   = sheet.LOARejected
	LOADeleted    = sheet.LOADeleted
)

// Void reports whether an LOA with this status is no longer valid.
func Void(loaStatus string) bool { return sheet.VoidLOA(loaStatus) }

// loaState is what a circuit's LOA means for an application.
type loaState uint8

const (
	loaNone    loaState = iota // there is none that prevents the operation, which has had no effect
	loaVoid                    // it was rejected or deleted
	loaOurs                    // it has the effect that the application asks for
	loaOther                   // it is valid and prevents the application
	loaWaiting                 // it is not yet in the state in which the operation can be sent
)

// judgeApplied compares an LOA with an application for one.
func judgeApplied(a *Application, l LOA) loaState {
	switch {
	case l.Status == "":
		return loaNone
	case Void(l.Status):
		return loaVoid
	case sameContent(a, l):
		return loaOurs
	}
	return loaOther
}

// applyAgain is Reapply if the LOA was rejected, and Apply otherwise.
func applyAgain(loaStatus string) Operation {
	if loaStatus == LOARejected {
		return Reapply
	}
	return Apply
}

// Predict says what the API would now answer to an application, given the state of its circuit:
// VALID, ALREADY or BLOCKED. The zero state is a circuit that the account does not have.
func Predict(a Application, s CircuitState) Outcome { return operations[a.Operation].predict(&a, s) }

func predictApply(a *Application, s CircuitState) Outcome {
	o := a.Outcome(sheet.Blocked, ReasonNoCircuit)
	o.LOAStatus = s.LOAStatus
	switch {
	case s.InstanceID == "":
		o.ErrorCode = CodeNoCircuit
	case s.LOAStatus != "" && !Void(s.LOAStatus):
		o.Result, o.Reason = sheet.Already, ReasonLOAExists
	case s.LOAStatus == LOARejected && a.Operation == Apply && !a.ReapplyRejected:
		o.Reason, o.ErrorCode = ReasonLOARejected, codeLOAState
	case s.BusinessStatus != "" && s.BusinessStatus != "Normal":
		o.Reason, o.ErrorCode, o.CircuitState = ReasonLocked, CodeCircuitStatus, s.BusinessStatus
	case s.Status != StatusAllocated:
		o.Reason, o.ErrorCode, o.CircuitState = ReasonNotAllocated, CodeCircuitStatus, s.Status
	default:
		o.Result, o.Reason = sheet.Valid, ReasonValid
	}
	return o
}
