package sheet

// circuitTimeMissing: the API requires ConstructionTime.
var circuitTimeMissing = Rule{Code: "circuit-time-missing", Severity: Error, Sheet: CircuitsSheet, Column: CircuitConstructionTime, Fixed: true}
