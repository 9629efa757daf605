package sheet

// engineerCircuitMalformed: each circuit named is pc- and lower-case letters and digits.
var engineerCircuitMalformed = Rule{Code: "engineer-circuit-malformed", Severity: Error, Sheet: EngineersSheet, Column: EngineerInstanceID}
