// Package prose is the catalogue of everything the tool says: what a problem, a row's
// result or an API error code means, and what to do about it. The rest of the project
// passes codes and arguments around; another language is another set of files here.
//
// A message is one line, starts in lower case and has no full stop. A hint is a
// sentence of its own that says what to do next. A placeholder such as {value} is
// replaced by the argument of that name; a count gets the separators of the language, as in
// 12,000. Where words depend on a count, there is a form for each of the language's plural
// categories, in the order of CLDR: English has two, {n} {n:row|rows} {n:needs|need}
// attention, and Chinese has one, so its sentences have no forms.
package prose

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// Entry is what the catalogue says about one code.
type Entry struct {
	Message string // what is wrong or what happened, on one line
	Hint    string // what to do next; empty if there is nothing to do
	Why     string // for explain: why this matters
	Wrong   string // for explain: an example that has the problem
	Right   string // for explain: the same example, corrected
	Source  string // for explain: the API page, standard or RFC behind it
}

// Catalogue holds the entries of one language by code.
type Catalogue struct {
	tag      language.Tag
	terms    sheet.Language          // of workbooks in the language
	numbers  *message.Printer        // groups the digits of counts
	plurals  []plural.Form           // the categories of the language, in the order of the forms
	entries  func() map[string]Entry // put together at the first use: most commands use one catalogue
	patterns func() []string
	watch    func(code string) // may be nil
}

// The catalogues. TestComplete holds them against each other.
var (
	English = join(language.English, sheet.English, enRules, enBeside, enCircuits, enEngineers, enFiles, enParts, enCopy, enReasons, enSteps, enAPI, enWire, enReport, enTemplate, enLines, enTerms, enWords, enLetters, enPlan, enHosts, enDatabase)
	Chinese = join(language.MustParse("zh-CN"), sheet.Chinese, zhRules, zhBeside, zhCircuits, zhEngineers, zhFiles, zhParts, zhCopy, zhReasons, zhSteps, zhAPI, zhWire, zhReport, zhTemplate, zhLines, zhTerms, zhWords, zhLetters, zhPlan, zhHosts, zhDatabase)
)

func join(tag language.Tag, terms sheet.Language, parts ...map[string]Entry) *Catalogue {
	entries := sync.OnceValue(func() map[string]Entry {
		n := 0
		for _, part := range parts {
			n += len(part)
		}
		all := make(map[string]Entry, n)
		for _, part := range parts {
			maps.Copy(all, part)
		}
		return all
	})
	return &Catalogue{
		tag: tag, terms: terms, numbers: message.NewPrinter(tag), plurals: categories(tag),
		entries: entries, patterns: sync.OnceValue(func() []string { return patterns(entries()) }),
	}
}

// Entry returns the entry of a code or, failing that, of its family.
func (c *Catalogue) Entry(code string) (Entry, bool) {
	if e, ok := c.entries()[code]; ok {
		return e, true
	}
	return c.Family(code)
}

// Watch has f called with the code of every entry that is rendered from now on, which for
// an API code may be its family's, so a test can tell which sentences the commands say.
func (c *Catalogue) Watch(f func(code string)) { c.watch = f }

// said returns the entry of a code for a text that will be shown.
func (c *Catalogue) said(code string) (Entry, bool) {
	e, ok := c.Entry(code)
	if ok && c.watch != nil {
		if _, own := c.entries()[code]; !own {
			code = c.pattern(code)
		}
		c.watch(code)
	}
	return e, ok
}

// Family returns the entry of the longest pattern that matches an API code:
// Throttling* for Throttling.User.
func (c *Catalogue) Family(code string) (Entry, bool) {
	pattern := c.pattern(code)
	return c.entries()[pattern], pattern != ""
}

// pattern returns the longest pattern that matches an API code, or "".
func (c *Catalogue) pattern(code string) string {
	if code == "" {
		return ""
	}
	for _, pattern := range c.patterns() {
		if batch.MatchCode(pattern, code) {
			return pattern
		}
	}
	return ""
}

// All lists every code, sorted.
func (c *Catalogue) All() []string { return slices.Sorted(maps.Keys(c.entries())) }

// Codes lists the codes that can be explained, sorted: those whose entry has a hint or
// a reason. Labels and plain progress lines are left out.
func (c *Catalogue) Codes() []string {
	var codes []string
	for code, e := range c.entries() {
		if e.Hint != "" || e.Why != "" {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}

// Columns returns the names of the columns of a table.
func (c *Catalogue) Columns(code string) []string { return strings.Split(c.Line(code), "|") }

// Render fills in the placeholders of a code's message and hint. A code without an
// entry renders as itself.
func (c *Catalogue) Render(code string, args map[string]string) (message, hint string) {
	return c.RenderFunc(code, func(name string) (string, bool) {
		v, ok := args[name]
		return v, ok
	})
}

// RenderFunc is Render with the values of a function, which is asked only for those that the
// sentences have.
func (c *Catalogue) RenderFunc(code string, value func(name string) (string, bool)) (message, hint string) {
	e, ok := c.said(code)
	if !ok {
		return code, ""
	}
	return c.replace(e.Message, value), c.replace(e.Hint, value)
}

// Problem renders a problem: its fields and its arguments fill in the placeholders.
func (c *Catalogue) Problem(p sheet.Problem) (message, hint string) {
	return c.RenderFunc(p.Code, func(name string) (string, bool) {
		switch {
		case name == "allowed":
			return c.allowed(p), true
		case p.Code == batch.CodeChanged && name == "cells":
			return c.changed(p), true
		case p.Code == batch.CodeChanged && name == "source":
			return c.source(p), true
		}
		if v, ok := argument(p.Args, name); ok {
			return v, true
		}
		switch name {
		case "cell":
			return p.At.String(), true
		case "also":
			return p.Also.String(), true
		case "column":
			return p.Column, true
		case "value":
			return p.Value, true
		case "sheet":
			return p.At.Sheet, true
		}
		return "", false
	})
}

// allowed lists the values that the column of a problem takes, as a workbook in this language
// shows them. Of a problem under no rule about a column it is the argument.
func (c *Catalogue) allowed(p sheet.Problem) string {
	rule, _ := sheet.RuleByCode(p.Code)
	for i := range sheet.Columns {
		if column := &sheet.Columns[i]; rule.Code != "" && column.ID == rule.Column {
			return c.List(c.terms.Values(column))
		}
	}
	return p.Arg("allowed")
}

// mostChanged is how many changed cells a sentence names.
const mostChanged = 8

// items lists the places that an argument has, one on each line.
func (c *Catalogue) items(p sheet.Problem, name string) string {
	list := strings.Split(p.Arg(name), "\n")
	text := c.List(list[:min(len(list), mostChanged)])
	if more := len(list) - mostChanged; more > 0 {
		text += " " + c.Line("report-more-cells", sheet.Count("n", more))
	}
	return text
}

// changed says what was changed in a row after its application was accepted.
func (c *Catalogue) changed(p sheet.Problem) string {
	var parts []string
	if p.Arg("changed") != "" {
		parts = append(parts, c.items(p, "changed"))
	}
	if p.Arg("removed") != "" {
		parts = append(parts, c.Line("changed-removed", sheet.Arg{Name: "places", Value: c.items(p, "removed")}))
	}
	if parts == nil {
		parts = append(parts, c.Line("changed-row", sheet.Arg{Name: "places", Value: c.items(p, "engineers")}))
	}
	return c.List(parts)
}

// source says where what was sent can be found.
func (c *Catalogue) source(p sheet.Problem) string {
	switch {
	case p.Arg("file") != "":
		return p.Arg("file")
	case p.Arg("run") != "":
		return c.Line("changed-source-run", sheet.Arg{Name: "run", Value: p.Arg("run")})
	}
	return c.Line("changed-source")
}

// argument returns the last argument of a name.
func argument(args []sheet.Arg, name string) (string, bool) {
	for i := len(args) - 1; i >= 0; i-- {
		if args[i].Name == name {
			return args[i].Value, true
		}
	}
	return "", false
}

// Line renders the message of a code.
func (c *Catalogue) Line(code string, args ...sheet.Arg) string {
	e, ok := c.said(code)
	if !ok {
		return code
	}
	return c.replace(e.Message, func(name string) (string, bool) { return argument(args, name) })
}

// For returns the code of a sentence as it reads for what a command or an operation does, if it
// reads otherwise than for an application.
func (c *Catalogue) For(code, does string) string {
	own := code + "-" + does
	if _, known := c.Entry(own); known {
		return own
	}
	return code
}

// Cause returns the text for why the system could not do something: the message of a code
// that starts with cause-, or a text of the system's own, as it is.
func (c *Catalogue) Cause(text string) string {
	if strings.HasPrefix(text, "cause-") {
		return c.Line(text)
	}
	return text
}

// Meaning returns the code of a failed call with what it means, if that is known.
func (c *Catalogue) Meaning(code string) string {
	if _, known := c.Entry(code); !known {
		return code
	}
	return c.Line("code-meaning", sheet.Arg{Name: "meaning", Value: c.Line(code)}, sheet.Arg{Name: "code", Value: strings.Trim(code, "()")})
}

// Explain returns the entry of a code, or of its family, for all of it to be shown.
func (c *Catalogue) Explain(code string) Entry {
	e, _ := c.said(code)
	return e
}

// General returns a sentence as it applies to no cell in particular: with <value> for
// {value}, and with the last form of every word that depends on a count.
func General(s string) string {
	return expand(s, func(inside string) string {
		name, forms, counts := strings.Cut(inside, ":")
		if counts {
			return forms[strings.LastIndex(forms, "|")+1:]
		}
		return "<" + name + ">"
	})
}

// replace fills in the placeholders of a sentence. One whose name has no value stays.
func (c *Catalogue) replace(s string, value func(name string) (string, bool)) string {
	return expand(s, func(inside string) string {
		name, forms, counts := strings.Cut(inside, ":")
		v, ok := value(name)
		switch {
		case counts:
			return c.form(v, strings.Split(forms, "|"))
		case !ok:
			return "{" + inside + "}"
		case slices.Contains(countNames, name):
			return c.grouped(v)
		case name == "choices" || name == "detail":
			return c.List(strings.Split(v, ", "))
		case name == "reason" || name == "cause":
			return c.Cause(v)
		}
		return v
	})
}

// expand replaces what a sentence has within braces, if it starts as a name does: {=A1} is a
// formula.
func expand(s string, replacement func(inside string) string) string {
	if !strings.Contains(s, "{") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 64)
	for {
		before, rest, opened := strings.Cut(s, "{")
		inside, after, closed := strings.Cut(rest, "}")
		if !opened || !closed {
			break
		}
		b.WriteString(before)
		if inside == "" || inside[0] < 'a' || inside[0] > 'z' {
			inside = "{" + inside + "}"
		} else {
			inside = replacement(inside)
		}
		b.WriteString(inside)
		s = after
	}
	b.WriteString(s)
	return b.String()
}

// patterns lists the codes that are patterns, the longest first: their entries are those of
// the API codes that match and have no entry of their own.
func patterns(entries map[string]Entry) []string {
	var all []string
	for code := range entries {
		if strings.Contains(code, "*") {
			all = append(all, code)
		}
	}
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	return all
}
