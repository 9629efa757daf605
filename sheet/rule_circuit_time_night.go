package sheet

import "time"

// circuitTimeNight: work on a weekend night is probably a slip of the zone.
var circuitTimeNight = Rule{Code: "circuit-time-night", Severity: Warning, Sheet: CircuitsSheet, Column: CircuitConstructionTime}

// weekendNight reports whether a local time is on a Saturday or Sunday before 06:00 or
// from 22:00.
func weekendNight(t time.Time) bool {
	day := t.Weekday()
	return (day == time.Saturday || day == time.Sunday) && (t.Hour() < 6 || t.Hour() >= 22)
}
