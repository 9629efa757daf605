package sheet

import (
	"slices"
	"time"
)

// Result is what became of a row: a closed set, and every row ends in exactly one.
type Result string

// The results. Their meaning and next step stand in the README's table.
const (
	Submitted    Result = "SUBMITTED"     // the API accepted the application in this run
	Already      Result = "ALREADY"       // it had been accepted before
	Valid        Result = "VALID"         // dry run: nothing stands against it
	Blocked      Result = "BLOCKED"       // online dry run: the API would refuse it now
	Invalid      Result = "INVALID"       // failed validation, was not sent
	Refused      Result = "REFUSED"       // the API refused it for good
	Failed       Result = "FAILED"        // attempts ran out; the API surely holds no application
	Unknown      Result = "UNKNOWN"       // it may have arrived and could not be settled
	NotAttempted Result = "NOT_ATTEMPTED" // the run stopped before its turn
	Skipped      Result = "SKIPPED"       // left out by --only
)

// AllResults lists the closed set in the order of the documentation.
var AllResults = []Result{Submitted, Already, Valid, Blocked, Invalid, Refused, Failed, Unknown, NotAttempted, Skipped}

// worstFirst orders results from what needs a person most to what needs nobody.
var worstFirst = []Result{Invalid, Refused, Failed, Unknown, Blocked, NotAttempted, Skipped, Submitted, Already, Valid}

func worse(a, b Result) bool { return slices.Index(worstFirst, a) < slices.Index(worstFirst, b) }

// Style gives the look of a result.
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
	Message     string // rendered prose
	ErrorCode   string // the API's code, or the first problem's
	RequestID   string
	SubmittedAt time.Time // UTC; zero when nothing was accepted
	Attempts    int
	ClientToken string
	LOAStatus   string
}
