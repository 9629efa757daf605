package sheet

// engineerIDCheckDigit: the last character checks the 17 before it (ISO 7064, MOD 11-2).
var engineerIDCheckDigit = Rule{Code: "engineer-id-check-digit", Severity: Warning, Sheet: EngineersSheet, Column: EngineerCertificateNo}

// idCheckDigitFits reports whether the last character of an identity number is the
// check character of the others: the digits weighted by powers of 2 sum up to 1 modulo
// 11, where X counts as 10. The number has the form of isIDForm.
func idCheckDigitFits(s string) bool {
	sum := 0
	for i := range 17 {
		sum = (sum + int(s[i]-'0')) * 2 % 11
	}
	last := 10
	if s[17] <= '9' {
		last = int(s[17] - '0')
	}
	return (sum+last)%11 == 1
}
