package sheet

// headerRowMissing: some row near the top of the sheet has the headers.
var headerRowMissing = Rule{Code: "header-row-missing", Severity: Error, Sheet: BothSheets, Column: NoColumn, Input: true}
