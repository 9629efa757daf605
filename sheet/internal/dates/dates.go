// Package dates reads dates and times the way people write them and spreadsheets store them.
package dates

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Civil is a date and a time of day as shown by a calendar and a wall clock.
type Civil struct {
	Year, Month, Day     int
	Hour, Minute, Second int
	Clock                bool           // it has a time of day
	Zone                 *time.Location // that of the text, or nil
}

// OnCalendar reports whether the day and the time exist.
func (c Civil) OnCalendar() bool {
	if c.Month < 1 || c.Month > 12 || c.Day < 1 || c.Hour > 23 || c.Minute > 59 || c.Second > 59 {
		return false
	}
	if c.Day <= 28 {
		return true
	}
	t := time.Date(c.Year, time.Month(c.Month), c.Day, 0, 0, 0, 0, time.UTC)
	return t.Day() == c.Day
}

// Date returns the day alone: 2027-01-15.
func (c Civil) Date() string {
	digits := func(n, width int) string {
		s := strconv.Itoa(n)
		return "0000"[min(len(s), width):width] + s
	}
	return digits(c.Year, 4) + "-" + digits(c.Month, 2) + "-" + digits(c.Day, 2)
}

// String returns the day and, if there is one, the time of day: 2027-01-15 08:00:00.
func (c Civil) String() string {
	var buf [32]byte
	t := time.Date(c.Year, time.Month(c.Month), c.Day, c.Hour, c.Minute, c.Second, 0, time.UTC)
	b := t.AppendFormat(buf[:0], time.RFC3339) // which is much faster than other layouts
	day := len(b) - len("T08:00:00Z")
	if !c.Clock {
		return string(b[:day])
	}
	b[day] = ' '
	return string(b[:len(b)-1])
}

// In returns the instant in c's own zone, or else in the given one, and whether it is
// unique: when clocks change, a time may not exist or may exist twice.
func (c Civil) In(zone *time.Location) (time.Time, bool) {
	if c.Zone != nil {
		zone = c.Zone
	}
	t := time.Date(c.Year, time.Month(c.Month), c.Day, c.Hour, c.Minute, c.Second, 0, zone)
	if zone == time.UTC {
		return t, true
	}
	if t.Day() != c.Day || t.Hour() != c.Hour || t.Minute() != c.Minute {
		return t, false
	}
	if !c.Clock {
		return t, true
	}
	_, before := t.Add(-3 * time.Hour).Zone()
	_, after := t.Add(3 * time.Hour).Zone()
	if before == after {
		return t, true
	}
	_, own := t.Zone()
	for _, other := range []int{before, after} {
		if other == own {
			continue
		}
		twin := t.Add(time.Duration(own-other) * time.Second).In(zone)
		if twin.Hour() == c.Hour && twin.Minute() == c.Minute && twin.Day() == c.Day {
			return t, false
		}
	}
	return t, true
}

// Serial numbers of days (ECMA-376 part 1, 18.17.4): in the 1900 system day 1 is
// 1900-01-01 and day 60 is 1900-02-29, which never existed; in the 1904 system day 0 is
// 1904-01-01. The last day of either is 9999-12-31.
const (
	firstSerial    = 61 // 1900-03-01, after the day that never existed
	lastSerial1900 = 2958465
	lastSerial1904 = 2957003
)

// Serial reads a stored number as a date, rounded to seconds. A number below 1 is a time of
// day without a date: its day is 0.
func Serial(value string, date1904 bool) (Civil, bool) {
	x, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(x) || x < 0 {
		return Civil{}, false
	}
	seconds := math.Round(x * 86400)
	days := math.Floor(seconds / 86400)
	first, last, epoch := float64(firstSerial), float64(lastSerial1900), time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if date1904 {
		first, last, epoch = 1, lastSerial1904, time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if days != 0 && days < first || days > last {
		return Civil{}, false
	}
	t := epoch.AddDate(0, 0, int(days))
	rest := int(seconds - days*86400)
	c := Civil{Year: t.Year(), Month: int(t.Month()), Day: t.Day(), Hour: rest / 3600, Minute: rest / 60 % 60, Second: rest % 60, Clock: rest != 0}
	if days == 0 {
		c.Year, c.Month, c.Day = 0, 0, 0
	}
	return c, true
}

// Basic reads eight digits, such as 20270115, and reports whether the day exists.
func Basic(digits string) (Civil, bool) {
	var c Civil
	p := parser{rest: digits}
	found := p.basicDate(&c) != noDate && p.end()
	return c, found && c.OnCalendar()
}

// Reading is the result of reading a date text.
type Reading uint8

// The readings.
const (
	Once     Reading = iota // one date
	Twice                   // two dates: day and month could be swapped
	TimeOnly                // only a time of day
	Nowhere                 // a known form, but a day or time that does not exist
	Nothing                 // not a date
)

// Read reads a date text: ISO 8601 in its extended and basic forms; with slashes,
// dots or hyphens; 2027年1月15日 or 二〇二七年一月十五日; with the English name of the month; with or
// without the Chinese day of the week, a time of day and an offset or 北京时间. The year has four
// digits. A span, 9:00-11:00, is not a date. The dates differ only with Twice.
func Read(s string) (first, second Civil, r Reading) {
	text := inDigits(strings.ToLower(s))
	p := parser{rest: text}
	beijing := p.beijing()
	c, order := p.date()
	if order == noDate {
		if p = (parser{rest: text}); strings.ContainsAny(p.rest, ":时点m") && p.clock(&c) && p.end() {
			return c, c, TimeOnly
		}
		return Civil{}, Civil{}, Nothing
	}
	weekday := p.weekday()
	if clock := p.rest; !p.end() && !(p.between() && p.clock(&c) && !p.span(&c, clock) && p.offset(&c) && p.end()) {
		return Civil{}, Civil{}, Nothing
	}
	if beijing {
		if c.Zone != nil || !c.Clock {
			return Civil{}, Civil{}, Nothing
		}
		c.Zone = chinaStandard
	}
	first, second = c, c
	second.Day, second.Month = first.Month, first.Day
	switch {
	case order == yearFirst || first.Day == first.Month || !second.OnCalendar():
		second = first
	case !first.OnCalendar():
		first = second
	default:
		return first, second, Twice
	}
	if !first.OnCalendar() || weekday != anyDay && weekday != first.weekday() {
		return first, second, Nowhere
	}
	return first, second, Once
}
