package sheet

// circuitTimePast: work that is applied for lies ahead.
var circuitTimePast = Rule{Code: "circuit-time-past", Severity: Warning, Sheet: CircuitsSheet, Column: CircuitConstructionTime}
