package sheet

// strayValue: a value in a column without a header belongs to nothing.
var strayValue = Rule{Code: "stray-value", Severity: Warning, Sheet: BothSheets, Column: NoColumn}
