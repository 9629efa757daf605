package sheet

// headerMissing: every required column has a header.
var headerMissing = Rule{Code: "header-missing", Severity: Error, Sheet: BothSheets, Column: NoColumn, Input: true}
