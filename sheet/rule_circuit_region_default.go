package sheet

// circuitRegionDefault: a row without a region gets the default one.
var circuitRegionDefault = Rule{Code: "circuit-region-default", Severity: Note, Sheet: CircuitsSheet, Column: CircuitRegionID}
