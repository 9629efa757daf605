package sheet

// cellConfusable: identifiers are ASCII; a letter of another alphabet only looks right.
var cellConfusable = Rule{Code: "cell-confusable", Severity: Error, Sheet: BothSheets, Column: NoColumn}
