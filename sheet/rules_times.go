package sheet

import "time"

// SentTime is the form in which a construction time is sent (API page:
// YYYY-MM-DDThh:mm:ssZ, UTC).
const SentTime = "2006-01-02T15:04:05Z"

// circuitTimeMissing: the API requires ConstructionTime.
var circuitTimeMissing = timeRules.add(Rule{Code: "circuit-time-missing", Severity: Error, Column: CircuitConstructionTime, Fixed: true})

// circuitTimeMalformed: the construction time is a date that can be read in one way.
var circuitTimeMalformed = timeRules.add(Rule{Code: "circuit-time-malformed", Severity: Error, Column: CircuitConstructionTime, Fixed: true})

// circuitTimeAmbiguous: 03/04/2026 is two dates.
var circuitTimeAmbiguous = timeRules.add(Rule{Code: "circuit-time-ambiguous", Severity: Error, Column: CircuitConstructionTime, Fixed: true})

// circuitTimeImpossible: the date is on the calendar, and the time on the clock.
var circuitTimeImpossible = timeRules.add(Rule{Code: "circuit-time-impossible", Severity: Error, Column: CircuitConstructionTime, Fixed: true})

// circuitTimeGap: when clocks are changed, some times do not exist and some exist twice.
var circuitTimeGap = timeRules.add(Rule{Code: "circuit-time-gap", Severity: Error, Column: CircuitConstructionTime, Fixed: true})

// circuitTimeOfDay: a time of day is no date.
var circuitTimeOfDay = timeRules.add(Rule{Code: "circuit-time-of-day", Severity: Error, Column: CircuitConstructionTime, Fixed: true})

// circuitTimeSerial: a plain number is a date only to who knows that it is one.
var circuitTimeSerial = timeRules.add(Rule{Code: "circuit-time-serial", Severity: Error, Column: CircuitConstructionTime})

// constructionTime gives the time of the row in UTC, or the zero time when its cell is
// missing or at fault.
func (d *decoder) constructionTime(f *field) time.Time {
	c, found := d.civilTime(f)
	if !found {
		return time.Time{}
	}
	t, single := c.in(d.opts.Location)
	if !single {
		d.tell(circuitTimeGap, f, Arg{"zone", d.opts.Location.String()})
		return time.Time{}
	}
	t = t.UTC()
	if t.Year() < 1900 || t.Year() > 9999 {
		d.tell(circuitTimeImpossible, f)
		return time.Time{}
	}
	d.judgeTime(f, t, c.clock)
	return t
}

// civilTime reads the cell of a construction time.
func (d *decoder) civilTime(f *field) (civil, bool) {
	switch d.typed(f) {
	case empty:
		d.tell(circuitTimeMissing, f)
		return civil{}, false
	case fault:
		return civil{}, false
	}
	if f.cell.Type == NumberCell {
		return d.serial(f)
	}
	s, st := d.fit(f)
	if st != ok {
		return civil{}, false
	}
	first, second, r := readDate(s)
	switch r {
	case readTwice:
		d.tell(circuitTimeAmbiguous, f, Arg{"first", first.date()}, Arg{"second", second.date()})
	case readTimeOnly:
		d.tell(circuitTimeOfDay, f)
	case readNowhere:
		d.tell(circuitTimeImpossible, f)
	case readNothing:
		d.tell(circuitTimeMalformed, f)
	}
	return first, r == readOnce
}

// serial reads a stored number as a construction time.
func (d *decoder) serial(f *field) (civil, bool) {
	c, found := serialDate(f.cell.Value, d.book.Date1904())
	switch {
	case !found:
		d.tell(circuitTimeMalformed, f)
		return civil{}, false
	case c.day == 0:
		d.tell(circuitTimeOfDay, f)
		return civil{}, false
	case !f.cell.DateStyle:
		d.tell(circuitTimeSerial, f, Arg{"date", c.date()})
		return c, d.severity[circuitTimeSerial] != Error
	}
	f.cell.Value = c.String() // what the cell shows, rather than its serial
	return c, true
}

// circuitTimePast: work that is applied for lies ahead.
var circuitTimePast = timeRules.add(Rule{Code: "circuit-time-past", Severity: Warning, Column: CircuitConstructionTime})

// circuitTimeFar: work more than two years ahead is probably a slip of the year.
var circuitTimeFar = timeRules.add(Rule{Code: "circuit-time-far", Severity: Warning, Column: CircuitConstructionTime})

// circuitTimeNight: work on a weekend night is probably a slip of the zone.
var circuitTimeNight = timeRules.add(Rule{Code: "circuit-time-night", Severity: Warning, Column: CircuitConstructionTime})

// weekendNight reports whether a local time is on a Saturday or Sunday before 06:00 or
// from 22:00.
func weekendNight(t time.Time) bool {
	day := t.Weekday()
	return (day == time.Saturday || day == time.Sunday) && (t.Hour() < 6 || t.Hour() >= 22)
}

// circuitTimeEcho: the time that is sent is told wherever it is not spelt so already.
var circuitTimeEcho = timeRules.add(Rule{Code: "circuit-time-echo", Severity: Note, Column: CircuitConstructionTime})

// judgeTime applies the rules of a time that was read.
func (d *decoder) judgeTime(f *field, t time.Time, clock bool) {
	sent := t.Format(SentTime)
	if sent != f.cell.Value && d.severity[circuitTimeEcho] != Off {
		d.tell(circuitTimeEcho, f, d.args.one(Arg{"sent", sent})...)
	}
	if now := d.opts.Now; !now.IsZero() {
		switch {
		case t.Before(now):
			d.tell(circuitTimePast, f, Arg{"sent", sent})
		case t.After(now.AddDate(2, 0, 0)):
			d.tell(circuitTimeFar, f, Arg{"sent", sent})
		}
	}
	if clock && weekendNight(t.In(d.opts.Location)) {
		d.tell(circuitTimeNight, f, Arg{"local", t.In(d.opts.Location).Format("Mon 2006-01-02 15:04")}, Arg{"zone", d.opts.Location.String()})
	}
}
