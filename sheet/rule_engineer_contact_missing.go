package sheet

// engineerContactMissing: the API requires PMContactInfo.
var engineerContactMissing = Rule{Code: "engineer-contact-missing", Severity: Error, Sheet: EngineersSheet, Column: EngineerContact, Fixed: true}
