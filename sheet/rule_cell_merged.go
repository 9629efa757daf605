package sheet

// cellMerged: only the first cell of a merged range has a value.
var cellMerged = Rule{Code: "cell-merged", Severity: Error, Sheet: BothSheets, Column: NoColumn, Fixed: true}
