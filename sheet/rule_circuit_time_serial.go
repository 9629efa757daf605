package sheet

// circuitTimeSerial: a plain number is a date only to who knows that it is one.
var circuitTimeSerial = Rule{Code: "circuit-time-serial", Severity: Error, Sheet: CircuitsSheet, Column: CircuitConstructionTime}
