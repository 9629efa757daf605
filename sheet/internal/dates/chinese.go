package dates

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// chinaStandard is the time zone of all of China.
var chinaStandard = time.FixedZone("", 8*3600)

// inDigits returns a date text in Chinese with the digits 0 to 9 and without spaces around
// Chinese characters: 2027 年 1 月 15 日 and 二〇二七年一月十五日 become 2027年1月15日. A text
// without Chinese characters stays unchanged.
func inDigits(s string) string {
	if !strings.ContainsFunc(s, isHan) {
		return s
	}
	var b strings.Builder
	var last rune
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		n := 0
		for n < len(s)-i {
			d, size := utf8.DecodeRuneInString(s[i+n:])
			if d != '十' && digitOf(d) < 0 {
				break
			}
			n += size
		}
		switch {
		case n > 0:
			b.WriteString(number(s[i : i+n]))
			i, last = i+n, '0'
			continue
		case r == ' ' && (isHan(last) || besideHan(s[i:])):
		default:
			b.WriteRune(r)
			last = r
		}
		i += size
	}
	return strings.NewReplacer("元月", "1月", "1刻", "15分", "3刻", "45分").Replace(b.String())
}

func isHan(r rune) bool { return r >= utf8.RuneSelf && (unicode.Is(unicode.Han, r) || r == '〇') }

// besideHan reports whether spaces are followed by a Chinese character.
func besideHan(s string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " "))
	return isHan(r)
}

// digitOf returns the value of a Chinese digit, or -1.
func digitOf(r rune) int {
	switch r {
	case '〇':
		return 0
	case '两':
		return 2
	}
	if i := strings.IndexRune("零一二三四五六七八九", r); i >= 0 {
		return i / utf8.RuneLen(r)
	}
	return -1
}

// number converts a number in Chinese digits: one after the other, as in years, or with 十
// for tens. Anything else stays unchanged.
func number(s string) string {
	before, after, tens := strings.Cut(s, "十")
	if utf8.RuneCountInString(before) > 1 || tens && utf8.RuneCountInString(after) > 1 || after == "十" {
		tens, before = false, s
	}
	var b strings.Builder
	if tens {
		if before == "" {
			before = "一"
		}
		if after == "" {
			after = "零"
		}
		before += after
	}
	for _, r := range before {
		d := digitOf(r)
		if d < 0 {
			return s
		}
		b.WriteByte(byte('0' + d))
	}
	return b.String()
}

// anyDay is the day of the week of a text without one.
const anyDay time.Weekday = -1

// weekday parses an optional day of the week, with or without brackets: 星期五, (周五).
func (p *parser) weekday() time.Weekday {
	save := p.rest
	p.spaces()
	bracket := p.skip("(")
	if p.skip("星期") || p.skip("周") || p.skip("礼拜") {
		for i, name := range []string{"日", "1", "2", "3", "4", "5", "6", "天"} {
			if p.skip(name) && (!bracket || p.skip(")")) {
				return time.Weekday(i % 7)
			}
		}
	}
	p.rest = save
	return anyDay
}

// weekday returns the day of the week.
func (c Civil) weekday() time.Weekday {
	return time.Date(c.Year, time.Month(c.Month), c.Day, 0, 0, 0, 0, time.UTC).Weekday()
}

// beijing parses the name of China's time zone, with or without brackets, and the colon
// after it.
func (p *parser) beijing() bool {
	save := p.rest
	bracket := p.skip("(")
	for _, name := range []string{"北京时间", "中国标准时间", "东8区"} {
		if p.skip(name) && (!bracket || p.skip(")")) {
			p.skip(":")
			p.spaces()
			return true
		}
	}
	p.rest = save
	return false
}
