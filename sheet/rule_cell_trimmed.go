package sheet

// cellTrimmed: outer space is dropped.
var cellTrimmed = Rule{Code: "cell-trimmed", Severity: Note, Sheet: BothSheets, Column: NoColumn}
