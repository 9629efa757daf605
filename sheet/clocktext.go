package sheet

import "time"

// between takes what stands between a date and a time of day: a T, or spaces.
func (p *dateParser) between() bool {
	if p.skip("t") {
		return true
	}
	spaces := p.spaces()
	return spaces || p.rest != "" && p.rest[0] >= '0' && p.rest[0] <= '9'
}

// clock takes a time of day: 8:30, 08:30:00, 08:30:00.25, 083000, 8:30 pm, 8时30分.
func (p *dateParser) clock(c *civil) bool {
	c.clock = true
	save := p.rest
	if n, found := p.digits(6); found {
		c.hour, c.minute, c.second = n/10000, n/100%100, n%100
		return p.fraction()
	}
	if n, found := p.digits(4); found {
		c.hour, c.minute = n/100, n%100
		return true
	}
	p.rest = save
	var found bool
	if c.hour, found = p.number(1, 2); !found {
		return false
	}
	if p.skip("时") || p.skip("点") {
		return p.clockInChinese(c)
	}
	if !p.skip(":") {
		return false
	}
	if c.minute, found = p.number(2, 2); !found {
		return false
	}
	if p.skip(":") {
		if c.second, found = p.number(2, 2); !found || !p.fraction() {
			return false
		}
	}
	return p.halfDay(c)
}

// clockInChinese takes what follows the hour in 8时30分15秒.
func (p *dateParser) clockInChinese(c *civil) bool {
	var found bool
	if p.rest == "" || p.rest[0] < '0' || p.rest[0] > '9' {
		return true
	}
	if c.minute, found = p.number(1, 2); !found || !p.skip("分") {
		return false
	}
	if p.rest == "" || p.rest[0] < '0' || p.rest[0] > '9' {
		return true
	}
	c.second, found = p.number(1, 2)
	return found && p.skip("秒")
}

// fraction takes a fraction of a second, which is dropped: the API takes whole seconds.
func (p *dateParser) fraction() bool {
	if !p.skip(".") && !p.skip(",") {
		return true
	}
	_, found := p.number(1, 9)
	return found
}

// halfDay takes am or pm, if it is there.
func (p *dateParser) halfDay(c *civil) bool {
	save := p.rest
	p.spaces()
	switch am, pm := p.skip("am"), p.skip("pm"); {
	case !am && !pm:
		p.rest = save
		return true
	case c.hour < 1 || c.hour > 12:
		return false
	default:
		if c.hour %= 12; pm {
			c.hour += 12
		}
		return true
	}
}

// offset takes a zone: Z, UTC, GMT, +08:00, +0800, +8, UTC+8. None is fine.
func (p *dateParser) offset(c *civil) bool {
	p.spaces()
	if p.rest == "" {
		return true
	}
	named := p.skip("z") || p.skip("utc") || p.skip("gmt")
	if named && p.rest == "" {
		c.zone = time.UTC
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
	c.zone = time.FixedZone("", sign*(hours*3600+minutes*60))
	return hours <= 14 && minutes <= 59
}
