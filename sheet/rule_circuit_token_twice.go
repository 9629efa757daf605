package sheet

// circuitTokenTwice: a token belongs to one application.
var circuitTokenTwice = Rule{Code: "circuit-token-twice", Severity: Error, Sheet: CircuitsSheet, Column: CircuitClientToken, Fixed: true}
