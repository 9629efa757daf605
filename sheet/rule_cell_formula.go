package sheet

// cellFormula: a formula counts with the value that was last computed.
var cellFormula = Rule{Code: "cell-formula", Severity: Note, Sheet: BothSheets, Column: NoColumn}
