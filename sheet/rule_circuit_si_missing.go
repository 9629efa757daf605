package sheet

// circuitSiMissing: the API requires Si.
var circuitSiMissing = Rule{Code: "circuit-si-missing", Severity: Error, Sheet: CircuitsSheet, Column: CircuitSi, Fixed: true}
