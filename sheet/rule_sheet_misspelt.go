package sheet

// sheetMisspelt: a sheet whose name is nearly the one that is missing is named rather than guessed.
var sheetMisspelt = Rule{Code: "sheet-misspelt", Severity: Error, Sheet: BothSheets, Column: NoColumn, Input: true}
