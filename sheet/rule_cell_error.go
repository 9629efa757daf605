package sheet

// cellError: an error literal such as #REF! is no value.
var cellError = Rule{Code: "cell-error", Severity: Error, Sheet: BothSheets, Column: NoColumn, Fixed: true}
