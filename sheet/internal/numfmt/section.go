package numfmt

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// section is one of the up to four parts of a format.
type section struct {
	items     []item
	condition string // such as <=9999999
	style     Style
	groups    bool // a separator between thousands
	scale     int  // how often to divide by a thousand
	point     int  // index of the decimal point among items, or their number
	places    int  // decimals
}

// item is a placeholder for a digit, or literal text.
type item struct {
	digit   rune // 0, # or ?; zero for a literal
	literal string
}

// choose returns the section for a number, and whether a minus sign goes before it.
func choose(all []section, x float64) (s section, signed bool) {
	for i, s := range all[:min(len(all), 2)] {
		if s.condition != "" && holds(s.condition, x) {
			return s, i == 0 && x < 0
		}
	}
	switch {
	case all[0].condition != "" || len(all) > 1 && all[1].condition != "":
		return all[min(len(all), 3)-1], true
	case x < 0 && len(all) > 1:
		return all[1], false
	case x == 0 && len(all) > 2:
		return all[2], false
	}
	return all[0], true
}

func holds(condition string, x float64) bool {
	operator := condition[:len(condition)-len(strings.TrimLeft(condition, "<>="))]
	y, err := strconv.ParseFloat(condition[len(operator):], 64)
	if err != nil {
		return false
	}
	switch operator {
	case "<":
		return x < y
	case "<=":
		return x <= y
	case ">":
		return x > y
	case ">=":
		return x >= y
	case "=":
		return x == y
	}
	return operator == "<>" && x != y
}

// sections parses a format.
func sections(format string) []section {
	var all []section
	p := parser{rest: []rune(format)}
	for {
		s := p.section()
		all = append(all, s)
		if len(p.rest) == 0 {
			return all
		}
		p.rest = p.rest[1:] // the semicolon
	}
}

type parser struct{ rest []rune }

// until returns what comes before an end mark, and skips the mark.
func (p *parser) until(end rune) string {
	for i, r := range p.rest {
		if r == end {
			s := string(p.rest[:i])
			p.rest = p.rest[i+1:]
			return s
		}
	}
	s := string(p.rest)
	p.rest = nil
	return s
}

func (p *parser) section() section {
	s := section{point: -1}
	for len(p.rest) > 0 && p.rest[0] != ';' {
		r := p.rest[0]
		p.rest = p.rest[1:]
		switch r {
		case '"':
			s.literal(p.until('"'))
		case '\\':
			if len(p.rest) > 0 {
				s.literal(string(p.rest[0]))
				p.rest = p.rest[1:]
			}
		case '_', '*':
			if r == '_' {
				s.literal(" ")
			}
			p.rest = p.rest[min(1, len(p.rest)):]
		case '[':
			s.bracket(p.until(']'))
		case '0', '#', '?', '@':
			if r == '@' {
				r = '#'
			}
			s.items = append(s.items, item{digit: r})
			if s.point >= 0 {
				s.places++
			}
			s.scale = 0
		case '.':
			if s.point < 0 {
				s.point = len(s.items)
			} else {
				s.literal(".")
			}
		case ',':
			s.scale++ // unless a digit follows
			s.groups = s.groups || s.point < 0 && len(p.rest) > 0 && strings.ContainsRune("0#?", p.rest[0])
		case '%':
			s.style = Percent
			s.literal("%")
		case '/':
			s.style = Fraction
			s.literal("/")
		case 'E', 'e':
			s.style = Exponent
		case 'G', 'g':
			if rest := string(p.rest); len(rest) >= 6 && strings.EqualFold(rest[:6], "eneral") {
				p.rest = []rune(rest[6:])
				s.items = append(s.items, item{digit: '#'})
			}
		default:
			s.literal(string(r))
		}
	}
	if s.point < 0 {
		s.point = len(s.items)
	}
	return s
}

// literal adds text that is shown unchanged.
func (s *section) literal(text string) {
	if s.style == Digits && isMoney(text) {
		s.style = Currency
	}
	s.items = append(s.items, item{literal: text})
}

// bracket interprets a colour, a condition, a currency or a system of digits.
func (s *section) bracket(in string) {
	symbol, _, _ := strings.Cut(strings.TrimPrefix(in, "$"), "-")
	switch {
	case strings.HasPrefix(in, "$") && symbol != "":
		s.literal(symbol)
		s.style = Currency
	case in != "" && strings.ContainsRune("<>=", rune(in[0])):
		s.condition = in
	case strings.HasPrefix(strings.ToUpper(in), "DBNUM"), strings.HasPrefix(strings.ToUpper(in), "NATNUM"):
		s.style = Unknown
	}
}

// isMoney reports whether a literal names a currency.
func isMoney(text string) bool {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Sc, r) }) {
		return true
	}
	switch strings.ToUpper(strings.TrimSpace(text)) {
	case "元", "圆", "万元", "円", "원", "RMB", "CNY", "USD", "EUR", "GBP", "JPY", "HKD", "SGD", "KRW":
		return true
	}
	return false
}

// show renders a number that is not negative.
func (s *section) show(x float64, plain string, negative bool) Shown {
	if s.style == Percent {
		x *= 100
	}
	style := s.style
	if s.scale > 0 {
		style = Scaled
	}
	for range s.scale {
		x /= 1000
	}
	switch {
	case style == Exponent:
		return Shown{Text: strconv.FormatFloat(x, 'E', 2, 64), Bare: plain, Style: style}
	case style == Fraction || style == Unknown:
		return Shown{Text: plain, Bare: plain, Style: style}
	case !slices.ContainsFunc(s.items, func(it item) bool { return it.digit != 0 }):
		style = Hidden
	}
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(x, 'f', s.places, 64), ".")
	text, bare := s.whole(strings.TrimLeft(whole, "0"))
	after, afterBare := s.decimals(fraction)
	text, bare = strings.TrimSpace(text+after), strings.TrimSpace(bare+afterBare)
	if negative {
		text, bare = "-"+text, "-"+bare
	}
	return Shown{Text: text, Bare: bare, Style: style}
}

// whole renders what is before the decimal point, from right to left: the leftmost
// placeholder takes all remaining digits.
func (s *section) whole(digits string) (text, bare string) {
	first, shown := -1, 0
	for i, it := range s.items[:s.point] {
		if it.digit != 0 {
			first = i
			break
		}
	}
	put := func(digit string) {
		if s.groups && shown > 0 && shown%3 == 0 {
			text = "," + text
		}
		text, bare = digit+text, digit+bare
		shown++
	}
	for i := s.point - 1; i >= 0; i-- {
		switch it := s.items[i]; {
		case it.digit == 0:
			text, bare = it.literal+text, it.literal+bare
		case digits != "":
			for more := true; more; more = i == first && digits != "" {
				put(digits[len(digits)-1:])
				digits = digits[:len(digits)-1]
			}
		case it.digit == '0':
			put("0")
		case it.digit == '?':
			put(" ")
		}
	}
	return text, bare
}

// decimals renders the decimal point and what follows it.
func (s *section) decimals(fraction string) (text, bare string) {
	significant := len(strings.TrimRight(fraction, "0"))
	if s.places > 0 {
		text = "."
		if significant > 0 {
			bare = "."
		}
	}
	n := 0
	for _, it := range s.items[s.point:] {
		if it.digit == 0 {
			text, bare = text+it.literal, bare+it.literal
			continue
		}
		if n < significant || it.digit == '0' {
			text += fraction[n : n+1]
		}
		if significant > 0 && (n < significant || it.digit == '0') {
			bare += fraction[n : n+1]
		}
		n++
	}
	return text, bare
}
