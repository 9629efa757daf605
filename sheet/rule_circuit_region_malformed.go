package sheet

// circuitRegionMalformed: a region becomes part of a host name.
var circuitRegionMalformed = Rule{Code: "circuit-region-malformed", Severity: Error, Sheet: CircuitsSheet, Column: CircuitRegionID, Fixed: true}

// isRegionID reports whether a text is a plain [a-z0-9-]+ that can be a label of a host
// name (RFC 1123: up to 63 characters, no hyphen at either end).
func isRegionID(s string) bool {
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
