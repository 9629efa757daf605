package sheet

// engineerNameMissing: the API requires PMName.
var engineerNameMissing = Rule{Code: "engineer-name-missing", Severity: Error, Sheet: EngineersSheet, Column: EngineerName, Fixed: true}
