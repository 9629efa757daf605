package sheet

// cellStoredNumber: digits stored as a number have lost the zeros in front.
var cellStoredNumber = Rule{Code: "cell-stored-number", Severity: Warning, Sheet: BothSheets, Column: NoColumn}
