package sheet

// cellNarrowed: full-width characters of identifiers, dates and numbers are read as their plain form.
var cellNarrowed = Rule{Code: "cell-narrowed", Severity: Note, Sheet: BothSheets, Column: NoColumn}
