package sheet

// circuitRegionMissing: the API requires RegionId.
var circuitRegionMissing = Rule{Code: "circuit-region-missing", Severity: Error, Sheet: CircuitsSheet, Column: CircuitRegionID, Fixed: true}
