package sheet

// hiddenRow: a hidden or filtered row is processed like any other.
var hiddenRow = Rule{Code: "hidden-row", Severity: Warning, Sheet: BothSheets, Column: NoColumn}
