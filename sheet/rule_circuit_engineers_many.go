package sheet

// circuitEngineersMany: the API takes 16 engineers at most.
var circuitEngineersMany = Rule{Code: "circuit-engineers-many", Severity: Error, Sheet: CircuitsSheet, Column: CircuitInstanceID, Fixed: true}
