package batch

import "github.com/loabatch/loabatch/sheet"

// Error codes of the API that the engine knows by name, from the page of
// ApplyPhysicalConnectionLOA.
const (
	codeLOAExists     = "IncorrectStatus.PhysicalConnectionLOA" // an LOA stands against the application
	codeCircuitStatus = "IncorrectStatus.PhysicalConnection"    // the circuit is in no state for it
	codeNoCircuit     = "InvalidInstanceId.NotFound"            // the account has no such circuit there
)

// Predict tells what the API would answer to an application now, from the state of its
// circuit: VALID, ALREADY or BLOCKED. The zero state is a circuit that the account
// does not have.
func Predict(a Application, s CircuitState) Outcome {
	o := a.Outcome(sheet.Blocked, ReasonNoCircuit)
	o.LOAStatus = s.LOAStatus
	switch {
	case s.InstanceID == "":
		o.ErrorCode = codeNoCircuit
	case s.LOAStatus != "" && !Void(s.LOAStatus):
		o.Result, o.Reason = sheet.Already, ReasonLOAExists
	case s.LOAStatus == LOARejected && !a.Reapply && !a.ReapplyRejected:
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
