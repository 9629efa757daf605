package sheet

// circuitInstanceMissing: the API requires InstanceId.
var circuitInstanceMissing = Rule{Code: "circuit-instance-missing", Severity: Error, Sheet: CircuitsSheet, Column: CircuitInstanceID, Fixed: true}
