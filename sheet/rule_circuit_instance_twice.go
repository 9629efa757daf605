package sheet

// circuitInstanceTwice: a circuit is applied for once.
var circuitInstanceTwice = Rule{Code: "circuit-instance-twice", Severity: Error, Sheet: CircuitsSheet, Column: CircuitInstanceID, Fixed: true}
