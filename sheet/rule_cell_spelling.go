package sheet

// cellSpelling: a value of a closed list is sent as the API spells it.
var cellSpelling = Rule{Code: "cell-spelling", Severity: Note, Sheet: BothSheets, Column: NoColumn}
