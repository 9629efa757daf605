package sheet

// engineerIDGender: the 17th digit is odd for men and even for women.
var engineerIDGender = Rule{Code: "engineer-id-gender", Severity: Warning, Sheet: EngineersSheet, Column: EngineerGender}

// idGender gives the gender that an identity number of the form of isIDForm implies.
func idGender(s string) string {
	if (s[16]-'0')%2 == 1 {
		return "Male"
	}
	return "Female"
}
