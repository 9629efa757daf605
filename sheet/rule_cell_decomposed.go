package sheet

// cellDecomposed: text is in Unicode normalization form C (UAX #15).
var cellDecomposed = Rule{Code: "cell-decomposed", Severity: Error, Sheet: BothSheets, Column: NoColumn}
