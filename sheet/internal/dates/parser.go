package dates

import (
	"strings"
	"time"
	"unicode/utf8"
)

// partOrder is the order of the parts of a date.
type partOrder uint8

const (
	noDate    partOrder = iota
	yearFirst           // or the month is a name: unambiguous
	yearLast            // day and month in either order
)

// parser parses a text from the start. Its methods consume what they parse and report
// whether they found it.
type parser struct{ rest string }

func (p *parser) end() bool { return p.rest == "" }

func (p *parser) skip(prefix string) bool {
	var found bool
	p.rest, found = strings.CutPrefix(p.rest, prefix)
	return found
}

func (p *parser) spaces() bool {
	n := len(p.rest)
	p.rest = strings.TrimLeft(p.rest, " ")
	return len(p.rest) < n
}

// number parses least to most digits.
func (p *parser) number(least, most int) (n int, found bool) {
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

// digits parses exactly count digits, whatever follows.
func (p *parser) digits(count int) (n int, found bool) {
	if len(p.rest) < count {
		return 0, false
	}
	q := parser{rest: p.rest[:count]}
	if n, found = q.number(count, count); !found {
		return 0, false
	}
	p.rest = p.rest[count:]
	return n, true
}

// date parses a date. With yearLast, day and month are set as if the day came first.
func (p *parser) date() (c Civil, order partOrder) {
	save := p.rest
	for form := 0; form < 4; form++ {
		p.rest, c = save, Civil{}
		switch form { // a list of methods would put c on the heap
		case 0:
			order = p.basicDate(&c)
		case 1:
			order = p.yearFirstDate(&c)
		case 2:
			order = p.yearLastDate(&c)
		case 3:
			order = p.namedDate(&c)
		}
		if order != noDate {
			return c, order
		}
	}
	p.rest = save
	return Civil{}, noDate
}

// basicDate parses 20270115.
func (p *parser) basicDate(c *Civil) partOrder {
	n, found := p.digits(8)
	if !found || len(p.rest) > 0 && p.rest[0] >= '0' && p.rest[0] <= '9' {
		return noDate
	}
	c.Year, c.Month, c.Day = n/10000, n/100%100, n%100
	return yearFirst
}

// yearFirstDate parses 2027-1-15, 2027/01/15, 2027.1.15 and 2027年1月15日.
func (p *parser) yearFirstDate(c *Civil) partOrder {
	var found bool
	if c.Year, found = p.number(4, 4); !found {
		return noDate
	}
	if p.skip("年") {
		if c.Month, found = p.number(1, 2); !found || !p.skip("月") {
			return noDate
		}
		if c.Day, found = p.number(1, 2); !found {
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
	if c.Month, found = p.number(1, 2); !found || !p.skip(sep) {
		return noDate
	}
	if c.Day, found = p.number(1, 2); !found {
		return noDate
	}
	return yearFirst
}

// yearLastDate parses 15/01/2027, 1-15-2027 and 15.1.2027.
func (p *parser) yearLastDate(c *Civil) partOrder {
	var found bool
	if c.Day, found = p.number(1, 2); !found {
		return noDate
	}
	sep, found := p.separator()
	if !found {
		return noDate
	}
	if c.Month, found = p.number(1, 2); !found || !p.skip(sep) {
		return noDate
	}
	if c.Year, found = p.number(4, 4); !found {
		return noDate
	}
	return yearLast
}

func (p *parser) separator() (string, bool) {
	for _, sep := range []string{"-", "/", "."} {
		if p.skip(sep) {
			return sep, true
		}
	}
	return "", false
}

// namedDate parses 15 Jan 2027, 15-January-2027 and January 15, 2027.
func (p *parser) namedDate(c *Civil) partOrder {
	gap := func() { p.rest = strings.TrimLeft(p.rest, " -,.") }
	var found bool
	if c.Day, found = p.number(1, 2); found {
		gap()
		if c.Month, found = p.monthName(); !found {
			return noDate
		}
	} else {
		if c.Month, found = p.monthName(); !found {
			return noDate
		}
		gap()
		if c.Day, found = p.number(1, 2); !found {
			return noDate
		}
	}
	gap()
	if c.Year, found = p.number(4, 4); !found {
		return noDate
	}
	return yearFirst
}

func (p *parser) monthName() (int, bool) {
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		if p.skip(name) || p.skip(name[:3]) {
			return int(m), p.rest == "" || p.rest[0] < 'a' || p.rest[0] > 'z'
		}
	}
	return 0, false
}

// between parses what separates a date and a time of day: a T, a comma, spaces, or nothing.
func (p *parser) between() bool {
	if p.skip("t") {
		return true
	}
	if p.skip(",") {
		p.spaces()
		return true
	}
	spaces := p.spaces()
	return spaces || p.rest != "" && (p.rest[0] >= '0' && p.rest[0] <= '9' || p.rest[0] >= 0x80)
}

// clock parses a time of day: 8:30, 08:30:00, 08:30:00.25, 083000, 8:30 pm, 8 pm, 8时30分,
// 下午3点半.
func (p *parser) clock(c *Civil) bool {
	c.Clock = true
	half, named := p.halfDay()
	save := p.rest
	if n, found := p.digits(6); found && !named {
		c.Hour, c.Minute, c.Second = n/10000, n/100%100, n%100
		return p.fraction()
	}
	p.rest = save
	if n, found := p.digits(4); found && !named {
		c.Hour, c.Minute = n/100, n%100
		return true
	}
	p.rest = save
	var found bool
	if c.Hour, found = p.number(1, 2); !found {
		return false
	}
	timed := true
	switch {
	case p.skip("时") || p.skip("点"):
		found = p.clockInChinese(c)
	case p.skip(":"):
		found = p.clockInDigits(c)
	default:
		timed = false // 8 pm
	}
	if !found {
		return false
	}
	if after, ok := p.halfDay(); ok {
		if named {
			return false
		}
		half, named = after, true
	}
	if !named {
		return timed
	}
	return half.apply(c)
}

// clockInDigits parses what follows the hour in 8:30:15.
func (p *parser) clockInDigits(c *Civil) (found bool) {
	if c.Minute, found = p.number(2, 2); found && p.skip(":") {
		if c.Second, found = p.number(2, 2); found {
			return p.fraction()
		}
	}
	return found
}

// clockInChinese parses what follows the hour in 8时30分15秒, 8点半, 8点整.
func (p *parser) clockInChinese(c *Civil) bool {
	var found bool
	switch {
	case p.skip("半"):
		c.Minute = 30
		return true
	case p.skip("整"), p.skip("钟"), p.rest == "", p.rest[0] < '0', p.rest[0] > '9':
		return true
	}
	if c.Minute, found = p.number(1, 2); !found || !p.skip("分") {
		return false
	}
	if p.rest == "" || p.rest[0] < '0' || p.rest[0] > '9' {
		return true
	}
	c.Second, found = p.number(1, 2)
	return found && p.skip("秒")
}

// fraction parses a fraction of a second, which is dropped: the API takes whole seconds.
func (p *parser) fraction() bool {
	if !p.skip(".") && !p.skip(",") {
		return true
	}
	_, found := p.number(1, 9)
	return found
}

// halfDay is a part of the day and the hours that it has on a clock of 12 hours.
type halfDay struct {
	name        string
	first, last int  // the hours that go with it; 12 with first 12 is noon
	after       bool // in the afternoon
}

// halfDays lists the parts of the day. 12 is left out if people disagree on its meaning, as
// in 上午12点.
var halfDays = []halfDay{
	{"am", 1, 12, false}, {"a.m.", 1, 12, false}, {"pm", 1, 12, true}, {"p.m.", 1, 12, true},
	{"上午", 0, 11, false}, {"下午", 1, 12, true}, {"凌晨", 0, 5, false}, {"清晨", 4, 8, false}, {"早上", 4, 11, false}, {"早晨", 4, 11, false},
	{"中午", 11, 13, false}, {"午后", 1, 6, true}, {"早", 4, 11, false}, {"傍晚", 4, 8, true}, {"晚上", 5, 11, true}, {"夜间", 6, 11, true}, {"夜里", 9, 11, true}, {"晚", 5, 11, true},
}

// halfDay parses an optional am or pm, with the spaces around it.
func (p *parser) halfDay() (h halfDay, found bool) {
	save := p.rest
	p.spaces()
	if p.rest == "" || p.rest[0] < utf8.RuneSelf && p.rest[0] != 'a' && p.rest[0] != 'p' { // none starts with it
		p.rest = save
		return halfDay{}, false
	}
	for _, h := range halfDays {
		if p.skip(h.name) {
			p.spaces()
			return h, true
		}
	}
	p.rest = save
	return halfDay{}, false
}

// apply moves a time to the part of the day, and reports whether its hour can belong to it.
func (h halfDay) apply(c *Civil) bool {
	latin := h.name[0] < 0x80
	switch {
	case h.name == "中午" && c.Hour == 1:
		c.Hour = 13
		return true
	case h.after && !latin && c.Hour >= h.first+12 && c.Hour <= min(h.last+12, 23): // 下午15:30
		return true
	case c.Hour < h.first || c.Hour > h.last:
		return false
	case h.after && c.Hour < 12:
		c.Hour += 12
	case latin && !h.after:
		c.Hour %= 12
	}
	return true
}

// span reports whether a time of day is followed by a later one, as in 9:00-11:00, rather
// than by an offset. After a T or after seconds it is an offset. text starts with the date.
func (p *parser) span(from *Civil, text string) bool {
	read := text[:len(text)-len(p.rest)]
	rest := strings.TrimLeft(p.rest, " ")
	if read[0] == 't' || strings.Count(read, ":") > 1 || !strings.HasPrefix(rest, "-") && !strings.HasPrefix(rest, "−") {
		return false
	}
	var to Civil
	q := parser{rest: strings.TrimLeft(strings.TrimLeft(rest, "-−"), " ")}
	return q.clock(&to) && q.end() && to.Hour*60+to.Minute > from.Hour*60+from.Minute
}

// offset parses an optional zone: Z, UTC, GMT, +08:00, +0800, +8, UTC+8.
func (p *parser) offset(c *Civil) bool {
	p.spaces()
	if p.rest == "" {
		return true
	}
	if p.beijing() {
		c.Zone = chinaStandard
		return true
	}
	named := p.skip("z") || p.skip("utc") || p.skip("gmt")
	if named && p.rest == "" {
		c.Zone = time.UTC
		return true
	}
	sign := 1
	switch {
	case p.skip("+"):
	case p.skip("-"), p.skip("−"):
		sign = -1
	default:
		return false
	}
	hours, found := p.digits(2)
	if !found {
		if hours, found = p.digits(1); !found {
			return false
		}
	}
	p.skip(":")
	minutes := 0
	if p.rest != "" {
		if minutes, found = p.digits(2); !found {
			return false
		}
	}
	c.Zone = time.FixedZone("", sign*(hours*3600+minutes*60))
	return hours <= 14 && minutes <= 59
}
