package sheet

// cellDigitsLost: of a number, Excel keeps 15 digits (IEEE 754 double).
var cellDigitsLost = Rule{Code: "cell-digits-lost", Severity: Error, Sheet: BothSheets, Column: NoColumn}
