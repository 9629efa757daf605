package sheet

// cellFormulaEmpty: a formula whose value was never computed has no value.
var cellFormulaEmpty = Rule{Code: "cell-formula-empty", Severity: Error, Sheet: BothSheets, Column: NoColumn, Fixed: true}
