package sheet

// engineerIDForm: an identity number has 18 characters: 17 digits and a check character (GB 11643).
var engineerIDForm = Rule{Code: "engineer-id-form", Severity: Warning, Sheet: EngineersSheet, Column: EngineerCertificateNo}

// isIDForm reports whether a text has the form of an identity number.
func isIDForm(s string) bool {
	return len(s) == 18 && isDigits(s[:17]) && (isDigits(s[17:]) || s[17] == 'X' || s[17] == 'x')
}
