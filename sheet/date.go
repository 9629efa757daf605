package sheet

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// civil is a date and a time of day as shown by a calendar and a wall clock.
type civil struct {
	year, month, day     int
	hour, minute, second int
	clock                bool           // it has a time of day
	zone                 *time.Location // its own zone, or nil
}

// onCalendar reports whether the day and the time exist.
func (c civil) onCalendar() bool {
	if c.month < 1 || c.month > 12 || c.day < 1 || c.hour > 23 || c.minute > 59 || c.second > 59 {
		return false
	}
	t := time.Date(c.year, time.Month(c.month), c.day, 0, 0, 0, 0, time.UTC)
	return t.Day() == c.day
}

// date returns the day alone: 2027-01-15.
func (c civil) date() string { return fmt.Sprintf("%04d-%02d-%02d", c.year, c.month, c.day) }

// String returns the day and, if there is one, the time of day: 2027-01-15 08:00:00.
func (c civil) String() string {
	var buf [32]byte
	b := time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, c.second, 0, time.UTC)
	if !c.clock {
		return string(b.AppendFormat(buf[:0], time.DateOnly))
	}
	return string(b.AppendFormat(buf[:0], time.DateTime))
}

// in returns the instant in c's own zone, or else in the given one, and whether it is
// unique: when clocks change, a time may not exist or may exist twice.
func (c civil) in(zone *time.Location) (time.Time, bool) {
	if c.zone != nil {
		zone = c.zone
	}
	t := time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, c.second, 0, zone)
	if zone == time.UTC {
		return t, true
	}
	if t.Day() != c.day || t.Hour() != c.hour || t.Minute() != c.minute {
		return t, false
	}
	if !c.clock {
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
		if twin.Hour() == c.hour && twin.Minute() == c.minute && twin.Day() == c.day {
			return t, false
		}
	}
	return t, true
}

// Serial numbers of days (ECMA-376 part 1, 18.17.4): in the 1900 system day 1 is
// 1900-01-01 and day 60 is 1900-02-29, which never existed; in the 1904 system day 0 is
// 1904-01-01. The last day of either is 9999-12-31.
const (
	firstSerial    = 61 // 1900-03-01, the first after the day that never existed
	lastSerial1900 = 2958465
	lastSerial1904 = 2957003
)

// serialDate reads a stored number as a date, rounded to seconds. A number below 1 is only
// a time of day: its day is 0.
func serialDate(value string, date1904 bool) (civil, bool) {
	x, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(x) || x < 0 {
		return civil{}, false
	}
	seconds := math.Round(x * 86400)
	days := math.Floor(seconds / 86400)
	first, last, epoch := float64(firstSerial), float64(lastSerial1900), time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if date1904 {
		first, last, epoch = 1, lastSerial1904, time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if days != 0 && days < first || days > last {
		return civil{}, false
	}
	t := epoch.AddDate(0, 0, int(days))
	rest := int(seconds - days*86400)
	c := civil{year: t.Year(), month: int(t.Month()), day: t.Day(), hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60, clock: rest != 0}
	if days == 0 {
		c.year, c.month, c.day = 0, 0, 0
	}
	return c, true
}

// dateReading is the result of reading a date text.
type dateReading uint8

const (
	readOnce     dateReading = iota // one date
	readTwice                       // two dates, as day and month are interchangeable
	readTimeOnly                    // only a time of day
	readNowhere                     // a known form, but a day or time that does not exist
	readNothing                     // not a date
)

// readDate reads a date text: ISO 8601 in its extended and basic forms; with slashes,
// dots or hyphens; 2027年1月15日; with the English name of the month; with or without a time of
// day and an offset. The year has four digits. The dates differ only with readTwice.
func readDate(s string) (first, second civil, r dateReading) {
	p := dateParser{rest: strings.ToLower(s)}
	c, order := p.date()
	if order == noDate {
		if p = (dateParser{rest: strings.ToLower(s)}); strings.ContainsAny(p.rest, ":时点m") && p.clock(&c) && p.end() {
			return c, c, readTimeOnly
		}
		return civil{}, civil{}, readNothing
	}
	if !p.end() && !(p.between() && p.clock(&c) && p.offset(&c) && p.end()) {
		return civil{}, civil{}, readNothing
	}
	first, second = c, c
	second.day, second.month = first.month, first.day
	switch {
	case order == yearFirst || first.day == first.month || !second.onCalendar():
		second = first
	case !first.onCalendar():
		first = second
	default:
		return first, second, readTwice
	}
	if !first.onCalendar() {
		return first, second, readNowhere
	}
	return first, second, readOnce
}
