package sheet

// circuitTimeFar: work more than two years ahead is probably a slip of the year.
var circuitTimeFar = Rule{Code: "circuit-time-far", Severity: Warning, Sheet: CircuitsSheet, Column: CircuitConstructionTime}
