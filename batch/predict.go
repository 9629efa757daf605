package batch

import "github.com/loabatch/loabatch/sheet"

// Error codes of the API that the engine knows by name, from the page of
// ApplyPhysicalConnectionLOA.
const (
	codeLOAExists     = "IncorrectStatus.PhysicalConnectionLOA" // an LOA stands against the application
	codeCircuitStatus = "IncorrectStatus.PhysicalConnection"    // the circuit is in no state for it
	codeNoCircuit     = "InvalidInstanceId.NotFound"            // the account has no such circuit there
)

// States of an LOA after which there is none to speak of.
const (
	loaRejected = "Rejected"
	loaDeleted  = "Deleted"
)

// gone reports whether an LOA with this status stands no more. A word that the pages
// do not list counts as standing, so that nothing is applied for twice.
func gone(status string) bool { return status == loaRejected || status == loaDeleted }

// Predict tells what the API would answer to an application now, from the state of its
// circuit: VALID, ALREADY or BLOCKED. The zero state is a circuit that the account
// does not have.
func Predict(a Application, s CircuitState) Outcome {
	o := a.outcome(sheet.Blocked, ReasonNoCircuit)
	o.LOAStatus = s.LOAStatus
	switch {
	case s.InstanceID == "":
		o.ErrorCode = codeNoCircuit
	case s.LOAStatus != "" && !gone(s.LOAStatus):
		o.Result, o.Reason = sheet.Already, ReasonLOAExists
	case s.LOAStatus == loaRejected && !a.Reapply && !a.again:
		o.Reason, o.ErrorCode = ReasonLOARejected, codeLOAExists
	case s.BusinessStatus != "" && s.BusinessStatus != "Normal":
		o.Reason, o.ErrorCode, o.CircuitState = ReasonLocked, codeCircuitStatus, s.BusinessStatus
	case s.Status != "Allocated":
		o.Reason, o.ErrorCode, o.CircuitState = ReasonNotAllocated, codeCircuitStatus, s.Status
	default:
		o.Result, o.Reason = sheet.Valid, ReasonValid
	}
	return o
}

// outcome begins the outcome of an application's row.
func (a *Application) outcome(r sheet.Result, why Reason) Outcome {
	return Outcome{Row: a.Row, Key: a.Key, Result: r, Reason: why, Token: a.Token, Generation: a.Generation}
}
