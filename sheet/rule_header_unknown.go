package sheet

// headerUnknown: a column with a header that means nothing here is not read.
var headerUnknown = Rule{Code: "header-unknown", Severity: Warning, Sheet: BothSheets, Column: NoColumn}
