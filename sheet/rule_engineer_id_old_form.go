package sheet

// engineerIDOldForm: identity numbers of 15 digits have not been valid since 2013.
var engineerIDOldForm = Rule{Code: "engineer-id-old-form", Severity: Warning, Sheet: EngineersSheet, Column: EngineerCertificateNo}

// isOldIDForm reports whether a text has the form of the first generation.
func isOldIDForm(s string) bool { return len(s) == 15 && isDigits(s) }
