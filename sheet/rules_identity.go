package sheet

import (
	"strings"
	"time"

	"github.com/loabatch/loabatch/sheet/internal/dates"
)

// engineerNumberMalformed: what cannot be a whole certificate number of any country.
var engineerNumberMalformed = identityRules.add(Rule{Code: "engineer-certificate-malformed", Severity: Error, Column: EngineerCertificateNo})

// Bounds of certificate numbers, in letters and digits. The shortest identity numbers in
// use have 7 (Bolivia, Paraguay), the longest 18 (China, Mexico). ICAO Doc 9303 has room
// for 9 in a passport number, and some countries print one or two more.
const (
	minIdentity, maxIdentity = 7, 18
	minPassport, maxPassport = 5, 12
)

// canBeNumber reports whether a text can be a whole certificate number: it has a digit and
// a possible length, and is not a Chinese identity number with a digit too few or too many.
func canBeNumber(s string, least, most int, now time.Time) bool {
	digits, length := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits, length = digits+1, length+1
		case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
			length++
		}
	}
	if least == minIdentity && isOffByDigits(s, now) {
		return false
	}
	return digits > 0 && length >= least && length <= most
}

// isOffByDigits reports whether a text is an identity number of the form of isIDForm with
// one digit dropped or doubled: its birth date is there, or one place beside.
func isOffByDigits(s string, now time.Time) bool {
	if len(s) != 17 && len(s) != 19 || !isDigits(strings.TrimRight(s, "Xx")) {
		return false
	}
	for _, start := range []int{6, 6 + len(s) - 18} {
		born, real := birthDate(s[start : start+8])
		if real && (now.IsZero() || plausibleAge(born, now)) {
			return true
		}
	}
	return false
}

// engineerIDForm: an identity number is 17 digits and a check character (GB 11643).
var engineerIDForm = identityRules.add(Rule{Code: "engineer-id-form", Severity: Warning, Column: EngineerCertificateNo})

// engineerIDPermit: the number of a travel permit is that of neither document.
var engineerIDPermit = identityRules.add(Rule{Code: "engineer-id-permit", Severity: Warning, Column: EngineerCertificateNo})

// isTravelPermit reports whether a text has the form of the number of a permit for residents
// of Hong Kong and Macao to travel to the mainland: H or M and 8 digits, with two more on the
// older ones.
func isTravelPermit(s string) bool {
	return (len(s) == 9 || len(s) == 11) && strings.IndexByte("HhMm", s[0]) >= 0 && isDigits(s[1:])
}

// engineerIDResidence: residents of Hong Kong, Macao and Taiwan have numbers of the form of an
// identity number on a permit of residence.
var engineerIDResidence = identityRules.add(Rule{Code: "engineer-id-residence", Severity: Warning, Column: EngineerCertificateNo})

// isResidence reports whether an identity number is that of a permit of residence: the codes
// of Hong Kong, Macao and Taiwan are 810000, 820000 and 830000 (GB/T 2260).
func isResidence(s string) bool {
	return s[0] == '8' && s[1] >= '1' && s[1] <= '3' && s[2:6] == "0000"
}

// isIDForm reports whether a text has the form of an identity number.
func isIDForm(s string) bool {
	return len(s) == 18 && isDigits(s[:17]) && (isDigits(s[17:]) || s[17] == 'X' || s[17] == 'x')
}

// engineerIDOldForm: identity numbers of 15 digits have not been valid since 2013.
var engineerIDOldForm = identityRules.add(Rule{Code: "engineer-id-old-form", Severity: Warning, Column: EngineerCertificateNo})

// isOldIDForm reports whether a text has the form of a first-generation identity number.
func isOldIDForm(s string) bool { return len(s) == 15 && isDigits(s) }

// engineerIDCheckDigit: the last character checks the 17 before it (ISO 7064, MOD 11-2).
var engineerIDCheckDigit = identityRules.add(Rule{Code: "engineer-id-check-digit", Severity: Error, Column: EngineerCertificateNo})

// idCheckDigitFits reports whether the last character of an identity number is the check
// character of the others: the digits weighted by powers of 2 add up to 1 modulo 11, with X
// as 10. The number has the form of isIDForm.
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

// engineerIDBirthDate: the birth date in an identity number exists and is not to come.
var engineerIDBirthDate = identityRules.add(Rule{Code: "engineer-id-birth-date", Severity: Error, Column: EngineerCertificateNo})

// birthDate reads a date of birth, yyyymmdd, and reports whether it exists.
func birthDate(digits string) (dates.Civil, bool) {
	c, exists := dates.Basic(digits)
	return c, exists && c.Year >= 1850
}

// engineerIDAge: an engineer is of working age.
var engineerIDAge = identityRules.add(Rule{Code: "engineer-id-age", Severity: Warning, Column: EngineerCertificateNo})

// The ages, in years, at which people work on a construction site: from 16 (Labour Law of
// the PRC, article 15) to 80.
const (
	minAge = 16
	maxAge = 80
)

// plausibleAge reports whether a person born on that day is of working age now.
func plausibleAge(born dates.Civil, now time.Time) bool {
	age := ageOf(born, now)
	return age >= minAge && age <= maxAge
}

// ageOf returns an age in whole years, which is negative before the birth.
func ageOf(born dates.Civil, now time.Time) int {
	age := now.Year() - born.Year
	if int(now.Month()) < born.Month || int(now.Month()) == born.Month && now.Day() < born.Day {
		age--
	}
	return age
}

// engineerIDGender: the 17th digit is odd for men and even for women.
var engineerIDGender = identityRules.add(Rule{Code: "engineer-id-gender", Severity: Warning, Column: EngineerGender})

// idGender returns the gender that an identity number implies. It has the form of isIDForm.
func idGender(s string) string {
	if (s[16]-'0')%2 == 1 {
		return "Male"
	}
	return "Female"
}

// checkIdentity applies the rules about identity numbers. What a wrong number says about age
// and gender is not looked at.
func (d *decoder) checkIdentity(number, gender string, f *field) {
	switch {
	case isOldIDForm(number):
		d.report(engineerIDOldForm, f)
		return
	case isTravelPermit(number):
		d.report(engineerIDPermit, f)
		return
	case !isIDForm(number):
		d.report(engineerIDForm, f)
		return
	}
	born, real := birthDate(number[6:14])
	switch now := d.opts.Now; {
	case !real, !now.IsZero() && ageOf(born, now) < 0:
		d.report(engineerIDBirthDate, f)
		return
	case !idCheckDigitFits(number):
		d.report(engineerIDCheckDigit, f)
		return
	case !now.IsZero() && !plausibleAge(born, now):
		d.report(engineerIDAge, f)
	}
	if isResidence(number) {
		d.report(engineerIDResidence, f)
	}
	if gender != "" && gender != idGender(number) {
		d.report(engineerIDGender, &d.cells[EngineerGender], Arg{"implied", idGender(number)})
	}
}

// engineerPassportForm: a passport number is 5 to 9 letters and digits with at least one
// digit (ICAO Doc 9303).
var engineerPassportForm = identityRules.add(Rule{Code: "engineer-passport-form", Severity: Warning, Column: EngineerCertificateNo})

// isPassportNumber reports whether a text has the form of a passport number.
func isPassportNumber(s string) bool {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
		default:
			return false
		}
	}
	return len(s) >= 5 && len(s) <= 9 && digits > 0
}

// checkCertificate applies the rules about certificate numbers.
func (d *decoder) checkCertificate(e *Engineer) {
	number := e.CertificateNo.Reveal()
	f := &d.cells[EngineerCertificateNo]
	switch {
	case number == "":
	case e.CertificateType == "Passport" && !canBeNumber(number, minPassport, maxPassport, d.opts.Now),
		e.CertificateType == "IDCard" && !canBeNumber(number, minIdentity, maxIdentity, d.opts.Now):
		d.report(engineerNumberMalformed, f)
	case e.CertificateType == "Passport":
		if len(number) == 11 && isTravelPermit(number) { // a shorter one may be a passport's, too
			d.report(engineerIDPermit, f)
		} else if !isPassportNumber(number) {
			d.report(engineerPassportForm, f)
		}
	case e.CertificateType == "IDCard":
		d.checkIdentity(number, e.Gender, f)
	}
}

// engineerContactForm: a contact is a phone number: E.164, or a mainland mobile or landline.
var engineerContactForm = identityRules.add(Rule{Code: "engineer-contact-form", Severity: Warning, Column: EngineerContact})

// engineerContactMalformed: digits that are too few or too many for any phone number.
var engineerContactMalformed = identityRules.add(Rule{Code: "engineer-contact-malformed", Severity: Error, Column: EngineerContact})

// Bounds of phone numbers, in digits: 7 is a subscriber's number without its area code,
// or a whole one of the smallest networks; 17 are the 15 of E.164 after 00.
const minPhone, maxPhone = 7, 17

// checkContact checks the form of a contact.
func (d *decoder) checkContact(e *Engineer) {
	contact := e.Contact.Reveal()
	switch f := &d.cells[EngineerContact]; {
	case contact == "" || isPhone(contact):
	case !canBeContact(contact):
		d.report(engineerContactMalformed, f)
	default:
		d.report(engineerContactForm, f)
	}
}

// canBeContact reports whether a text can be a contact of any kind: it has letters or other
// signs, or as many digits as a phone number can have, and no run of too many.
func canBeContact(s string) bool {
	digits, run := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
			if run++; run > maxPhone {
				return false
			}
		case strings.IndexByte(" +-.()", c) >= 0:
			run = 0
		default:
			return true
		}
	}
	return digits >= minPhone
}

// isPhone reports whether a text is a phone number, ignoring spaces, hyphens and brackets:
// + and 7 to 15 digits (E.164); a mainland mobile number, 11 digits starting with 13 to 19,
// also after 86 or 0086; or a mainland landline with its area code, 10 to 12 digits starting
// with 0.
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
