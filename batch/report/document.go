// Package report presents the results of a run to people and to programs. It only renders:
// a [Document] contains every figure and every rendered sentence about a row, and each form
// below is a view of it.
//
//  1. [Text] is the summary on the terminal, to be read in ten seconds: what happened,
//     counts with the next step, causes with their cells, where the copy is, the command
//     to run next.
//  2. [JSON] is the document itself, for programs; its keys never change.
//  3. [Sheets] makes the Errors and Summary sheets of the results copy.
//  4. [CSV] and [HTML] are error reports as files, to be mailed or kept.
//
// What needs attention is one list (findings.go), the same in all forms.
//
// Labels come from a catalogue behind [Words]; codes, result words and figures are
// the same in every language. Personal data never reaches a Document: values are masked
// where the problem is found.
//
// The order is that of the sheet within one severity; causes are sorted by severity and
// frequency.
package report

import (
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// Document is everything that is shown of one finished run over one input file. Scripts
// rely on its JSON keys: they may be added to, never renamed.
type Document struct {
	RunID           string        `json:"run_id"`
	Command         string        `json:"command"`          // submit, validate, status, report
	DryRun          bool          `json:"dry_run"`          // validate, or submit --dry-run
	ExitCode        int           `json:"exit_code"`        // of this input; the process may have another
	Input           string        `json:"input"`            // path as given
	InputSHA256     string        `json:"input_sha256"`     // hex, of the bytes that were read
	Output          string        `json:"output"`           // path of the results copy; empty if none was written
	Reports         []string      `json:"reports"`          // paths of the report files
	Account         string        `json:"account"`          // account ID; empty if it was not asked for
	Regions         []string      `json:"regions"`          // of the rows, sorted
	Rows            int           `json:"rows"`             // of the Circuits sheet; the results add up to it
	Results         Results       `json:"results"`          //
	Requests        int           `json:"requests"`         // sent, retries included
	Retries         int           `json:"retries"`          //
	Throttled       int           `json:"throttled"`        // answers saying that the quota was exceeded
	DurationSeconds float64       `json:"duration_seconds"` // of this run alone, from its start to its last outcome
	Problems        []Problem     `json:"problems"`         // in reading order, without the unlisted ones; in JSON this is the list of findings
	Applications    []Application `json:"applications"`     // one for each row, in sheet order

	// Scripts do not rely on the following.

	Version       string  `json:"version"`                       // of loabatch
	DryRunMode    string  `json:"dry_run_mode"`                  // offline, online, or empty
	Simulated     bool    `json:"simulated"`                     // the embedded simulator answered; nothing was sent to anyone
	StartedAt     Instant `json:"started_at"`                    //
	FinishedAt    Instant `json:"finished_at"`                   //
	SlowedSeconds float64 `json:"slowed_seconds"`                // spent below the requested rate, because the server throttled
	StopReason    string  `json:"stop_reason"`                   // code of why the run stopped early; empty if it did not
	StopCode      string  `json:"stop_code"`                     // the API's error code that stopped it, if one did
	AheadSeconds  float64 `json:"clock_ahead_seconds,omitempty"` // how far this machine's clock is ahead of the service's, if that stopped the run
	Failure       string  `json:"failure"`                       // why the copy could not be written (exit code 8); empty if it could

	MovedTo string `json:"moved_to,omitempty"` // path of the input after the run; empty if it was not moved

	Plan       string `json:"plan,omitempty"`        // path of the plan that was written
	PlanSHA256 string `json:"plan_sha256,omitempty"` // its checksum, or that of the plan that the run followed

	ChangeRef string `json:"change_ref,omitempty"` // a ticket number or the like, as given
	TraceID   string `json:"trace_id,omitempty"`   // of the W3C trace to which the run belongs

	// LeftOut counts the rows that --only left out by the result that they had before.
	LeftOut Results `json:"left_out,omitempty"`
	Warned  int     `json:"rows_with_warnings"` // VALID rows with a warning about them or their engineers

	Accounts []Account `json:"accounts,omitempty"` // if the rows name their accounts: each account with its rows

	InProgress bool `json:"in_progress,omitempty"` // other hosts continue the run; this is what has results so far (--no-wait)

	LogFailure string `json:"log_failure,omitempty"` // why the log file is incomplete; empty if it is complete or there is none

	Language sheet.Language `json:"-"` // of the copy

	Waiting []Waiting `json:"waiting,omitempty"` // of advance: for whom and for what rows wait

	Unasked  int      `json:"-"` // rows of a status or online dry run for which the API gave no answer
	Commands Commands `json:"-"` // that may be run next

	// Folded are the notes to be listed: those of one kind as one if there are many, see
	// FoldNotes; nil if they are listed one by one.
	Folded []Problem `json:"-"`

	InputPath, OutputPath string `json:"-"` // absolute, for the Summary; empty if they are the same as above

	// Unlisted counts, by code, the problems of a hopeless workbook that are too many to be
	// listed. All other counts include them.
	Unlisted []Unlisted `json:"problems_not_listed,omitempty"`
}

// Waiting counts the rows that wait for the same thing.
type Waiting struct {
	For     string `json:"waiting_for"` // alibaba-cloud, construction-company or us
	Message string `json:"message"`     // for whom and for what
	Rows    int    `json:"rows"`
}

// waits counts the rows that wait for somebody.
func (d *Document) waits() (n int) {
	for _, w := range d.Waiting {
		n += w.Rows
	}
	return n
}

// waiting says for whom and for what rows wait; it is empty if none do.
func (d *Document) waiting(words Words) string {
	parts := make([]string, len(d.Waiting))
	for i, w := range d.Waiting {
		parts[i] = words.Line("report-waits", numberArg("n", w.Rows), textArg("awaits", w.Message))
	}
	if len(parts) == 0 {
		return ""
	}
	return words.Line("report-waiting", textArg("list", enumeration(words, parts)))
}

// Account is what a run did in one account, that of a credentials profile.
type Account struct {
	Account    string   `json:"account"`     // its ID; empty if not known
	Profile    string   `json:"profile"`     // empty for the credentials of the run itself
	Rows       int      `json:"rows"`        // the results add up to it
	Results    Results  `json:"results"`     //
	Regions    []string `json:"regions"`     // of the rows, sorted
	StopReason string   `json:"stop_reason"` // code of why its rows ended early; empty if they did not
	StopCode   string   `json:"stop_code"`   // the error code behind it, if there is one
	Message    string   `json:"message"`     // what that means; empty if they did not
}

// Problem is a [sheet.Problem] with its sentences rendered.
type Problem struct {
	Severity string `json:"severity"` // error, warning or note
	Code     string `json:"code"`     //
	Sheet    string `json:"sheet"`    // empty if the problem concerns the file
	Cell     string `json:"cell"`     // F12, 12:12 for a row, F:F for a column; empty for a whole sheet
	Column   string `json:"column"`   // header
	Value    string `json:"value"`    // masked if it is personal data
	Message  string `json:"message"`  //
	Hint     string `json:"hint"`     // what to do

	Suggestion string    `json:"suggestion"`      // the value that was probably meant; empty unless there is exactly one
	Circuit    string    `json:"circuit"`         // of the row: its instance ID, or those of an engineer's circuits
	Count      int       `json:"count,omitempty"` // of the notes that are folded into this one
	Cells      []string  `json:"cells,omitempty"` // likewise, their cells: F2:F33
	At         sheet.Ref `json:"-"`               // where a link leads
}

// problemKeys are the JSON keys of a problem for which the CSV has a column.
var problemKeys = []string{"severity", "code", "sheet", "cell", "column", "value", "message", "hint", "suggestion", "circuit"}

// fields are the problem's values in the order of problemKeys.
func (p *Problem) fields() []string {
	return []string{p.Severity, p.Code, p.Sheet, p.Cell, p.Column, p.Value, p.Message, p.Hint, p.Suggestion, p.Circuit}
}

// Unlisted is how many problems of one code were found but are not listed.
type Unlisted struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Count    int    `json:"count"`
	Message  string `json:"message"` // says that there are more
	Hint     string `json:"hint"`    // says how to see them
}

// asProblem is the entry that ends a list of problems.
func (u *Unlisted) asProblem() Problem {
	return Problem{Severity: u.Severity, Code: u.Code, Message: u.Message, Hint: u.Hint}
}

// unlisted counts the unlisted problems, with or without notes.
func (d *Document) unlisted(notes bool) (n int) {
	for i := range d.Unlisted {
		if notes || d.Unlisted[i].Severity != "note" {
			n += d.Unlisted[i].Count
		}
	}
	return n
}

// NewProblem returns a problem with its rendered sentences.
func NewProblem(p sheet.Problem, message, hint string) Problem {
	return Problem{
		Severity: p.Severity.String(), Code: p.Code, Sheet: sheet.MaskNumbers(p.At.Sheet), Cell: cellOf(p.At),
		Column: p.Column, Value: p.Value, Message: message, Hint: hint, Suggestion: p.Suggestion, At: p.At,
	}
}

// cellOf returns a position within its sheet, as in a formula.
func cellOf(r sheet.Ref) string {
	if r.Row == 0 && r.Col == 0 {
		return ""
	}
	return sheet.Ref{Sheet: "S", Row: r.Row, Col: r.Col}.String()[len("S!"):]
}

// Application is a [batch.Outcome] with its sentences rendered: one row of the Circuits
// sheet.
type Application struct {
	SheetRow    int          `json:"sheet_row"` // number of the row in the sheet
	InstanceID  string       `json:"instance_id"`
	RegionID    string       `json:"region_id"`
	Result      sheet.Result `json:"result"`
	ErrorCode   string       `json:"error_code"` // the API's code, or that of the row's first problem
	Message     string       `json:"message"`
	RequestID   string       `json:"request_id"`
	ClientToken string       `json:"client_token"`
	Attempts    int          `json:"attempts"`
	SubmittedAt Instant      `json:"submitted_at"` // null if nothing was accepted

	Hint      string    `json:"hint"`       // what to do; empty if there is nothing to do
	LOAStatus string    `json:"loa_status"` // status of the LOA, if known
	Reason    string    `json:"reason"`     // code of why the row has its result
	At        sheet.Ref `json:"-"`          // the row's Instance ID cell, where a link leads

	Earlier      sheet.Result `json:"earlier_result,omitempty"`    // of a row that --only left out
	Before       *string      `json:"loa_status_before,omitempty"` // of a status: the last known one, from the ledger or else the copy that was read
	Operation    string       `json:"operation,omitempty"`         // of advance: the last step that was or, in a dry run, would be taken
	LOASince     *Instant     `json:"loa_since,omitempty"`         // since when it is known to have the status
	LOAAskedAt   *Instant     `json:"loa_asked_at,omitempty"`      // when the API reported it in this run
	WaitingFor   string       `json:"waiting_for,omitempty"`       // alibaba-cloud, construction-company, us or nobody
	Letter       string       `json:"letter,omitempty"`            // path of the letter of the LOA, absolute; empty if none was fetched
	LetterSHA256 string       `json:"letter_sha256,omitempty"`     // hex
	LetterState  string       `json:"letter_state,omitempty"`      // kept, fetched, fetched-again, failed or not-fetched; empty if none was wanted
	LetterCode   string       `json:"letter_code,omitempty"`       // code of what is wrong with it
	Account      string       `json:"account,omitempty"`           // ID of its account, if the rows name their accounts
	Profile      string       `json:"profile,omitempty"`           // likewise: the credentials profile
	StillInvalid bool         `json:"-"`                           // a row that was left out has errors, and they are listed
	CircuitState string       `json:"-"`                           // the status that does not allow an application, if known
}

// NewApplication returns an outcome with its rendered sentences.
func NewApplication(o *batch.Outcome, at sheet.Ref, message, hint string) Application {
	return Application{
		SheetRow: o.Row, InstanceID: sheet.MaskNumbers(o.Key.InstanceID), RegionID: sheet.MaskNumbers(o.Key.Region),
		Result: o.Result, ErrorCode: o.ErrorCode, Message: message, RequestID: o.RequestID,
		ClientToken: sheet.MaskNumbers(o.Token), Attempts: o.Attempts, SubmittedAt: Instant{o.SubmittedAt},
		Hint: hint, LOAStatus: o.LOAStatus, Reason: string(o.Reason), At: at, Earlier: o.Earlier, CircuitState: o.CircuitState,
	}
}

// Instant is a time that is RFC 3339 in UTC in JSON, and null if it is zero.
type Instant struct{ time.Time }

// MarshalJSON encodes the time in UTC, or null.
func (t Instant) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return t.UTC().MarshalJSON()
}

// String formats the time for people, in UTC to the second; the zero time is empty.
func (t Instant) String() string {
	if t.IsZero() {
		return ""
	}
	return Stamp(t.Time)
}

// Stamp formats a time for people, in UTC to the second.
func Stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }
