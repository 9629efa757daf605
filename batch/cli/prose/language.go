package prose

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"github.com/loabatch/loabatch/sheet"
)

// languages holds the catalogues in the order in which --lang lists them. Another language
// is a set of files and a line here.
var languages = []*Catalogue{English, Chinese}

// Languages lists what --lang takes, such as en.
func Languages() []string {
	var list []string
	for _, c := range languages {
		list = append(list, c.Language())
	}
	return list
}

// For returns the catalogue of a language as --lang takes it, or false if there is none.
func For(lang string) (*Catalogue, bool) {
	for _, c := range languages {
		if c.Language() == lang {
			return c, true
		}
	}
	return nil, false
}

// ForLocale returns the catalogue of a locale as POSIX spells it (zh_CN.UTF-8) or as BCP 47
// does (zh-Hans-CN), or false if there is none. The region does not matter: until there is
// an edition in traditional characters, zh_TW is Chinese, too. C and POSIX are English.
func ForLocale(locale string) (*Catalogue, bool) {
	name, _, _ := strings.Cut(locale, "@")
	name, _, _ = strings.Cut(name, ".")
	if name == "C" || name == "POSIX" {
		return English, true
	}
	tag, err := language.Parse(name)
	if err != nil {
		return nil, false
	}
	base, _ := tag.Base()
	return For(base.String())
}

// Of returns the catalogue for workbooks in a language.
func Of(l sheet.Language) *Catalogue {
	for _, c := range languages {
		if c.terms == l {
			return c
		}
	}
	return English
}

// Vocabulary returns the terms of workbooks in the catalogue's language.
func (c *Catalogue) Vocabulary() sheet.Language { return c.terms }

// Language returns the language of the catalogue as --lang takes it, such as zh.
func (c *Catalogue) Language() string {
	base, _ := c.tag.Base()
	return base.String()
}

// List puts the parts of an enumeration together: a, b, c.
func (c *Catalogue) List(parts []string) string {
	return strings.Join(parts, c.Line("mark-list"))
}

// Colon puts a text after its label.
func (c *Catalogue) Colon(label, text string) string {
	return label + c.Line("mark-colon") + text
}

// countNames are the placeholders that stand for counts. Every placeholder with forms is
// one of them; other numbers, such as ports and account IDs, are never grouped.
var countNames = []string{"n", "of", "count", "rows", "good", "bad", "accepted", "left", "total", "done", "failed", "runs", "open", "going", "engineers", "valid", "warned", "moved", "circuits", "standbys", "free"}

// grouped returns a count with the separators of the language: 12,000.
func (c *Catalogue) grouped(count string) string {
	n, err := strconv.Atoi(count)
	if err != nil || -1000 < n && n < 1000 {
		return count
	}
	return c.numbers.Sprint(n)
}

// form returns the form for a count, which is the last one for what is not a whole number.
func (c *Catalogue) form(count string, forms []string) string {
	at := len(forms) - 1
	if n, err := strconv.Atoi(count); err == nil && n >= 0 {
		at = min(at, slices.Index(c.plurals, category(c.tag, n)))
	}
	return forms[at]
}

// category returns the plural category of a whole number.
func category(tag language.Tag, n int) plural.Form {
	return plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)
}

// categories lists the plural categories of the whole numbers in a language, in the order
// of CLDR: zero, one, two, few, many, other.
func categories(tag language.Tag) []plural.Form {
	var list []plural.Form
	for _, form := range []plural.Form{plural.Zero, plural.One, plural.Two, plural.Few, plural.Many, plural.Other} {
		for n := range 201 {
			if category(tag, n) == form {
				list = append(list, form)
				break
			}
		}
	}
	return list
}
