package sheet

// hiddenColumn: a hidden column is read like any other.
var hiddenColumn = Rule{Code: "hidden-column", Severity: Warning, Sheet: BothSheets, Column: NoColumn}
