package sheet

import (
	"strconv"
	"strings"
)

// circuitInstanceMissing: the API requires InstanceId.
var circuitInstanceMissing = circuitRules.add(Rule{Code: "circuit-instance-missing", Severity: Error, Column: CircuitInstanceID, Fixed: true})

// circuitInstanceMalformed: a circuit's ID is pc- and lower-case letters and digits.
var circuitInstanceMalformed = circuitRules.add(Rule{Code: "circuit-instance-malformed", Severity: Error, Column: CircuitInstanceID})

// isInstanceID reports whether a text is a circuit's ID: pc- and lower-case letters and
// digits, as every example of the API page has it.
func isInstanceID(s string) bool {
	if len(s) < 4 || len(s) > 64 || s[:3] != "pc-" {
		return false
	}
	for i := 3; i < len(s); i++ {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// circuitInstanceTwice: a circuit is applied for once.
var circuitInstanceTwice = circuitRules.add(Rule{Code: "circuit-instance-twice", Severity: Error, Column: CircuitInstanceID, Fixed: true})

// once tells of equal values of a column in the circuits, at each of them: which one is
// meant cannot be known. It gives the first circuit of every value, and the further
// ones of those.
func (d *decoder) once(r *Rule, id ColumnID, value func(*Circuit) string) (first map[string]int32, twins map[int32][]int32) {
	rows := d.w.Circuits
	first, twins = make(map[string]int32, d.filled(id)), map[int32][]int32{}
	for i := range rows {
		v := value(&rows[i])
		if v == "" {
			continue
		}
		j, seen := first[v]
		if !seen {
			first[v] = int32(i)
			continue
		}
		if twins[j] == nil {
			d.clash(r, id, rows[j].Row, rows[i].Row, v)
			rows[j].Invalid = true
		}
		twins[j] = append(twins[j], int32(i))
		d.clash(r, id, rows[i].Row, rows[j].Row, v)
		rows[i].Invalid = true
	}
	return first, twins
}

// circuitRegionMissing: the API requires RegionId.
var circuitRegionMissing = circuitRules.add(Rule{Code: "circuit-region-missing", Severity: Error, Column: CircuitRegionID, Fixed: true})

// circuitRegionMalformed: a region becomes part of a host name.
var circuitRegionMalformed = circuitRules.add(Rule{Code: "circuit-region-malformed", Severity: Error, Column: CircuitRegionID, Fixed: true})

// circuitRegionUnknown: the region is one that the API's endpoints are known for.
var circuitRegionUnknown = circuitRules.add(Rule{Code: "circuit-region-unknown", Severity: Error, Column: CircuitRegionID})

// circuitRegionDefault: a row without a region gets the default one.
var circuitRegionDefault = circuitRules.add(Rule{Code: "circuit-region-default", Severity: Note, Column: CircuitRegionID})

// region gives the region of the row, or the default one.
func (d *decoder) region(f *field) string {
	s, st := d.text(f)
	switch {
	case st == fault:
		return ""
	case st == empty && d.opts.DefaultRegion == "":
		d.tell(circuitRegionMissing, f)
		return ""
	case st == empty:
		if f.at.Col != 0 {
			d.tell(circuitRegionDefault, f, Arg{"region", d.opts.DefaultRegion})
		}
		return d.opts.DefaultRegion
	case !ValidRegionID(s):
		d.tell(circuitRegionMalformed, f)
		return ""
	case len(d.regions) > 0 && !d.regions[s]:
		d.tell(circuitRegionUnknown, f, Arg{"nearest", nearest(s, d.opts.Regions)})
		if d.severity[circuitRegionUnknown] == Error {
			return ""
		}
	}
	return s
}

// ValidRegionID reports whether a text can be a region ID: it becomes part of a host
// name, so it is a label of one (RFC 1123, section 2.1): 1 to 63 of a-z, 0-9 and
// hyphen, with no hyphen at either end. Anything else would let a cell choose the host
// that is sent to.
func ValidRegionID(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// circuitCompanyMissing: the API requires CompanyName.
var circuitCompanyMissing = circuitRules.add(Rule{Code: "circuit-company-missing", Severity: Error, Column: CircuitCompanyName, Fixed: true})

// circuitLineTypeMissing: the API requires LineType.
var circuitLineTypeMissing = circuitRules.add(Rule{Code: "circuit-line-type-missing", Severity: Error, Column: CircuitLineType, Fixed: true})

// circuitLineTypeUnknown: LineType is MSTP, MPLSVPN, FIBRE or Other.
var circuitLineTypeUnknown = circuitRules.add(Rule{Code: "circuit-line-type-unknown", Severity: Error, Column: CircuitLineType, Fixed: true})

// circuitSiMissing: the API requires Si.
var circuitSiMissing = circuitRules.add(Rule{Code: "circuit-si-missing", Severity: Error, Column: CircuitSi, Fixed: true})

// circuit reads the row at hand as a circuit. The problems told since before are its own.
func (d *decoder) circuit(before int, past Past) {
	f := &d.cells
	c := Circuit{Row: d.row, Past: past}
	if s, ok := d.required(&f[CircuitInstanceID], circuitInstanceMissing); ok {
		c.InstanceID = d.accept(isInstanceID(s), s, circuitInstanceMalformed, &f[CircuitInstanceID])
	}
	c.RegionID = d.region(&f[CircuitRegionID])
	c.CompanyName, _ = d.required(&f[CircuitCompanyName], circuitCompanyMissing)
	c.LineType = d.listed(&f[CircuitLineType], circuitLineTypeMissing, circuitLineTypeUnknown)
	c.Si, _ = d.required(&f[CircuitSi], circuitSiMissing)
	c.ConstructionTime = d.constructionTime(&f[CircuitConstructionTime])
	c.Bandwidth = d.bandwidth(&f[CircuitBandwidth])
	c.PeerLocation, _ = d.text(&f[CircuitPeerLocation])
	if s, st := d.text(&f[CircuitClientToken]); st == ok {
		c.ClientToken = d.accept(ValidClientToken(s), s, circuitTokenMalformed, &f[CircuitClientToken])
	}
	c.Invalid = d.errors > before
	d.circuits.push(c)
}

// circuitBandwidthMalformed: Bandwidth is a whole number of Mbit/s.
var circuitBandwidthMalformed = requestRules.add(Rule{Code: "circuit-bandwidth-malformed", Severity: Error, Column: CircuitBandwidth, Fixed: true})

// circuitBandwidthRange: Bandwidth is 2 to 10240.
var circuitBandwidthRange = requestRules.add(Rule{Code: "circuit-bandwidth-range", Severity: Error, Column: CircuitBandwidth})

// bandwidthInRange reports whether the API takes so many Mbit/s.
func bandwidthInRange(mbit int) bool { return mbit >= 2 && mbit <= 10240 }

// bandwidth gives the Mbit/s of the row, or 0 when it names none.
func (d *decoder) bandwidth(f *field) int {
	st := d.typed(f)
	if st != ok {
		return 0
	}
	s := f.cell.Value
	switch {
	case f.cell.Type == DateCell || f.cell.Type == NumberCell && f.cell.DateStyle:
		d.tell(cellDate, f)
		return 0
	case f.cell.Type == TextCell:
		if s, st = d.fit(f); st != ok {
			return 0
		}
	}
	mbit, whole := wholeNumber(s)
	if f.cell.Type == TextCell {
		whole = whole && isDigits(s) && (s[0] != '0' || s == "0")
	}
	switch {
	case !whole:
		d.tell(circuitBandwidthMalformed, f)
		return 0
	case !bandwidthInRange(mbit):
		d.tell(circuitBandwidthRange, f)
		if d.severity[circuitBandwidthRange] == Error {
			return 0
		}
	}
	return mbit
}

// wholeNumber reads digits, or a stored number that is whole, however it is written.
func wholeNumber(s string) (int, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return n, !strings.HasPrefix(s, "+")
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || x != float64(int(x)) || x > 1e9 || x < -1e9 {
		return 0, false
	}
	return int(x), strings.Trim(s, "0123456789.eE+-") == ""
}

// circuitTokenMalformed: ClientToken is up to 64 printable ASCII characters.
var circuitTokenMalformed = requestRules.add(Rule{Code: "circuit-token-malformed", Severity: Error, Column: CircuitClientToken, Fixed: true})

// MaxClientToken is the longest ClientToken that the VPC API takes, in ASCII
// characters (API page: "up to 64 ASCII characters").
const MaxClientToken = 64

// ValidClientToken reports whether a text can be a ClientToken: 1 to [MaxClientToken]
// printable ASCII characters and no space.
func ValidClientToken(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= MaxClientToken
}

// circuitTokenTwice: a token belongs to one application.
var circuitTokenTwice = requestRules.add(Rule{Code: "circuit-token-twice", Severity: Error, Column: CircuitClientToken, Fixed: true})

// circuitEngineersMissing: the API requires one engineer at least.
var circuitEngineersMissing = requestRules.add(Rule{Code: "circuit-engineers-missing", Severity: Error, Column: CircuitInstanceID, Fixed: true})

// circuitEngineersMany: the API takes 16 engineers at most.
var circuitEngineersMany = requestRules.add(Rule{Code: "circuit-engineers-many", Severity: Error, Column: CircuitInstanceID, Fixed: true})

// mostEngineers is what one application takes (API page: PMInfo.1 to PMInfo.16).
const mostEngineers = 16

// countEngineers tells of a circuit with no engineer or too many. What a circuit
// without an ID lacks is its ID.
func (d *decoder) countEngineers(c *Circuit, n int) {
	r := circuitEngineersMissing
	switch {
	case n > mostEngineers:
		r = circuitEngineersMany
	case n > 0 || c.InstanceID == "":
		return
	}
	f := &d.cells[CircuitInstanceID]
	d.add(r, Problem{At: d.ref(CircuitInstanceID, c.Row), Column: f.header, Value: c.InstanceID, Args: []Arg{{"n", strconv.Itoa(n)}}})
	c.Invalid = true
}

// circuitChanged: an application that was accepted is not made again with other content. The engine finds it, because it knows what was sent.
var _ = requestRules.add(Rule{Code: "circuit-changed-after-submission", Severity: Error, Column: CircuitInstanceID, Fixed: true})
