package report

import (
	"cmp"
	"html/template"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/loabatch/loabatch/sheet"
)

// Bounds of the page, so browsers and printers can cope with any workbook: a row takes some 250 bytes.
const (
	maxHTMLRows = 1000 // listed places, and listed accepted rows
	leastPlaces = 10   // minimum places listed for each cause, beyond the bound
	maxFolded   = 20   // places that a warning or a note lists
)

// groupView is one cause with the places where it was found.
type groupView struct {
	Code, Tone string
	Label      string // the severity, in words
	Message    string // of all its places, or of the first as an example
	Hint       string // likewise
	Count      int
	Classes    string // the results of its rows, by which the page is filtered
	Places     []placeView
	More       string // says that there are further places; empty if all are listed

	severity, hint string // of the first
	found          int    // findings; folded notes count as one
	results        map[string]bool
	varied, hints  bool
}

// placeView is one place: a cell, its row, and what is particular to it.
type placeView struct {
	Cell       string       // Circuits!G8
	Link       template.URL // its address in the copy; empty for none
	Circuit    string
	Result     string // of the row; empty if the place is not a row
	Class      string // by which the page is filtered
	Tone       string // of the result
	Column     string
	Value      string
	Message    string // if it is not the whole group's
	Hint       string // likewise
	Suggestion string
}

// rowView is a row that needs nothing, or the LOA status of one.
type rowView struct {
	Row                                    int
	Circuit, Region, Result, Tone, Request string
	Class                                  string
}

// pager groups the findings by their causes.
type pager struct {
	d      *Document
	words  Words
	rows   map[int]*Application // of the Circuits sheet, by number
	sheet  string               // its name
	groups []*groupView
	at     map[[3]string]*groupView
}

// groupsOf groups the findings: errors and rows that were not accepted first, then the most frequent. Each cause is
// one group, so repetitions are shown once.
func groupsOf(d *Document, words Words) []*groupView {
	p := pager{d: d, words: words, rows: map[int]*Application{}, at: map[[3]string]*groupView{}}
	for i := range d.Applications {
		a := &d.Applications[i]
		p.rows[a.SheetRow], p.sheet = a, a.At.Sheet
	}
	list := d.findings()
	for i := range list.entries {
		if list.entries[i].from != fromUnlisted {
			f := list.at(i)
			p.add(&f)
		}
	}
	for i := range d.Unlisted {
		p.addUnlisted(&d.Unlisted[i])
	}
	slices.SortStableFunc(p.groups, func(a, b *groupView) int {
		return cmp.Or(cmp.Compare(severityRank(a.severity), severityRank(b.severity)), -cmp.Compare(a.Count, b.Count))
	})
	left := maxHTMLRows
	for _, g := range p.groups {
		g.finish(words, left)
		left = max(0, left-len(g.Places))
	}
	return p.groups
}

// add adds a finding to its group.
func (p *pager) add(f *Problem) {
	place := p.place(f)
	key := [3]string{f.Severity, f.Code, ""}
	if severityRank(f.Severity) == 0 {
		key[2] = place.Result // an UNKNOWN row of the same code is another cause than a FAILED one
	}
	g := p.at[key]
	if g == nil {
		g = &groupView{
			Code: f.Code, Tone: toneName(severityStyle(f.Severity)), Label: p.words.Line("report-severity-" + f.Severity),
			Message: f.Message, hint: f.Hint, severity: f.Severity, results: map[string]bool{},
		}
		p.at[key] = g
		p.groups = append(p.groups, g)
	}
	g.Count += max(f.Count, 1)
	g.found++
	g.varied = g.varied || f.Message != g.Message
	g.hints = g.hints || f.Hint != g.hint
	if place.Class != "" {
		g.results[place.Class] = true
	}
	if len(g.Places) < maxHTMLRows {
		g.Places = append(g.Places, place)
	}
}

// addUnlisted counts problems that are not listed with the first group of their code.
func (p *pager) addUnlisted(u *Unlisted) {
	for _, g := range p.groups {
		if g.Code == u.Code && g.severity == u.Severity {
			g.Count, g.found = g.Count+u.Count, g.found+u.Count
			return
		}
	}
}

// place presents where a finding is.
func (p *pager) place(f *Problem) placeView {
	v := placeView{Circuit: f.Circuit, Column: f.Column, Value: f.Value, Message: f.Message, Hint: f.Hint, Suggestion: f.Suggestion}
	switch {
	case f.At.Sheet != "":
		v.Cell = sheet.MaskNumbers(f.At.String())
	case f.Cell != "":
		v.Cell = f.Cell
	}
	if p.d.Output != "" && f.At.Row > 0 {
		v.Link = template.URL((&url.URL{Fragment: v.Cell}).String()) // escapes the name
	}
	a := p.rows[f.At.Row]
	switch {
	case a != nil && f.At.Sheet == p.sheet:
		v.Circuit, v.Result, v.Tone = a.InstanceID, string(a.Result), toneName(styleOf(a.Result))
		if v.Value == v.Circuit || v.Value == v.Result {
			v.Value, v.Column = "", ""
		}
	case severityRank(f.Severity) == 0:
		v.Class = className(string(sheet.Invalid))
	}
	if v.Result != "" {
		v.Class, v.Result = className(v.Result), p.words.Vocabulary().Result(a.Result)
	}
	return v
}

// className is the class of a result on the page.
func className(result string) string { return strings.ToLower(strings.ReplaceAll(result, " ", "-")) }

// finish decides what the group says for all its places, and truncates their list.
func (g *groupView) finish(words Words, left int) {
	limit := max(left, leastPlaces)
	if severityRank(g.severity) > 0 {
		limit = maxFolded
	}
	g.Places = g.Places[:min(len(g.Places), limit)]
	if more := g.found - len(g.Places); more > 0 {
		g.More = counted(words, "report-more-html", more)
	}
	for i := range g.Places {
		place := &g.Places[i]
		if !g.varied {
			place.Message = ""
		}
		if !g.hints {
			place.Hint = ""
		}
	}
	if g.varied {
		g.Message = words.Line("report-such-as", textArg("message", g.Message))
	}
	if !g.hints {
		g.Hint = g.hint
	}
	classes := make([]string, 0, len(g.results))
	for r := range g.results {
		classes = append(classes, r)
	}
	slices.Sort(classes)
	g.Classes = strings.Join(classes, " ")
}

// partsOf splits the groups: what needs a person, warnings, notes.
func partsOf(groups []*groupView) (parts [3][]*groupView) {
	for _, g := range groups {
		at := max(0, severityRank(g.severity))
		parts[at] = append(parts[at], g)
	}
	return parts
}

// quietRows are the rows that are not among the findings, as many as the page has room for, and their total number.
func quietRows(d *Document, words Words) (rows []rowView, count int) {
	for i := range d.Applications {
		a := &d.Applications[i]
		if s := styleOf(a.Result); !d.isStatus() && (s != sheet.StyleGood && s != sheet.StyleMuted || open(a.Earlier)) {
			continue
		}
		if count++; count > maxHTMLRows {
			continue
		}
		v := rowView{Row: a.SheetRow, Circuit: a.InstanceID, Region: a.RegionID, Result: words.Vocabulary().Result(a.Result), Tone: toneName(styleOf(a.Result)), Request: a.RequestID, Class: className(string(a.Result))}
		if d.isStatus() {
			s := LOAState{Status: cmp.Or(a.LOAStatus, notAsked)}
			v.Result, v.Tone, v.Class = s.shown(words), toneName(s.style()), className(s.Status)
		}
		rows = append(rows, v)
	}
	return rows, count
}

// base is the address of the copy as seen from the page, whether or not they are in the same folder; empty without a
// copy.
func base(d *Document) string {
	if d.Output == "" {
		return ""
	}
	target := filepath.Base(d.Output)
	for _, page := range d.Reports {
		if rel, err := filepath.Rel(filepath.Dir(page), d.Output); err == nil && strings.HasSuffix(page, ".html") {
			target = rel
		}
	}
	parts := strings.Split(filepath.ToSlash(target), "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return "./" + strings.Join(parts, "/")
}

// typedCode finds what a reader types or copies in a sentence of the catalogue: the program with its command, a flag
// with its value, and an environment variable.
var typedCode = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\bloabatch (?:doctor|explain|history|report|simulator|status|submit|template|validate|version)\b(?: --[a-z-]+(?:=[a-z]+)?| '[^']+'| (?:ID|FILE|RUN|CODE|CIRCUIT)\b)*` +
		`|--[a-z]+(?:-[a-z]+)*(?:=[\w%/.-]*\w| [a-z-]+=[a-z]+)?|\b(?:[A-Z]+_PROXY|ALIBABA_CLOUD_[A-Z_]+|XDG_STATE_HOME)\b`)
})

// marked renders a sentence of the catalogue as HTML, its code in code elements.
func marked(s string) template.HTML {
	var b strings.Builder
	at := 0
	for _, found := range typedCode().FindAllStringIndex(s, -1) {
		b.WriteString(template.HTMLEscapeString(s[at:found[0]]) + "<code>" + template.HTMLEscapeString(s[found[0]:found[1]]) + "</code>")
		at = found[1]
	}
	return template.HTML(b.String() + template.HTMLEscapeString(s[at:]))
}
