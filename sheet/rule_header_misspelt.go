package sheet

// headerMisspelt: a header that is nearly a known one is named rather than guessed or passed over.
var headerMisspelt = Rule{Code: "header-misspelt", Severity: Error, Sheet: BothSheets, Column: NoColumn, Input: true}
