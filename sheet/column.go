package sheet

// ColumnID names one data column of either sheet.
type ColumnID uint8

// The data columns.
const (
	CircuitInstanceID ColumnID = iota
	CircuitRegionID
	CircuitCompanyName
	CircuitLineType
	CircuitSi
	CircuitConstructionTime
	CircuitBandwidth
	CircuitPeerLocation
	CircuitClientToken
	EngineerInstanceID
	EngineerName
	EngineerCertificateType
	EngineerCertificateNo
	EngineerGender
	EngineerContact
)

// SheetID names one of the two sheets.
type SheetID uint8

// The sheets.
const (
	CircuitsSheet SheetID = iota
	EngineersSheet
)

// Standard names of the sheets, in English.
const (
	CircuitsName  = "Circuits"
	EngineersName = "Engineers"
)

// Column is one entry of the column table: what the template, the reader, the rules
// and the documentation know of a column.
type Column struct {
	ID        ColumnID
	Sheet     SheetID
	Header    string   // standard header, in English
	Aliases   []string // other headers that mean the same, in any language
	Parameter string   // the API's parameter; empty for the engineers' Instance ID
	Required  bool
	Personal  bool     // personal data: masked wherever it is shown
	Text      bool     // the template formats the column as text (@), so that digits stay
	Width     float64  // in the template, in characters
	Values    []string // the closed list of values, spelt as the API has them
	Note      string   // what is expected, in one or two sentences; the template's note
}

// ResultColumn names one of the columns written back.
type ResultColumn uint8

// The result columns, in the order in which they are written.
const (
	ColResult ResultColumn = iota
	ColMessage
	ColErrorCode
	ColRequestID
	ColSubmittedAt
	ColAttempts
	ColClientToken
	ColLOAStatus
)

// ResultHeaders holds the headers of the result columns, by ResultColumn.
var ResultHeaders = [...]string{
	ColResult:      "Result",
	ColMessage:     "Message",
	ColErrorCode:   "Error code",
	ColRequestID:   "Request ID",
	ColSubmittedAt: "Submitted at (UTC)",
	ColAttempts:    "Attempts",
	ColClientToken: "Client token used",
	ColLOAStatus:   "LOA status",
}

// Columns is the one column table. Everything that depends on a column reads it here.
var Columns = []Column{
	{ID: CircuitInstanceID, Sheet: CircuitsSheet, Header: "Instance ID", Parameter: "InstanceId", Required: true, Text: true, Width: 28,
		Note: "The Express Connect circuit, pc-…; each circuit stands once."},
	{ID: CircuitRegionID, Sheet: CircuitsSheet, Header: "Region ID", Parameter: "RegionId", Required: true, Text: true, Width: 18,
		Note: "Region of the circuit, such as cn-hangzhou. May stay empty when --region is given."},
	{ID: CircuitCompanyName, Sheet: CircuitsSheet, Header: "Company name", Parameter: "CompanyName", Required: true, Width: 32,
		Note: "The company that needs the circuit, as registered with the account."},
	{ID: CircuitLineType, Sheet: CircuitsSheet, Header: "Line type", Parameter: "LineType", Required: true, Width: 12,
		Values: []string{"MSTP", "MPLSVPN", "FIBRE", "Other"},
		Note:   "One of MSTP, MPLSVPN, FIBRE, Other."},
	{ID: CircuitSi, Sheet: CircuitsSheet, Header: "Construction company", Parameter: "Si", Required: true, Width: 30,
		Note: "The company that does the construction work."},
	{ID: CircuitConstructionTime, Sheet: CircuitsSheet, Header: "Construction time (UTC)", Parameter: "ConstructionTime", Required: true, Width: 24,
		Note: "When the work starts: a date cell, 2027-01-15, 2027-01-15T08:00:00Z, or a time with an offset. Dates without a zone are UTC unless --timezone says otherwise."},
	{ID: CircuitBandwidth, Sheet: CircuitsSheet, Header: "Bandwidth (Mbit/s)", Parameter: "Bandwidth", Width: 18,
		Note: "Optional. A whole number from 2 to 10240."},
	{ID: CircuitPeerLocation, Sheet: CircuitsSheet, Header: "Peer location", Parameter: "PeerLocation", Width: 34,
		Note: "Optional. Where the circuit is deployed."},
	{ID: CircuitClientToken, Sheet: CircuitsSheet, Header: "Client token", Parameter: "ClientToken", Text: true, Width: 40,
		Note: "Optional; leave it empty and a token is derived. Up to 64 printable ASCII characters, each used once."},

	{ID: EngineerInstanceID, Sheet: EngineersSheet, Header: "Instance ID", Required: true, Text: true, Width: 28,
		Note: "The circuit the engineer works on; several separated by comma, semicolon or line break; * for every circuit of the sheet."},
	{ID: EngineerName, Sheet: EngineersSheet, Header: "Name", Parameter: "PMName", Required: true, Personal: true, Width: 20,
		Note: "Full name as on the certificate."},
	{ID: EngineerCertificateType, Sheet: EngineersSheet, Header: "Certificate type", Parameter: "PMCertificateType", Required: true, Width: 16,
		Values: []string{"IDCard", "Passport"},
		Note:   "One of IDCard, Passport."},
	{ID: EngineerCertificateNo, Sheet: EngineersSheet, Header: "Certificate number", Parameter: "PMCertificateNo", Required: true, Personal: true, Text: true, Width: 24,
		Note: "Typed as text: Excel keeps only 15 digits of a number."},
	{ID: EngineerGender, Sheet: EngineersSheet, Header: "Gender", Parameter: "PMGender", Required: true, Width: 10,
		Values: []string{"Male", "Female"},
		Note:   "One of Male, Female."},
	{ID: EngineerContact, Sheet: EngineersSheet, Header: "Contact", Parameter: "PMContactInfo", Required: true, Personal: true, Text: true, Width: 20,
		Note: "Phone number that gets the site's text messages."},
}
