package sheet

// circuitTimeAmbiguous: 03/04/2026 is two dates.
var circuitTimeAmbiguous = Rule{Code: "circuit-time-ambiguous", Severity: Error, Sheet: CircuitsSheet, Column: CircuitConstructionTime, Fixed: true}
