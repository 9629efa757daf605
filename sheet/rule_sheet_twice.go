package sheet

// sheetTwice: two sheets that could both be the one looked for are not chosen between.
var sheetTwice = Rule{Code: "sheet-twice", Severity: Error, Sheet: BothSheets, Column: NoColumn, Input: true}
