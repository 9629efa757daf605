package sheet

// engineerCircuitRepeated: a circuit is named once in a cell.
var engineerCircuitRepeated = Rule{Code: "engineer-circuit-repeated", Severity: Warning, Sheet: EngineersSheet, Column: EngineerInstanceID}
