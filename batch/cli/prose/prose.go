// Package prose is the one catalogue of sentences that people read: what a problem,
// a reason or an API error code means, and what to do about it. Everything else in
// the project carries codes and arguments; a further language is a further set of
// files here and changes nothing elsewhere.
//
// How the sentences are written: lower case at the start, no full stop at the end of
// a one-line message; the hint is a sentence of its own that says what to do next. A
// placeholder such as {value} is filled from the arguments.
package prose

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/loabatch/loabatch/sheet"
)

// Entry is what the catalogue says of one code.
type Entry struct {
	Message string // what is wrong or what happened, on one line
	Hint    string // what to do next; empty when there is nothing to do
	Why     string // for explain: why this matters
	Wrong   string // for explain: an example that has the problem
	Right   string // for explain: the same example, corrected
	Source  string // for explain: the API page, standard or RFC that says so
}

// Catalogue holds the entries of one language by code.
type Catalogue struct {
	entries  map[string]Entry
	families []family
}

// English is the catalogue of the English sentences.
var English = join(enRules, enCircuits, enEngineers, enFiles, enParts, enCopy, enReasons, enAPI, enWire, enReport, enTemplate, enLines)

func join(parts ...map[string]Entry) *Catalogue {
	all := map[string]Entry{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return &Catalogue{entries: all, families: families(all)}
}

// Entry gives what the catalogue says of a code, or else of its family.
func (c *Catalogue) Entry(code string) (Entry, bool) {
	if e, ok := c.entries[code]; ok {
		return e, true
	}
	return c.Family(code)
}

// Family gives what the catalogue says of the API's codes that are like this one, by the
// longest pattern that fits: of Throttling.User what it says of Throttling*.
func (c *Catalogue) Family(code string) (Entry, bool) {
	for i := range c.families {
		if f := &c.families[i]; f.has(code) {
			return c.entries[f.pattern], true
		}
	}
	return Entry{}, false
}

// Codes lists the codes that can be explained, sorted: those with something to do or to
// know about them. Labels, and lines that only tell, are left out.
func (c *Catalogue) Codes() []string {
	var codes []string
	for code, e := range c.entries {
		if e.Hint != "" || e.Why != "" {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}

// Render fills the placeholders of a code's message and hint. A code without an
// entry renders as itself, so that nothing is ever swallowed.
func (c *Catalogue) Render(code string, args map[string]string) (message, hint string) {
	e, ok := c.Entry(code)
	if !ok {
		return code, ""
	}
	return fill(e.Message, args), fill(e.Hint, args)
}

// Problem renders a problem: its own fields and its arguments fill the placeholders.
func (c *Catalogue) Problem(p sheet.Problem) (message, hint string) {
	args := map[string]string{"cell": p.At.String(), "also": p.Also.String(), "column": p.Column, "value": p.Value, "sheet": p.At.Sheet}
	for _, a := range p.Args {
		args[a.Name] = a.Value
	}
	return c.Render(p.Code, args)
}

// Line renders the message of a code.
func (c *Catalogue) Line(code string, args ...sheet.Arg) string {
	filled := make(map[string]string, len(args))
	for _, a := range args {
		filled[a.Name] = a.Value
	}
	message, _ := c.Render(code, filled)
	return message
}

// fill replaces each {name} by its argument; a name without one stays as it stands.
func fill(s string, args map[string]string) string {
	if !strings.Contains(s, "{") {
		return s
	}
	var b strings.Builder
	for {
		open := strings.IndexByte(s, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(s[open:], '}')
		if end < 0 {
			break
		}
		name := s[open+1 : open+end]
		b.WriteString(s[:open])
		if v, ok := args[name]; ok {
			b.WriteString(v)
		} else {
			b.WriteString(s[open : open+end+1])
		}
		s = s[open+end+1:]
	}
	b.WriteString(s)
	return b.String()
}

// family is an entry that speaks for the codes of the API which have none of their own.
type family struct{ pattern, front, back string } // the pattern with one * for any text, and what is around the *

// families lists the patterns among the codes, the longest first.
func families(entries map[string]Entry) []family {
	var all []family
	for code := range entries {
		if front, back, star := strings.Cut(code, "*"); star {
			all = append(all, family{code, front, back})
		}
	}
	slices.SortFunc(all, func(a, b family) int {
		return cmp.Or(cmp.Compare(len(b.pattern), len(a.pattern)), strings.Compare(a.pattern, b.pattern))
	})
	return all
}

// has reports whether a code belongs to the family.
func (f *family) has(code string) bool {
	return len(code) >= len(f.front)+len(f.back) && strings.HasPrefix(code, f.front) && strings.HasSuffix(code, f.back)
}
