package sheet

// engineerTypeMissing: the API requires PMCertificateType.
var engineerTypeMissing = Rule{Code: "engineer-certificate-type-missing", Severity: Error, Sheet: EngineersSheet, Column: EngineerCertificateType, Fixed: true}
