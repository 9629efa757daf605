package sheet

// sheetMissing: a workbook has a sheet of circuits and a sheet of engineers.
var sheetMissing = Rule{Code: "sheet-missing", Severity: Error, Sheet: BothSheets, Column: NoColumn, Input: true}
