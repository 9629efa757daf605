package sheet

// cellInvisible: characters that cannot be seen make two values differ that look alike.
var cellInvisible = Rule{Code: "cell-invisible", Severity: Error, Sheet: BothSheets, Column: NoColumn}
