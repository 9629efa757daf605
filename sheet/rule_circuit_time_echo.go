package sheet

// circuitTimeEcho: the time that is sent is told wherever it is not spelt so already.
var circuitTimeEcho = Rule{Code: "circuit-time-echo", Severity: Note, Sheet: CircuitsSheet, Column: CircuitConstructionTime}
