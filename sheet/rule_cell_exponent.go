package sheet

// cellExponent: 5.1E+17 is what Excel shows of a long number, not the number.
var cellExponent = Rule{Code: "cell-exponent", Severity: Error, Sheet: BothSheets, Column: NoColumn}
