package sheet

import "strings"

// engineerMasked: a name, number or contact with an asterisk is what Mask leaves of it,
// as in a copy written with personal data hidden; the person cannot be told from it.
var engineerMasked = Rule{Code: "engineer-masked", Severity: Error, Sheet: EngineersSheet, Column: NoColumn, Fixed: true}

// isMasked reports whether a value of a person holds an asterisk, plain or full width.
func isMasked(s string) bool { return strings.Contains(s, "*") || strings.Contains(s, "＊") }
