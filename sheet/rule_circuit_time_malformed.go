package sheet

// circuitTimeMalformed: the construction time is a date that can be read in one way.
var circuitTimeMalformed = Rule{Code: "circuit-time-malformed", Severity: Error, Sheet: CircuitsSheet, Column: CircuitConstructionTime, Fixed: true}
