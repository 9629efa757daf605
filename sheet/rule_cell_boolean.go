package sheet

// cellBoolean: TRUE and FALSE are no text.
var cellBoolean = Rule{Code: "cell-boolean", Severity: Error, Sheet: BothSheets, Column: NoColumn, Fixed: true}
