package sheet

// circuitCompanyMissing: the API requires CompanyName.
var circuitCompanyMissing = Rule{Code: "circuit-company-missing", Severity: Error, Sheet: CircuitsSheet, Column: CircuitCompanyName, Fixed: true}
