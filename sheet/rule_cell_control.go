package sheet

// cellControl: control characters have no place in a value.
var cellControl = Rule{Code: "cell-control", Severity: Error, Sheet: BothSheets, Column: NoColumn}
