package sheet

import "time"

// engineerIDAge: an engineer is of working age.
var engineerIDAge = Rule{Code: "engineer-id-age", Severity: Warning, Sheet: EngineersSheet, Column: EngineerCertificateNo}

// Ages at which somebody works on a construction site: from 16 (Labour Law of the PRC,
// article 15) to 80.
const (
	youngest = 16
	oldest   = 80
)

// plausibleAge reports whether somebody born then is of working age now.
func plausibleAge(born civil, now time.Time) bool {
	age := now.Year() - born.year
	if int(now.Month()) < born.month || int(now.Month()) == born.month && now.Day() < born.day {
		age--
	}
	return age >= youngest && age <= oldest
}
