package sheet

import (
	"time"

	"github.com/loabatch/loabatch/sheet/internal/dates"
)

// SentTime is the layout in which a construction time is sent, in UTC (API page:
// YYYY-MM-DDThh:mm:ssZ).
const SentTime = "2006-01-02T15:04:05Z"

// FormatSent formats a construction time as SentTime does. RFC 3339 is the same in UTC,
// and package time formats it much faster.
func FormatSent(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// circuitTimeMissing: the API requires ConstructionTime.
var circuitTimeMissing = timeRules.add(Rule{Code: "circuit-time-missing", Severity: Error, Column: CircuitConstructionTime, Fixed: true})

// circuitTimeMalformed: the construction time is a date in a known form.
var circuitTimeMalformed = timeRules.add(Rule{Code: "circuit-time-malformed", Severity: Error, Column: CircuitConstructionTime, Fixed: true})

// circuitTimeAmbiguous: 03/04/2027 could be two different dates.
var circuitTimeAmbiguous = timeRules.add(Rule{Code: "circuit-time-ambiguous", Severity: Error, Column: CircuitConstructionTime, Fixed: true})

// circuitTimeImpossible: the date and the time exist.
var circuitTimeImpossible = timeRules.add(Rule{Code: "circuit-time-impossible", Severity: Error, Column: CircuitConstructionTime, Fixed: true})

// circuitTimeGap: when clocks change, some times do not exist and some exist twice.
var circuitTimeGap = timeRules.add(Rule{Code: "circuit-time-gap", Severity: Error, Column: CircuitConstructionTime, Fixed: true})

// circuitTimeOfDay: a time of day is not a date.
var circuitTimeOfDay = timeRules.add(Rule{Code: "circuit-time-of-day", Severity: Error, Column: CircuitConstructionTime, Fixed: true})

// circuitTimeSerial: a number without a date format is probably not meant as a date.
var circuitTimeSerial = timeRules.add(Rule{Code: "circuit-time-serial", Severity: Error, Column: CircuitConstructionTime})

// constructionTime returns the construction time of the row in UTC, or the zero time if it
// is missing or wrong.
func (d *decoder) constructionTime(f *field) time.Time {
	c, found := d.civilTime(f)
	if !found {
		return time.Time{}
	}
	t, single := c.In(d.opts.Location)
	if !single {
		d.report(circuitTimeGap, f, Arg{"zone", d.opts.Location.String()})
		return time.Time{}
	}
	t = t.UTC()
	if t.Year() < 1900 || t.Year() > 9999 {
		d.report(circuitTimeImpossible, f)
		return time.Time{}
	}
	d.checkTime(f, t, c.Clock)
	return t
}

// civilTime reads the cell of a construction time.
func (d *decoder) civilTime(f *field) (dates.Civil, bool) {
	switch d.checkType(f) {
	case valueMissing:
		d.report(circuitTimeMissing, f)
		return dates.Civil{}, false
	case valueRejected:
		return dates.Civil{}, false
	}
	if f.cell.Type == NumberCell {
		return d.serial(f)
	}
	s, st := d.cleanText(f)
	if st != valueOK {
		return dates.Civil{}, false
	}
	first, second, r := dates.Read(s)
	if r != dates.Once && d.noData(f, s) {
		return dates.Civil{}, false
	}
	switch r {
	case dates.Twice:
		if d.wants(circuitTimeAmbiguous, f) {
			d.keep(circuitTimeAmbiguous, f, nil, Arg{"first", first.Date()}, Arg{"second", second.Date()})
		}
	case dates.TimeOnly:
		d.report(circuitTimeOfDay, f)
	case dates.Nowhere:
		d.report(circuitTimeImpossible, f)
	case dates.Nothing:
		d.reportWith(circuitTimeMalformed, f, func() string { return suggestDate(s) })
	}
	return first, r == dates.Once
}

// serial reads a stored number as a construction time.
func (d *decoder) serial(f *field) (dates.Civil, bool) {
	c, found := dates.Serial(f.cell.Value, d.book.Date1904())
	switch {
	case !found:
		d.report(circuitTimeMalformed, f)
		return dates.Civil{}, false
	case c.Day == 0:
		d.report(circuitTimeOfDay, f)
		return dates.Civil{}, false
	case !f.cell.DateStyle:
		d.report(circuitTimeSerial, f, Arg{"date", c.Date()})
		return c, d.severity.of(circuitTimeSerial) != Error
	}
	f.cell.Value = c.String() // as displayed by the cell
	return c, true
}

// circuitTimePast: the construction time is in the future.
var circuitTimePast = timeRules.add(Rule{Code: "circuit-time-past", Severity: Warning, Column: CircuitConstructionTime})

// circuitTimeFar: work more than two years ahead is probably a mistyped year.
var circuitTimeFar = timeRules.add(Rule{Code: "circuit-time-far", Severity: Warning, Column: CircuitConstructionTime})

// circuitTimeNight: work on a weekend night is probably a mistaken time zone.
var circuitTimeNight = timeRules.add(Rule{Code: "circuit-time-night", Severity: Warning, Column: CircuitConstructionTime})

// weekendNight reports whether a local time is on a Saturday or Sunday before 06:00 or
// from 22:00.
func weekendNight(t time.Time) bool {
	day := t.Weekday()
	return (day == time.Saturday || day == time.Sunday) && (t.Hour() < 6 || t.Hour() >= 22)
}

// circuitTimeEcho: the time is shown as it is sent, unless the cell already has that form.
var circuitTimeEcho = timeRules.add(Rule{Code: "circuit-time-echo", Severity: Note, Column: CircuitConstructionTime})

// checkTime applies the rules about a time that was read.
func (d *decoder) checkTime(f *field, t time.Time, clock bool) {
	sent := FormatSent(t)
	if sent != f.cell.Value && d.severity.of(circuitTimeEcho) != Off {
		d.report(circuitTimeEcho, f, d.args.Single(Arg{"sent", sent})...)
	}
	if now := d.opts.Now; !now.IsZero() {
		switch {
		case t.Before(now):
			d.report(circuitTimePast, f, Arg{"sent", sent})
		case t.After(now.AddDate(2, 0, 0)):
			d.report(circuitTimeFar, f, Arg{"sent", sent})
		}
	}
	if clock && weekendNight(t.In(d.opts.Location)) {
		d.report(circuitTimeNight, f, Arg{"local", t.In(d.opts.Location).Format("Mon 2006-01-02 15:04")}, Arg{"zone", d.opts.Location.String()})
	}
}
