package sheet

// circuitTimeImpossible: the date is on the calendar, and the time on the clock.
var circuitTimeImpossible = Rule{Code: "circuit-time-impossible", Severity: Error, Sheet: CircuitsSheet, Column: CircuitConstructionTime, Fixed: true}
