// Package sheet knows the meaning of a workbook of applications. It works on typed cells
// and never on bytes; the codec for .xlsx files is package sheet/xlsx, which relates to
// this package as image/png does to image.
//
// The data goes one way, and each stage is a value that can be printed and tested:
//
//  1. A [Book] yields rows of typed cells with their positions.
//  2. [Decode] finds the two sheets and their columns with the table [Columns], reads every
//     row, normalises what may be normalised (and notes it), applies every [Rule], and
//     returns a [Workbook]: circuits, engineers, and all problems.
//  3. After the run, [Results] turns the result of every row into a [Patch], which the codec
//     writes into a copy of the file.
//
// A rule is declared beside its check, in the file of its family (rules_*.go), and
// registered there.
//
// Beyond the standard library the package imports only golang.org/x/text and its own internal
// packages: bulk holds millions of values, dates reads dates, labels recognises rows of sums
// and signatures, nodata recognises text in place of data, and numfmt shows a number in its
// format. It contains no sentences, only the names of columns, since a [Problem] has a code
// and its arguments, and it reads no clock.
package sheet

import (
	"slices"
	"sort"
	"strconv"
	"time"
)

// Circuit is one row of the Circuits sheet as typed values: one application to be made.
// A field whose cell has an error holds its zero value.
type Circuit struct {
	Row              int       // the row's number in the sheet
	InstanceID       string    // pc-…
	RegionID         string    // from the cell, or the default region
	CompanyName      string    //
	LineType         string    // MSTP, MPLSVPN, FIBRE or Other, in the API's spelling
	Si               string    // construction company
	ConstructionTime time.Time // UTC, whole seconds
	Bandwidth        int       // Mbit/s, MinBandwidth to MaxBandwidth; 0 if the cell is empty
	PeerLocation     string    // optional
	ClientToken      string    // the user's own token; empty if one is to be derived
	Account          string    // the credentials profile of its account; empty for the run's
	LineCode         string    // from the carrier; optional, like the fields that follow
	LineLabel        string    // on the cable in the data centre
	LineProvider     string    // 中国电信, 中国联通, 中国移动 or 中国其他, as sent
	LineContact      Personal  // for the line's operation
	Finished         string    // Yes or No: whether construction is finished; empty if the cell is
	Confirm          string    // Yes or No: whether the circuit is to be confirmed after that; empty if the cell is
	Engineers        []int32   // indexes into Workbook.Engineers, in sheet order
	Invalid          bool      // the row or one of its engineers has an error that counts for Options.Purpose; for ForAdvance, it cannot be applied for
	Unfit            bool      // the row has an error that keeps it from being completed or confirmed; not set for ForApplication
	Past             *Past     // what an earlier run wrote into the row; nil if nothing: see LastRun
}

// Value returns the value of a column as it is sent, empty if the row leaves it empty. It shows
// no personal data: for such a column, and for one of the engineers, it is empty.
func (c *Circuit) Value(id ColumnID) string {
	switch id {
	case CircuitInstanceID:
		return c.InstanceID
	case CircuitRegionID:
		return c.RegionID
	case CircuitCompanyName:
		return c.CompanyName
	case CircuitLineType:
		return c.LineType
	case CircuitSi:
		return c.Si
	case CircuitConstructionTime:
		if !c.ConstructionTime.IsZero() {
			return FormatSent(c.ConstructionTime)
		}
	case CircuitBandwidth:
		if c.Bandwidth != 0 {
			return strconv.Itoa(c.Bandwidth)
		}
	case CircuitPeerLocation:
		return c.PeerLocation
	case CircuitClientToken:
		return c.ClientToken
	case CircuitAccount:
		return c.Account
	case CircuitLineCode:
		return c.LineCode
	case CircuitLineLabel:
		return c.LineLabel
	case CircuitLineProvider:
		return c.LineProvider
	case CircuitFinished:
		return c.Finished
	case CircuitConfirm:
		return c.Confirm
	}
	return ""
}

// Engineer is one row of the Engineers sheet as typed values.
type Engineer struct {
	Row             int      // the row's number in the sheet
	Circuits        []string // the instance IDs named; nil if All
	All             bool     // the cell is *: every circuit of the sheet
	Name            Personal //
	CertificateType string   // IDCard or Passport
	CertificateNo   Personal //
	Gender          string   // Male or Female
	Contact         Personal //
	Invalid         bool     // the row itself has an error
}

// Past contains the result columns of a row when the workbook was read.
type Past struct {
	Result      string // empty if there was none
	ErrorCode   string
	ClientToken string
	RequestID   string
	LOAStatus   string
	SubmittedAt time.Time // when it was accepted or, if UNKNOWN, last sent; UTC; zero if the row does not say
	LOAAskedAt  time.Time // when the LOA had that status; UTC; zero if the row does not say
	Letter      Letter
}

// MayStand reports whether the result columns show an application that was or may have been accepted. A row
// whose result says nothing about that keeps what was known before: its token, when it was sent and the
// LOA's status.
func (p *Past) MayStand() bool {
	stands := !p.SubmittedAt.IsZero() || p.LOAStatus != "" && p.LOAStatus != NoLOA && !VoidLOA(p.LOAStatus)
	switch Result(p.Result) {
	case Submitted, Already, Unknown:
		return true
	case Invalid:
		return p.ClientToken != "" || stands
	case Refused: // the account has no such circuit in the region, but perhaps in an earlier one
		return p.ErrorCode == CodeNoCircuit && !p.SubmittedAt.IsZero()
	case NotAttempted, Valid, Blocked:
		return stands // the token was going to be sent
	}
	return false
}

// Table describes the position of a sheet's data.
type Table struct {
	Sheet     string               // the sheet's name in this workbook
	HeaderRow int                  // the row of the headers
	Columns   map[ColumnID]int     // the data columns that were found
	Headers   map[ColumnID]string  // their headers in the workbook
	Results   map[ResultColumn]int // result columns left by an earlier run
	LastCol   int                  // the last column with a header or a value in the table
	LastRow   int                  // the last row with a value in a data column, or with a result
}

// Workbook is a decoded workbook: its rows as typed values in sheet order, and all
// problems found.
type Workbook struct {
	CircuitsTable  Table
	EngineersTable Table
	Circuits       []Circuit
	Engineers      []Engineer
	Problems       []Problem  // in reading order: Circuits, then Engineers, by row and column
	Purpose        Purpose    // of the options
	Unlisted       []Unlisted // the counts of problems that are too many to be listed, by rule

	folder string               // to which the letters of earlier runs are relative, once MoveLetters was called
	hidden [BothSheets][]cell32 // cells of columns that are not personal whose values are
}

// cell32 is a cell of a known sheet.
type cell32 struct{ row, col int32 }

// CircuitAt returns the circuit in a row of the Circuits sheet, or nil.
func (w *Workbook) CircuitAt(row int) *Circuit {
	if len(w.Circuits) == 0 {
		return nil
	}
	i := row - w.Circuits[0].Row // unless rows are left out before it
	if i < 0 || i >= len(w.Circuits) || w.Circuits[i].Row != row {
		i = sort.Search(len(w.Circuits), func(i int) bool { return w.Circuits[i].Row >= row })
	}
	if i == len(w.Circuits) || w.Circuits[i].Row != row {
		return nil
	}
	return &w.Circuits[i]
}

// nothing is the past of rows that have none.
var nothing Past

// LastRun returns what an earlier run wrote into the row: never nil, the zero Past if nothing, and not to be
// changed.
func (c *Circuit) LastRun() *Past {
	if c.Past == nil {
		return &nothing
	}
	return c.Past
}

// LastResult returns the result of the last run according to the workbook. Without one it
// is INVALID for an invalid row and NOT_ATTEMPTED for any other.
func (c *Circuit) LastResult() Result {
	switch {
	case c.LastRun().Result != "":
		return Result(c.LastRun().Result)
	case c.Invalid:
		return Invalid
	}
	return NotAttempted
}

// Purpose is what a workbook is read for. An error in cells that are not needed for it does not make their
// row invalid.
type Purpose uint8

// The purposes.
const (
	ForApplication Purpose = iota // to apply: errors in the columns for the time after the letter are warnings, unless configured otherwise
	ForCompletion                 // to complete and to confirm: errors outside these columns and those that name the circuit are notes
	ForAdvance                    // for either, by row: all errors count, and Circuit.Unfit says which rows cannot be completed
)

// Options control Decode.
type Options struct {
	Purpose       Purpose             // what the rows are read for
	DefaultRegion string              // for rows without a region; may be empty
	Location      *time.Location      // the zone of dates without one; nil means UTC
	Now           time.Time           // for the rules about past and distant times; the zero Time turns them off
	Severities    map[string]Severity // by rule code; other rules have their defaults
	Strict        bool                // warnings count as errors
	Regions       []string            // the known region IDs; empty allows any well-formed one
	MaxListed     int                 // how many problems of each rule are listed one by one; 0 means 4,000
}

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
	Unknown      Result = "UNKNOWN"       // it may have taken effect, but that could not be determined
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
	SubmittedAt time.Time // when it was accepted or, if UNKNOWN, last sent; UTC; zero if neither
	Attempts    int
	ClientToken string
	LOAStatus   string
	LOAAskedAt  time.Time // when the API said so; UTC; zero if it was not asked
	Letter      Letter

	// Keep leaves the row's result cells unchanged; Result is the one that they show.
	Keep bool
}
