package sheet

import "time"

// Circuit is one row of the Circuits sheet as typed values: one application to make.
// A field whose cell was at fault holds its zero value.
type Circuit struct {
	Row              int       // the row's number in the sheet
	InstanceID       string    // pc-…
	RegionID         string    // from the cell, or the default region
	CompanyName      string    //
	LineType         string    // MSTP, MPLSVPN, FIBRE or Other, spelt as the API has it
	Si               string    // construction company
	ConstructionTime time.Time // UTC, whole seconds
	Bandwidth        int       // Mbit/s, 2 to 10240; 0 when the cell is empty
	PeerLocation     string    // optional
	ClientToken      string    // the user's own token; empty when it is to be derived
	Engineers        []int32   // indexes into Workbook.Engineers, in sheet order
	Invalid          bool      // an error stands against the row or one of its engineers
	Past             Past      // what an earlier run wrote into this row
}

// Engineer is one row of the Engineers sheet as typed values.
type Engineer struct {
	Row             int      // the row's number in the sheet
	Circuits        []string // the instance IDs named; nil when All
	All             bool     // the cell says *: every circuit of the sheet
	Name            Personal //
	CertificateType string   // IDCard or Passport
	CertificateNo   Personal //
	Gender          string   // Male or Female
	Contact         Personal //
	Invalid         bool     // an error stands against the row itself
}

// Past is what the result columns of a row held when the workbook was read.
type Past struct {
	Result      string // empty when there was none
	ClientToken string
	RequestID   string
	LOAStatus   string
}

// Table is where a sheet's data stands.
type Table struct {
	Sheet     string               // the sheet's name in this workbook
	HeaderRow int                  // the row of the headers
	Columns   map[ColumnID]int     // the data columns that were found
	Headers   map[ColumnID]string  // their headers as they stand in the workbook
	Results   map[ResultColumn]int // result columns left by an earlier run
	LastCol   int                  // the last column with a header or a value in the table
	LastRow   int                  // the last row with a value in a data column, or with a result
}

// Workbook is a decoded workbook: its rows as typed values, in sheet order, and every
// problem found.
type Workbook struct {
	CircuitsTable  Table
	EngineersTable Table
	Circuits       []Circuit
	Engineers      []Engineer
	Problems       []Problem // in reading order: Circuits, then Engineers, by row and column
}

// Options steer Decode.
type Options struct {
	DefaultRegion string              // for rows that name none; may be empty
	Location      *time.Location      // zone of dates that carry none; nil means UTC
	Now           time.Time           // against which past and far times are judged
	Severities    map[string]Severity // by rule code; what is not named has its default
	Strict        bool                // warnings count as errors
	Regions       []string            // the known region IDs; empty means any well-formed one
}
