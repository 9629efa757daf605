package sheet

import (
	"slices"
	"time"
)

// Result is the final state of a row: one of a closed set.
type Result string

// The results. The README explains each of them and the next step.
const (
	Submitted    Result = "SUBMITTED"     // the API accepted the application in this run
	Already      Result = "ALREADY"       // it had been accepted before
	Valid        Result = "VALID"         // dry run: nothing prevents sending it
	Blocked      Result = "BLOCKED"       // online dry run: the API would reject it now
	Invalid      Result = "INVALID"       // failed validation and was not sent
	Refused      Result = "REFUSED"       // the API rejected it
	Failed       Result = "FAILED"        // out of attempts; the API certainly holds no application
	Unknown      Result = "UNKNOWN"       // it may have taken effect, which could not be found out
	NotAttempted Result = "NOT_ATTEMPTED" // the run stopped before it was sent
	Skipped      Result = "SKIPPED"       // left out by --only
)

// AllResults lists all results in the order of the documentation.
var AllResults = []Result{Submitted, Already, Valid, Blocked, Invalid, Refused, Failed, Unknown, NotAttempted, Skipped}

// worstFirst orders the results by how much they need the user's attention.
var worstFirst = []Result{Invalid, Refused, Failed, Unknown, Blocked, NotAttempted, Skipped, Submitted, Already, Valid}

func worse(a, b Result) bool { return slices.Index(worstFirst, a) < slices.Index(worstFirst, b) }

// Style returns the style of a result's cell.
func (r Result) Style() Style {
	switch r {
	case Submitted, Already, Valid:
		return StyleGood
	case Invalid, Refused, Failed:
		return StyleBad
	case Skipped:
		return StyleMuted
	case Unknown, Blocked, NotAttempted:
		return StyleWarn
	}
	return StylePlain
}

// RowResult is what is written back into one row of a sheet.
type RowResult struct {
	Row         int // the row's number in the sheet
	Result      Result
	Message     string // rendered message
	ErrorCode   string // the API's code, or the first problem's
	RequestID   string
	SubmittedAt time.Time // UTC; zero if nothing was accepted
	Attempts    int
	ClientToken string
	LOAStatus   string
}
