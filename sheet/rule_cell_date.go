package sheet

// cellDate: a date stands where text or a number belongs: Excel changed what was typed.
var cellDate = Rule{Code: "cell-date", Severity: Error, Sheet: BothSheets, Column: NoColumn, Fixed: true}
