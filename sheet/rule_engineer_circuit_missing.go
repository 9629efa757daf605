package sheet

// engineerCircuitMissing: an engineer works on some circuit.
var engineerCircuitMissing = Rule{Code: "engineer-circuit-missing", Severity: Error, Sheet: EngineersSheet, Column: EngineerInstanceID, Fixed: true}
