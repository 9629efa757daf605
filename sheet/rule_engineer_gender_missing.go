package sheet

// engineerGenderMissing: the API requires PMGender.
var engineerGenderMissing = Rule{Code: "engineer-gender-missing", Severity: Error, Sheet: EngineersSheet, Column: EngineerGender, Fixed: true}
