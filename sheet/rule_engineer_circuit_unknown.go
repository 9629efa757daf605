package sheet

// engineerCircuitUnknown: each circuit named stands in the sheet of circuits.
var engineerCircuitUnknown = Rule{Code: "engineer-circuit-unknown", Severity: Error, Sheet: EngineersSheet, Column: EngineerInstanceID}
