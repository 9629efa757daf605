package sheet

// cellFullWidth: full-width letters and digits in free text are sent as they stand.
var cellFullWidth = Rule{Code: "cell-full-width", Severity: Warning, Sheet: BothSheets, Column: NoColumn}
