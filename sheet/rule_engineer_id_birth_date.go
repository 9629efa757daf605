package sheet

// engineerIDBirthDate: the birth date within an identity number is on the calendar.
var engineerIDBirthDate = Rule{Code: "engineer-id-birth-date", Severity: Warning, Sheet: EngineersSheet, Column: EngineerCertificateNo}

// idBirthDate gives the birth date within an identity number (characters 7 to 14), and
// whether there is such a day. The number has the form of isIDForm.
func idBirthDate(s string) (civil, bool) {
	number := func(part string) (n int) {
		for i := range len(part) {
			n = n*10 + int(part[i]-'0')
		}
		return n
	}
	c := civil{year: number(s[6:10]), month: number(s[10:12]), day: number(s[12:14])}
	return c, c.year >= 1850 && c.onCalendar()
}
