package sheet

// circuitEngineersMissing: the API requires one engineer at least.
var circuitEngineersMissing = Rule{Code: "circuit-engineers-missing", Severity: Error, Sheet: CircuitsSheet, Column: CircuitInstanceID, Fixed: true}
