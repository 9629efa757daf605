package sheet

import "time"

// SentTime is the form in which a construction time is sent (API page:
// YYYY-MM-DDThh:mm:ssZ, UTC).
const SentTime = "2006-01-02T15:04:05Z"

// constructionTime gives the time of the row in UTC, or the zero time when its cell is
// missing or at fault.
func (d *decoder) constructionTime(f *field) time.Time {
	c, found := d.civilTime(f)
	if !found {
		return time.Time{}
	}
	t, single := c.in(d.opts.Location)
	if !single {
		d.tell(&circuitTimeGap, f, Arg{"zone", d.opts.Location.String()})
		return time.Time{}
	}
	t = t.UTC()
	if t.Year() < 1900 || t.Year() > 9999 {
		d.tell(&circuitTimeImpossible, f)
		return time.Time{}
	}
	d.judgeTime(f, t, c.clock)
	return t
}

// civilTime reads the cell of a construction time.
func (d *decoder) civilTime(f *field) (civil, bool) {
	switch d.typed(f) {
	case empty:
		d.tell(&circuitTimeMissing, f)
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
		d.tell(&circuitTimeAmbiguous, f, Arg{"first", first.date()}, Arg{"second", second.date()})
	case readTimeOnly:
		d.tell(&circuitTimeOfDay, f)
	case readNowhere:
		d.tell(&circuitTimeImpossible, f)
	case readNothing:
		d.tell(&circuitTimeMalformed, f)
	}
	return first, r == readOnce
}

// serial reads a stored number as a construction time.
func (d *decoder) serial(f *field) (civil, bool) {
	c, found := serialDate(f.cell.Value, d.book.Date1904())
	switch {
	case !found:
		d.tell(&circuitTimeMalformed, f)
		return civil{}, false
	case c.day == 0:
		d.tell(&circuitTimeOfDay, f)
		return civil{}, false
	case !f.cell.DateStyle:
		d.tell(&circuitTimeSerial, f, Arg{"date", c.date()})
		return c, d.severity[&circuitTimeSerial] != Error
	}
	f.cell.Value = c.String() // what the cell shows, rather than its serial
	return c, true
}

// judgeTime applies the rules of a time that was read.
func (d *decoder) judgeTime(f *field, t time.Time, clock bool) {
	sent := t.Format(SentTime)
	if sent != f.cell.Value && d.severity[&circuitTimeEcho] != Off {
		d.tell(&circuitTimeEcho, f, d.args.one(Arg{"sent", sent})...)
	}
	if now := d.opts.Now; !now.IsZero() {
		switch {
		case t.Before(now):
			d.tell(&circuitTimePast, f, Arg{"sent", sent})
		case t.After(now.AddDate(2, 0, 0)):
			d.tell(&circuitTimeFar, f, Arg{"sent", sent})
		}
	}
	if clock && weekendNight(t.In(d.opts.Location)) {
		d.tell(&circuitTimeNight, f, Arg{"local", t.In(d.opts.Location).Format("Mon 2006-01-02 15:04")}, Arg{"zone", d.opts.Location.String()})
	}
}
