package sheet

// circuitRegionUnknown: the region is one that the API's endpoints are known for.
var circuitRegionUnknown = Rule{Code: "circuit-region-unknown", Severity: Error, Sheet: CircuitsSheet, Column: CircuitRegionID}
