package sheet

// circuitBandwidthRange: Bandwidth is 2 to 10240.
var circuitBandwidthRange = Rule{Code: "circuit-bandwidth-range", Severity: Error, Sheet: CircuitsSheet, Column: CircuitBandwidth}

// bandwidthInRange reports whether the API takes so many Mbit/s.
func bandwidthInRange(mbit int) bool { return mbit >= 2 && mbit <= 10240 }
