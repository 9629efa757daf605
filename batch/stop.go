package batch

// StopReason tells why a run ended before its rows did: the catalogue's key, stop-… in
// full. It is empty when the run came to its end.
type StopReason string

// The stop reasons.
const (
	StopFatal       StopReason = "stop-fatal"        // an answer that holds for every row: credentials, permission, arrears
	StopMaxFailures StopReason = "stop-max-failures" // Engine.MaxFailures was reached
	StopDuration    StopReason = "stop-duration"     // Engine.MaxDuration was over
	StopLedger      StopReason = "stop-ledger"       // the ledger could not be read or written
	StopInterrupted StopReason = "stop-interrupted"  // the drain channel was closed or the context ended
)

// reason is why a row that a stop kept from its turn has its result.
func (s StopReason) reason() Reason {
	switch s {
	case StopMaxFailures:
		return ReasonMaxFailures
	case StopDuration:
		return ReasonDuration
	case StopLedger:
		return ReasonLedgerFailed
	case StopInterrupted:
		return ReasonInterrupted
	}
	return ReasonStopped
}
