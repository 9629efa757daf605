package sheet

// circuitLineTypeUnknown: LineType is MSTP, MPLSVPN, FIBRE or Other.
var circuitLineTypeUnknown = Rule{Code: "circuit-line-type-unknown", Severity: Error, Sheet: CircuitsSheet, Column: CircuitLineType, Fixed: true}
