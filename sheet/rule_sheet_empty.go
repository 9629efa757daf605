package sheet

// sheetEmpty: a sheet holds something.
var sheetEmpty = Rule{Code: "sheet-empty", Severity: Error, Sheet: BothSheets, Column: NoColumn, Input: true}
