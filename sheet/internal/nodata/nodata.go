// Package nodata recognises texts that are obviously not data: what is left in a cell when a
// formula, a picture or a value was lost, and what people write if they have no value yet. A
// text that could be a name, an address or a number is never taken for one.
package nodata

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// Kind says what a text is instead of data.
type Kind uint8

// The kinds.
const (
	Data        Kind = iota
	Formula          // =C2, +SUM(A1:A3), {=A1}, VLOOKUP(A2,B:C,2,0)
	ErrorWord        // #REF!, #名称?, Err:502, #####, Loading...
	Picture          // =DISPIMG("ID_1",1), _xlfn.IMAGE(…)
	Placeholder      // TBD, N/A, 待定, 同上, -, xxx, {{name}}
)

// Suspect reports whether Of has to look at a text at all. It is called for every cell, so it
// looks only at the first characters.
func Suspect(s string) bool {
	if s == "" {
		return false
	}
	second := byte(0)
	if len(s) > 1 {
		second = s[1]
	}
	switch c := s[0]; {
	case c >= '1' && c <= '9':
		return strings.IndexByte(s, '#') >= 0
	case c == '0':
		return second == 0 || s[len(s)-1] == '0'
	case c == '+':
		return second < '0' || second > '9'
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		if second|0x20 >= 'a' && second|0x20 <= 'z' {
			return startsWord[c|0x20-'a']>>(second|0x20-'a')&1 != 0 || hasMark(s)
		}
		return second != 0 && (second < '0' || second > '9') || hasMark(s)
	case c >= 0xE4 && c <= 0xE9 && len(s) >= 3: // U+4000 to U+9FFF
		r := uint(s[1]&0x3F)<<6 | uint(s[2]&0x3F)
		return startsHan[r>>6]>>(r&63)&1 != 0 || strings.IndexByte(s, '#') >= 0
	}
	return true
}

// hasMark reports whether a text has one of the characters without which it can be neither
// an error word, a function nor a numbered error.
func hasMark(s string) bool {
	end := s[len(s)-1]
	return end == '!' || end == '?' || strings.IndexByte(s, '#') >= 0 || strings.IndexByte(s, '(') >= 0 || strings.IndexByte(s, ':') >= 0
}

// Of says what a text is. The text must be without outer space and full-width characters;
// key is its letters and digits in lower case.
func Of(text, key string) Kind {
	inner := unwrap(text)
	upper := strings.ToUpper(inner)
	switch {
	case isPicture(upper, key):
		return Picture
	case key == "" && strings.HasPrefix(inner, "##"):
		return ErrorWord
	case key == "" && strings.IndexFunc(text, unprintable) < 0:
		return Placeholder
	case key == "":
		return Data // unreadable, which is reported elsewhere
	case isFormula(upper):
		return Formula
	case isErrorWord(upper, key):
		return ErrorWord
	case isPlaceholder(inner, key) || isMarker(text):
		return Placeholder
	}
	return Data
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) && r != ' ' || r == unicode.ReplacementChar }

// unwrap removes quotes and brackets around a text, and apostrophes before it.
func unwrap(s string) string {
	return strings.TrimRight(strings.TrimLeft(s, " '\"`“‘「『《【[({<"), " '\"`”’」』》】])}>")
}

// pattern returns a regular expression that is compiled at its first use: few runs need one.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// Pieces of a formula, in capitals (ECMA-376 part 1, 18.17.2): a reference with or without
// its sheet, in A1 or R1C1 notation; a range of columns or rows; a number, a text, an
// operator; the name of a function and its bracket.
const (
	sheetName = `(?:'[^']+'!|[\p{L}0-9_.\[\]]+!)?`
	reference = sheetName + `(?:\$?[A-Z]{1,3}\$?[0-9]{1,7}|\$?[A-Z]{1,3}:\$?[A-Z]{1,3}|\$?[0-9]{1,7}:\$?[0-9]{1,7}|R\[?-?[0-9]*\]?C\[?-?[0-9]*\]?)`
	piece     = `(?:` + reference + `|[0-9.]+%?|"[^"]*"?|[-+*/^&,;:<>=(){}!@ ]|[A-Z_][A-Z0-9._]*\(|TRUE|FALSE)`
)

var (
	wholeFormula = pattern(`^` + piece + `+$`)
	oneReference = pattern(`(?:^|[-+*/^&,;:<>=(){}!@ ])` + reference)
	functionCall = pattern(`^([A-Z][A-Z0-9.]*)\(`)
)

// isFormula reports whether a text is a formula. What starts with = always is. After + - @,
// which also start phone numbers and names, and without a sign, it must have the form of one.
func isFormula(s string) bool {
	switch {
	case strings.HasPrefix(s, "="), strings.HasPrefix(s, "﹦"), strings.Contains(s, "_XLFN."), strings.Contains(s, "_XLWS."), strings.Contains(s, "_XLUDF."):
		return true
	}
	body := strings.TrimLeft(s, "+-@= ")
	signed := len(body) < len(s)
	var call []string
	if strings.IndexByte(body, '(') > 0 {
		call = functionCall().FindStringSubmatch(body)
	}
	known := call != nil && functions[call[1]]
	switch {
	case signed && strings.Contains(s[:len(s)-len(body)], "="):
		return true
	case signed && known:
		return true
	case !signed && !known:
		return false
	}
	if signed && call == nil && !oneReference().MatchString(body) {
		return false
	}
	// unwrap may have removed the last bracket, but the pieces match anyway
	return wholeFormula().MatchString(body)
}

// isPicture reports whether a text stands for a picture in the cell.
func isPicture(upper, key string) bool {
	return strings.Contains(upper, "DISPIMG(") || strings.Contains(upper, "_XLFN.IMAGE(") || strings.IndexByte(upper, '(') >= 0 && pictureCall().MatchString(upper) || pictures[key]
}

var pictureCall = pattern(`^[-+=@ ]*(?:IMAGE|EMBED)\("`)

// Error words, in capitals: #BEZUG! and #¿NOMBRE? end in a mark; #N/A, #GETTING_DATA and
// #Н/Д have their words joined; Err:502 has a number from 500 on.
var (
	markedError = pattern(`^#[¡¿]?[\p{L}\p{M}0-9_/.]*\p{L}{2}[\p{L}\p{M}0-9_/.]*[!?]$|^#\p{Han}[!?]$`)
	joinedError = pattern(`^#(?:(?:N/A|N/D|N/B|N/V|I/T|Н/Д|Δ/Υ)(?:$|[! ])|[\p{L}\p{M}]+(?:_[\p{L}\p{M}]+)+$)`)
	numberError = pattern(`^#?(\p{L}+) ?: ?5[0-9]{2}$`)
)

// isErrorWord reports whether a text is what a spreadsheet shows instead of a value.
func isErrorWord(upper, key string) bool {
	if strings.HasPrefix(upper, "#") && (markedError().MatchString(upper) || joinedError().MatchString(upper) || bareErrors[strings.TrimPrefix(upper, "#")]) {
		return true
	}
	if strings.IndexByte(upper, ':') >= 0 {
		if m := numberError().FindStringSubmatch(strings.ReplaceAll(upper, "\u00a0", " ")); m != nil && errorNames[m[1]] {
			return true
		}
	}
	if waiting[key] || strings.Contains(upper, "1.#") || markedWords[upper] {
		return true
	}
	if strings.IndexByte(upper, '#') < 0 {
		return false
	}
	for word := range markedWords {
		if strings.Contains(upper, "#"+word) {
			return true
		}
	}
	return false
}

// isMarker reports whether a text is an empty field of a form letter or a template: {{name}},
// ${name}, <name>, «name», %name%, [name]; or a verb of a format without a value: %s,
// %!s(<nil>).
func isMarker(s string) bool {
	if strings.HasPrefix(s, "%!") || len(s) == 2 && s[0] == '%' {
		return true
	}
	for _, ends := range [...][2]string{{"{{", "}}"}, {"${", "}"}, {"#{", "}"}, {"{", "}"}, {"<", ">"}, {"«", "»"}, {"%", "%"}, {"[", "]"}, {"【", "】"}} {
		if len(s) > len(ends[0])+len(ends[1]) && strings.HasPrefix(s, ends[0]) && strings.HasSuffix(s, ends[1]) {
			return true
		}
	}
	return false
}

// isPlaceholder reports whether a text says that there is no value yet.
func isPlaceholder(s, key string) bool {
	switch {
	case placeholders[key] || isZero(s):
		return true
	case len(key) >= 2 && strings.Trim(key, "x") == "", startsPhrase(key) && phrase().MatchString(key):
		return true
	}
	if base := strings.TrimRight(key, "0123456789一二三四五六七八九十"); base != key && placeholders[base] && base[0] >= 0x80 {
		return true // 见附件2
	}
	// in two languages: 待定/TBD
	for i, r := range key {
		if i > 0 && unicode.Is(unicode.Han, r) != unicode.Is(unicode.Han, firstRune(key)) {
			return placeholders[key[:i]] && placeholders[key[i:]]
		}
	}
	return false
}

// phrase matches placeholders with more words: to be confirmed by the client, same as row 2,
// see attached list, 待甲方确认, 见附件清单.
var phrase = pattern(`^(?:tobe(?:confirmed|determined|announced|advised|decided|defined|provided|supplied|filled|completed|updated|agreed)|` +
	`sameas(?:above|previous|before|row|line|cell|[a-i][0-9])|(?:please)?seeattach|asperattach|(?:请|请详|详|参|請|詳)?[见見]附[件表图录檔]` +
	`|[待需等]\p{Han}{0,6}(?:确认|確認|确定|確定|补充|補充|提供|填写|通知|更新|核实|商定|落实)$)`)

// startsPhrase reports whether the first letters of a key can start a phrase.
func startsPhrase(key string) bool {
	switch {
	case key == "":
		return false
	case key[0] >= 0x80:
		return true
	}
	return strings.HasPrefix(key, "tobe") || strings.HasPrefix(key, "sameas") || strings.HasPrefix(key, "asper") ||
		strings.HasPrefix(key, "please") || strings.HasPrefix(key, "see")
}

// isZero reports whether a text is zeros: a formula returns 0 for an empty cell.
func isZero(s string) bool { return strings.Contains(s, "0") && strings.Trim(s, "0.,- ") == "" }

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// NameLike reports whether a placeholder is also the name of a person or a place, in this
// spelling: Nan, but not NaN or nan.
func NameLike(s string) bool { return names[s] }
