package sheet

// engineerTwice: an engineer stands once on a circuit.
var engineerTwice = Rule{Code: "engineer-twice", Severity: Error, Sheet: EngineersSheet, Column: EngineerCertificateNo}
