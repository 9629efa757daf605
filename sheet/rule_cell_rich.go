package sheet

// cellRich: text formatted in parts counts as its plain text.
var cellRich = Rule{Code: "cell-rich", Severity: Off, Sheet: BothSheets, Column: NoColumn}
