package sheet

// headerTwice: two columns with the same meaning are not chosen between.
var headerTwice = Rule{Code: "header-twice", Severity: Error, Sheet: BothSheets, Column: NoColumn, Input: true}
