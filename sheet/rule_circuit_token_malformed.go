package sheet

// circuitTokenMalformed: ClientToken is up to 64 printable ASCII characters.
var circuitTokenMalformed = Rule{Code: "circuit-token-malformed", Severity: Error, Sheet: CircuitsSheet, Column: CircuitClientToken, Fixed: true}

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
