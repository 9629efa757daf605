package sheet

// engineerTypeUnknown: PMCertificateType is IDCard or Passport.
var engineerTypeUnknown = Rule{Code: "engineer-certificate-type-unknown", Severity: Error, Sheet: EngineersSheet, Column: EngineerCertificateType, Fixed: true}
