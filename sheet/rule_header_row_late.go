package sheet

// headerRowLate: rows above the headers are titles and are not read.
var headerRowLate = Rule{Code: "header-row-late", Severity: Note, Sheet: BothSheets, Column: NoColumn}
