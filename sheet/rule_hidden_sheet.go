package sheet

// hiddenSheet: a hidden sheet is read like any other.
var hiddenSheet = Rule{Code: "hidden-sheet", Severity: Warning, Sheet: BothSheets, Column: NoColumn}
