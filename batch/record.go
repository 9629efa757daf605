package batch

import (
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// Record is what the ledger knows of a circuit: its last application and how it ended.
type Record struct {
	Hash        string       // content of the last application
	Generation  int          //
	Token       string       //
	Open        bool         // begun and not finished, or finished as UNKNOWN: settle it before sending
	Result      sheet.Result // of the last finished one that was sent or settled; empty when Open from the start
	ErrorCode   string       //
	RequestID   string       //
	SubmittedAt time.Time    // when it was accepted, UTC; zero if it never was
	LOAStatus   string       // last known
	RunID       string       // the run that wrote it
}
