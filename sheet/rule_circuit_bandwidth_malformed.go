package sheet

// circuitBandwidthMalformed: Bandwidth is a whole number of Mbit/s.
var circuitBandwidthMalformed = Rule{Code: "circuit-bandwidth-malformed", Severity: Error, Sheet: CircuitsSheet, Column: CircuitBandwidth, Fixed: true}
