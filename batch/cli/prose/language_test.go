package prose

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"github.com/loabatch/loabatch/sheet"
)

// filled returns a sentence about n.
func filled(c *Catalogue, sentence, n string) string {
	return c.replace(sentence, func(name string) (string, bool) { return n, name == "n" })
}

// TestPlurals checks the forms and the separators of languages with one, two and three
// plural categories.
func TestPlurals(t *testing.T) {
	polish := join(language.Polish, sheet.English)
	for _, tc := range []struct {
		c                 *Catalogue
		sentence, n, want string
	}{
		{English, "{n} {n:row|rows}", "12000", "12,000 rows"},
		{English, "{n} {n:row|rows}", "all", "all rows"},
		{English, "account {account}", "1", "account {account}"},
		{Chinese, "{n} 行", "1", "1 行"},
		{Chinese, "{n} 行", "12000", "12,000 行"},
		{polish, "{n} {n:wiersz|wiersze|wierszy}", "1", "1 wiersz"},
		{polish, "{n} {n:wiersz|wiersze|wierszy}", "22", "22 wiersze"},
		{polish, "{n} {n:wiersz|wiersze|wierszy}", "5", "5 wierszy"},
	} {
		if got := filled(tc.c, tc.sentence, tc.n); got != tc.want {
			t.Errorf("%s %s with %s: got %q, want %q", tc.c.Language(), tc.sentence, tc.n, got, tc.want)
		}
	}
	for _, value := range []string{"1234567890123456", "65535"} {
		got := English.replace("{account}", func(string) (string, bool) { return value, true })
		if got != value {
			t.Errorf("a number that is not a count was grouped: %s", got)
		}
	}
}

// TestLanguages checks which catalogue a language and a locale get.
func TestLanguages(t *testing.T) {
	if got := Languages(); !slices.Equal(got, []string{"en", "zh"}) {
		t.Errorf("languages %q", got)
	}
	for _, c := range languages {
		if got := c.Line("report-lang"); got != c.tag.String() {
			t.Errorf("the page's language is %s, not %s", got, c.tag)
		}
	}
	for locale, want := range map[string]*Catalogue{
		"zh_CN.UTF-8": Chinese, "zh_SG": Chinese, "zh": Chinese, "zh_TW.Big5": Chinese, "zh_HK.UTF-8": Chinese,
		"zh_CN.GB18030": Chinese, "zh-Hans-CN": Chinese, "zh_CN@pinyin": Chinese, "zh-Hant-TW": Chinese,
		"en_US.UTF-8": English, "en": English, "C": English, "C.UTF-8": English, "POSIX": English, "en_HK": English,
		"de_DE.UTF-8": nil, "yue_HK": nil, "": nil, "no such locale": nil,
	} {
		if got, ok := ForLocale(locale); got != want || ok != (want != nil) {
			t.Errorf("%q: got %v", locale, got)
		}
	}
	for _, l := range []string{"", "ZH", "zh-CN", "fr"} {
		if _, ok := For(l); ok {
			t.Errorf("there is a catalogue for %q", l)
		}
	}
}

// placeholder matches what a sentence has within braces.
var placeholder = regexp.MustCompile(`\{([^{}:]*)(:[^{}]*)?\}`)

// placeholders returns the names within the braces of an entry, and whether it has forms.
func placeholders(e Entry) (names map[string]bool, forms map[string]int) {
	names, forms = map[string]bool{}, map[string]int{}
	for _, text := range []string{e.Message, e.Hint, e.Why, e.Wrong, e.Right} {
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			if m[2] == "" {
				names[m[1]] = true
			} else {
				forms[m[1]] = strings.Count(m[2], "|") + 1
			}
		}
	}
	return names, forms
}

// TestComplete checks that every language has an entry for every code, with the same parts
// and the same placeholders, and as many forms as it has plural categories.
func TestComplete(t *testing.T) {
	for _, c := range languages[1:] {
		var missing []string
		for _, code := range slices.Sorted(maps.Keys(English.entries())) {
			e, ok := c.entries()[code]
			if !ok {
				missing = append(missing, code)
				continue
			}
			compare(t, c.Language()+" "+code, English.entries()[code], e)
		}
		if len(missing) > 0 {
			t.Errorf("%s lacks %d of %d entries, such as %s", c.Language(), len(missing), len(English.entries()), missing[0])
		}
		for code := range c.entries() {
			if _, ok := English.entries()[code]; !ok {
				t.Errorf("%s has an entry for %s, which English does not have", c.Language(), code)
			}
		}
	}
	for _, c := range languages {
		for code, e := range c.entries() {
			_, forms := placeholders(e)
			for name, n := range forms {
				if !slices.Contains(countNames, name) {
					t.Errorf("%s %s: {%s} has forms, so it belongs to countNames", c.Language(), code, name)
				}
				if n != len(c.plurals) || n == 1 {
					t.Errorf("%s %s: {%s} has %d forms; the language has %d", c.Language(), code, name, n, len(c.plurals))
				}
			}
		}
	}
}

// compare reports what one of two entries has and the other has not. A word that only
// depends on a count in one language may leave the count out in the other.
func compare(t *testing.T, code string, english, e Entry) {
	t.Helper()
	for part, pair := range map[string][2]string{
		"message": {english.Message, e.Message}, "hint": {english.Hint, e.Hint}, "why": {english.Why, e.Why},
		"wrong": {english.Wrong, e.Wrong}, "right": {english.Right, e.Right}, "source": {english.Source, e.Source},
	} {
		if (pair[0] == "") != (pair[1] == "") {
			t.Errorf("%s: English has the %s %q, this language %q", code, part, pair[0], pair[1])
		}
		want, _ := placeholders(Entry{Message: pair[0]})
		got, _ := placeholders(Entry{Message: pair[1]})
		if !maps.Equal(want, got) {
			t.Errorf("%s: the placeholders of the %s differ: %q, %q", code, part, pair[0], pair[1])
		}
	}
}

// TestAllowedValues lists the values of a closed list as a workbook of the language has them.
func TestAllowedValues(t *testing.T) {
	p := sheet.Problem{Code: "circuit-line-type-unknown", Args: []sheet.Arg{{Name: "allowed", Value: "MSTP, MPLSVPN, FIBRE, Other"}}}
	for c, want := range map[*Catalogue]string{English: "Write one of MSTP, MPLSVPN, FIBRE, Other.", Chinese: "MSTP、MPLSVPN、光纤直连、其他"} {
		if _, hint := c.Problem(p); !strings.Contains(hint, want) {
			t.Errorf("%s: %s", c.Language(), hint)
		}
	}
}
