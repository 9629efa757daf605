package sheet

// engineerGenderUnknown: PMGender is Male or Female.
var engineerGenderUnknown = Rule{Code: "engineer-gender-unknown", Severity: Error, Sheet: EngineersSheet, Column: EngineerGender, Fixed: true}
