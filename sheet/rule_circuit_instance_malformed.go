package sheet

// circuitInstanceMalformed: a circuit's ID is pc- and lower-case letters and digits.
var circuitInstanceMalformed = Rule{Code: "circuit-instance-malformed", Severity: Error, Sheet: CircuitsSheet, Column: CircuitInstanceID}

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
