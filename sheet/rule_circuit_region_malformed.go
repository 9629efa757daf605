package sheet

// circuitRegionMalformed: a region becomes part of a host name.
var circuitRegionMalformed = Rule{Code: "circuit-region-malformed", Severity: Error, Sheet: CircuitsSheet, Column: CircuitRegionID, Fixed: true}

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
