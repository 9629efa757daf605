package edit

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
)

// formula masks personal data in a formula, which stays valid: in its texts, numbers and column names, and in
// the names of sheets, tables and others, as chosen by renameAll.
func (r *redaction) formula(s string) string {
	if len(r.names) == 0 && r.masks.Text(s) == s {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		end := i + 1
		switch c := s[i]; {
		case c == '"' || c == '\'':
			var closed bool
			if end, closed = quotedEnd(s, i); !closed {
				b.WriteString(r.masks.Text(s[i:]))
				break
			}
			inner := s[i+1 : end-1]
			if c == '"' {
				inner = r.inFormulaText(inner)
			} else {
				inner = strings.ReplaceAll(r.sheets(strings.ReplaceAll(inner, "''", "'")), "'", "''")
			}
			b.WriteString(string(c) + inner + string(c))
		case c == '[':
			end = bracketEnd(s, i)
			b.WriteString(r.masks.Text(s[i:end]))
		case inName(s[i:]):
			for end = i; end < len(s) && inName(s[end:]); {
				_, n := utf8.DecodeRuneInString(s[end:])
				end += n
			}
			b.WriteString(r.formulaWord(s, i, end))
		default:
			b.WriteByte(c)
		}
		i = end
	}
	return b.String()
}

// formulaWord masks a word of a formula: a number, a reference, a name.
func (r *redaction) formulaWord(s string, from, end int) string {
	word := s[from:end]
	if word[0] >= '0' && word[0] <= '9' && !(end < len(s) && s[end] == '!') {
		if signed := from > 0 && s[from-1] == '+' && (from == 1 || strings.IndexByte("=(,;+-*/&^<>", s[from-2]) >= 0); signed {
			return r.number("+" + word)[1:]
		}
		return r.number(word)
	}
	if _, _, ref := read.ParseRef([]byte(word)); ref && !(end < len(s) && s[end] == '!') {
		return word
	}
	if to := r.rename(word); to != word {
		if end < len(s) && s[end] == '!' && needsQuotes(to) {
			return "'" + strings.ReplaceAll(to, "'", "''") + "'"
		}
		return to
	}
	return r.name(word)
}

func needsQuotes(name string) bool {
	return strings.ContainsFunc(name, func(c rune) bool { return c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) }) ||
		name[0] >= '0' && name[0] <= '9'
}

// sheets masks what is between apostrophes: a sheet, two sheets separated by a colon, or a sheet of another
// workbook.
func (r *redaction) sheets(name string) string {
	if to := r.rename(name); to != name {
		return to
	}
	first, last, two := strings.Cut(name, ":")
	if two {
		return r.sheets(first) + ":" + r.sheets(last)
	}
	return r.name(name)
}

// inFormulaText masks a text within a formula, which may name a sheet for INDIRECT.
func (r *redaction) inFormulaText(s string) string {
	if at := strings.LastIndexByte(s, '!'); at > 0 && len(r.names) > 0 {
		name := strings.ReplaceAll(strings.Trim(s[:at], "'#"), "''", "'")
		if to := r.rename(name); to != name {
			return strings.Replace(s[:at], strings.Trim(s[:at], "'#"), strings.ReplaceAll(to, "'", "''"), 1) + r.masks.Text(s[at:])
		}
	}
	return r.masks.Text(s)
}

// quotedEnd returns the end of the text that begins with a quote at i, in which quotes are doubled, and whether
// it is closed.
func quotedEnd(s string, i int) (end int, closed bool) {
	quote := s[i]
	for i++; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		if i+1 == len(s) || s[i+1] != quote {
			return i + 1, true
		}
		i++
	}
	return len(s), false
}

// bracketEnd returns the end of the bracket that opens at i. An apostrophe escapes what
// follows it.
func bracketEnd(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '\'':
			i++
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// inName reports whether s begins with a character that can be part of a name or a number.
func inName(s string) bool {
	c := s[0]
	if c < utf8.RuneSelf {
		return c == '_' || c == '.' || c == '\\' || c == '?' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}
