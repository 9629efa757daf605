package sheet

// engineerPassportForm: a passport number has 5 to 9 letters and digits, one digit at least (ICAO Doc 9303).
var engineerPassportForm = Rule{Code: "engineer-passport-form", Severity: Warning, Sheet: EngineersSheet, Column: EngineerCertificateNo}

// isPassportNumber reports whether a text has the form of a passport number.
func isPassportNumber(s string) bool {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
		default:
			return false
		}
	}
	return len(s) >= 5 && len(s) <= 9 && digits > 0
}
