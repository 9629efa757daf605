package sheet

// circuitChanged: an application that was accepted is not made again with other content. The engine finds it, because it knows what was sent.
var circuitChanged = Rule{Code: "circuit-changed-after-submission", Severity: Error, Sheet: CircuitsSheet, Column: CircuitInstanceID, Fixed: true}
