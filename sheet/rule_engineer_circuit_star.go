package sheet

// engineerCircuitStar: * stands alone: it means every circuit.
var engineerCircuitStar = Rule{Code: "engineer-circuit-star", Severity: Error, Sheet: EngineersSheet, Column: EngineerInstanceID, Fixed: true}
