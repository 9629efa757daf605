package sheet

// cellNumber: digits stored as a number have lost the zeros in front.
var cellNumber = Rule{Code: "cell-number", Severity: Warning, Sheet: BothSheets, Column: NoColumn}
