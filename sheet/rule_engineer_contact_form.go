package sheet

// engineerContactForm: a contact is a phone number: E.164, or a mainland mobile or landline.
var engineerContactForm = Rule{Code: "engineer-contact-form", Severity: Warning, Sheet: EngineersSheet, Column: EngineerContact}

// isPhone reports whether a text is a phone number once spaces, hyphens and brackets are
// left out: + and 7 to 15 digits (E.164); a mainland mobile number, 11 digits from 13 to
// 19, or with 86 or 0086 in front; a mainland landline with its area code, 10 to 12 digits from 0.
func isPhone(s string) bool {
	var buf [24]byte
	digits := buf[:0]
	plus := false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9' && len(digits) < cap(digits):
			digits = append(digits, c)
		case c == '+' && len(digits) == 0 && !plus:
			plus = true
		case c == ' ' || c == '-' || c == '(' || c == ')':
		default:
			return false
		}
	}
	n := string(digits)
	if plus {
		return len(n) >= 7 && len(n) <= 15 && n[0] != '0'
	}
	for _, prefix := range []string{"", "86", "0086"} {
		if len(n) == len(prefix)+11 && n[:len(prefix)] == prefix && n[len(prefix)] == '1' && n[len(prefix)+1] >= '3' {
			return true
		}
	}
	return len(n) >= 10 && len(n) <= 12 && n[0] == '0' && n[1] != '0'
}
