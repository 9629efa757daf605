package sheet

// cellLineBreak: line breaks and tabs within a value are not removed in silence.
var cellLineBreak = Rule{Code: "cell-line-break", Severity: Error, Sheet: BothSheets, Column: NoColumn}
