package sheet

// engineerNumberMissing: the API requires PMCertificateNo.
var engineerNumberMissing = Rule{Code: "engineer-certificate-missing", Severity: Error, Sheet: EngineersSheet, Column: EngineerCertificateNo, Fixed: true}
