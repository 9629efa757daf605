package exit

import (
	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// Run is what decides the exit code of a run over one input.
type Run struct {
	Results    map[sheet.Result]int
	Errors     int              // problems of severity error, of any row
	Withheld   bool             // nothing was sent by design: dry run, validate, --all-or-nothing
	Unasked    int              // rows not predicted or sent, since the API did not give their circuits' state
	Stop       batch.StopReason // why the run stopped early
	Signal     int              // exit code of the signal that stopped it, or 0
	CopyFailed bool             // the results copy could not be written

	LettersMissing int // of --download: could not be fetched
	LettersWrong   int // likewise: about another circuit or company
}

// Code applies the documented order: the highest of 6 to 9, then 4, 5 and 3. A signal
// outranks all but a copy that could not be written.
func (r Run) Code() int {
	switch {
	case r.CopyFailed:
		return NoCopy
	case r.Signal != 0:
		return r.Signal
	case r.Stop == batch.StopDuration:
		return Duration
	case r.Stop == batch.StopLedger || r.Stop == batch.StopPanic:
		return Internal
	case r.Stop == batch.StopFatal || r.Stop == batch.StopAccount || r.Stop == batch.StopMaxFailures || r.Stop == batch.StopCanary:
		return Stopped
	case r.Withheld:
		return r.withheld()
	case r.Results[sheet.NotAttempted] > r.Unasked:
		return Stopped
	case r.Results[sheet.Refused] > 0 || r.LettersWrong > 0:
		return Rows
	case r.bad() && !r.anyValid():
		return Validation
	case r.bad():
		return Rows
	case r.Results[sheet.Failed]+r.Results[sheet.Unknown]+r.Unasked+r.LettersMissing > 0:
		return Unfinished
	}
	return OK
}

func (r Run) withheld() int {
	switch {
	case r.Results[sheet.Blocked] > 0:
		return Rows
	case r.Unasked > 0:
		return Unfinished
	case r.bad():
		return Validation
	case r.Results[sheet.Unknown] > 0: // predicted
		return Unfinished
	}
	return OK
}

func (r Run) bad() bool { return r.Results[sheet.Invalid] > 0 || r.Errors > 0 }

// anyValid reports whether any row passed validation.
func (r Run) anyValid() bool {
	for result, n := range r.Results {
		if n > 0 && result != sheet.Invalid && result != sheet.Skipped {
			return true
		}
	}
	return false
}

// Status is what decides the exit code of a status over one input: an LOA that was rejected
// needs a person, and rows without an answer are unfinished.
type Status struct {
	Stop     batch.StopReason
	Signal   int
	Rejected bool // an LOA was rejected, or a letter is about another circuit or company
	Unasked  int  // rows without an answer, or without their letter
}

// Code returns the exit code.
func (s Status) Code() int {
	switch {
	case s.Signal != 0:
		return s.Signal
	case s.Stop == batch.StopPanic:
		return Internal
	case s.Stop == batch.StopFatal || s.Stop == batch.StopAccount:
		return Stopped
	case s.Rejected:
		return Rows
	case s.Stop == batch.StopDuration:
		return Duration
	case s.Unasked > 0 || s.Stop == batch.StopLedger:
		return Unfinished
	}
	return OK
}
