package sheet

// cellUnreadable: U+FFFD stands for a character that was lost on the way.
var cellUnreadable = Rule{Code: "cell-unreadable", Severity: Error, Sheet: BothSheets, Column: NoColumn}
