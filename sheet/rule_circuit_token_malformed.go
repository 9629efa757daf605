package sheet

// circuitTokenMalformed: ClientToken is up to 64 printable ASCII characters.
var circuitTokenMalformed = Rule{Code: "circuit-token-malformed", Severity: Error, Sheet: CircuitsSheet, Column: CircuitClientToken, Fixed: true}

// isToken reports whether a text can be a ClientToken: 1 to 64 printable ASCII
// characters, no space.
func isToken(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
