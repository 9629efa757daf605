package sheet

// circuitTimeGap: when clocks are changed, some times do not exist and some exist twice.
var circuitTimeGap = Rule{Code: "circuit-time-gap", Severity: Error, Sheet: CircuitsSheet, Column: CircuitConstructionTime, Fixed: true}
