package sheet

// circuitTimeOfDay: a time of day is no date.
var circuitTimeOfDay = Rule{Code: "circuit-time-of-day", Severity: Error, Sheet: CircuitsSheet, Column: CircuitConstructionTime, Fixed: true}
