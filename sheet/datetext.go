package sheet

import (
	"strings"
	"time"
)

// dateReading is what a date text turned out to be.
type dateReading uint8

const (
	readOnce     dateReading = iota // one date
	readTwice                       // day and month could be either; both are dates
	readTimeOnly                    // a time of day
	readNowhere                     // the form is known, but there is no such day or time
	readNothing                     // no date
)

// readDate reads a date text: ISO 8601 in its extended and basic forms; with slashes,
// dots or hyphens; 2027年1月15日; with the month's English name; with or without a time of
// day and an offset. The year has four digits. A second date is given with readTwice.
func readDate(s string) (first, second civil, r dateReading) {
	p := dateParser{rest: strings.ToLower(s)}
	c, order := p.date()
	if order == noDate {
		if p = (dateParser{rest: strings.ToLower(s)}); strings.ContainsAny(s, ":时点") && p.clock(&c) && p.end() {
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

// dateOrder says which part of a date stands where.
type dateOrder uint8

const (
	noDate    dateOrder = iota
	yearFirst           // or the month is a name: there is one reading
	yearLast            // day and month in some order
)

// dateParser takes a text apart from the front. Its methods report whether what they
// look for was there, and drop it.
type dateParser struct{ rest string }

func (p *dateParser) end() bool { return p.rest == "" }

func (p *dateParser) skip(prefix string) bool {
	var found bool
	p.rest, found = strings.CutPrefix(p.rest, prefix)
	return found
}

func (p *dateParser) spaces() bool {
	n := len(p.rest)
	p.rest = strings.TrimLeft(p.rest, " ")
	return len(p.rest) < n
}

// number takes least to most digits.
func (p *dateParser) number(least, most int) (n int, found bool) {
	i := 0
	for i < len(p.rest) && p.rest[i] >= '0' && p.rest[i] <= '9' {
		if i == most {
			return 0, false
		}
		n = n*10 + int(p.rest[i]-'0')
		i++
	}
	p.rest = p.rest[i:]
	return n, i >= least
}

// digits takes exactly so many digits, whatever follows.
func (p *dateParser) digits(count int) (n int, found bool) {
	if len(p.rest) < count || !isDigits(p.rest[:count]) {
		return 0, false
	}
	q := dateParser{rest: p.rest[:count]}
	p.rest = p.rest[count:]
	return q.number(count, count)
}

// date takes a date. With yearLast, its day and month are as they would be day first.
func (p *dateParser) date() (c civil, order dateOrder) {
	save := p.rest
	for _, form := range []func(*civil) dateOrder{p.basicDate, p.yearFirstDate, p.yearLastDate, p.namedDate} {
		p.rest, c = save, civil{}
		if order = form(&c); order != noDate {
			return c, order
		}
	}
	p.rest = save
	return civil{}, noDate
}

// basicDate takes 20270115.
func (p *dateParser) basicDate(c *civil) dateOrder {
	n, found := p.digits(8)
	if !found || len(p.rest) > 0 && p.rest[0] >= '0' && p.rest[0] <= '9' {
		return noDate
	}
	c.year, c.month, c.day = n/10000, n/100%100, n%100
	return yearFirst
}

// yearFirstDate takes 2027-1-15, 2027/01/15, 2027.1.15 and 2027年1月15日.
func (p *dateParser) yearFirstDate(c *civil) dateOrder {
	var found bool
	if c.year, found = p.number(4, 4); !found {
		return noDate
	}
	if p.skip("年") {
		if c.month, found = p.number(1, 2); !found || !p.skip("月") {
			return noDate
		}
		if c.day, found = p.number(1, 2); !found {
			return noDate
		}
		if !p.skip("日") && !p.skip("号") {
			return noDate
		}
		return yearFirst
	}
	sep, found := p.separator()
	if !found {
		return noDate
	}
	if c.month, found = p.number(1, 2); !found || !p.skip(sep) {
		return noDate
	}
	if c.day, found = p.number(1, 2); !found {
		return noDate
	}
	return yearFirst
}

// yearLastDate takes 15/01/2027, 1-15-2027 and 15.1.2027.
func (p *dateParser) yearLastDate(c *civil) dateOrder {
	var found bool
	if c.day, found = p.number(1, 2); !found {
		return noDate
	}
	sep, found := p.separator()
	if !found {
		return noDate
	}
	if c.month, found = p.number(1, 2); !found || !p.skip(sep) {
		return noDate
	}
	if c.year, found = p.number(4, 4); !found {
		return noDate
	}
	return yearLast
}

func (p *dateParser) separator() (string, bool) {
	for _, sep := range []string{"-", "/", "."} {
		if p.skip(sep) {
			return sep, true
		}
	}
	return "", false
}

// namedDate takes 15 Jan 2027, 15-January-2027 and January 15, 2027.
func (p *dateParser) namedDate(c *civil) dateOrder {
	gap := func() { p.rest = strings.TrimLeft(p.rest, " -,.") }
	var found bool
	if c.day, found = p.number(1, 2); found {
		gap()
		if c.month, found = p.monthName(); !found {
			return noDate
		}
	} else {
		if c.month, found = p.monthName(); !found {
			return noDate
		}
		gap()
		if c.day, found = p.number(1, 2); !found {
			return noDate
		}
	}
	gap()
	if c.year, found = p.number(4, 4); !found {
		return noDate
	}
	return yearFirst
}

func (p *dateParser) monthName() (int, bool) {
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		if p.skip(name) || p.skip(name[:3]) {
			return int(m), p.rest == "" || p.rest[0] < 'a' || p.rest[0] > 'z'
		}
	}
	return 0, false
}
