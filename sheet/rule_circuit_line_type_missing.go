package sheet

// circuitLineTypeMissing: the API requires LineType.
var circuitLineTypeMissing = Rule{Code: "circuit-line-type-missing", Severity: Error, Sheet: CircuitsSheet, Column: CircuitLineType, Fixed: true}
