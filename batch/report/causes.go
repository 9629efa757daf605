package report

import (
	"cmp"
	"slices"

	"github.com/loabatch/loabatch/sheet"
)

// Cause is one reason why rows need attention, with the places where it was found.
type Cause struct {
	Code     string      `json:"code"`     // of the problem, of the API's error, or of the reason
	Severity string      `json:"severity"` // error or warning
	Count    int         `json:"count"`    // problems or rows
	Message  string      `json:"message"`  // of the first of them
	Hint     string      `json:"hint"`     // likewise
	Varied   bool        `json:"varied"`   // whether the others' messages differ
	Cells    []string    `json:"cells"`    // the first of them, in formula notation: Circuits!G7
	Refs     []sheet.Ref `json:"-"`        // the same as positions

	result sheet.Result // of the rows; empty for problems
}

// answered reports whether the cause concerns rows about which the service was asked.
func (c *Cause) answered() bool {
	switch c.result {
	case sheet.Refused, sheet.Failed, sheet.Unknown, sheet.Blocked, sheet.NotAttempted:
		return true
	}
	return false
}

// maxCells limits the places that a cause lists, not its count.
const maxCells = 50

// Causes groups the errors and warnings among the problems, and the rows that the API
// or a stop left unfinished, by code and, for rows, by result and reason. Errors come
// first, then the most frequent, then the first found. INVALID rows are represented by
// their problems.
func (d *Document) Causes() []Cause {
	g := grouping{at: map[causeKey]int{}}
	for i := range d.Problems {
		if p := &d.Problems[i]; p.Severity == sheet.Error.String() || p.Severity == sheet.Warning.String() {
			g.add(causeKey{severity: p.Severity, code: p.Code}, p.Message, p.Hint, p.At)
		}
	}
	for i := range d.Unlisted {
		u := &d.Unlisted[i]
		if at, found := g.at[causeKey{severity: u.Severity, code: u.Code}]; found {
			g.causes[at].Count += u.Count
		}
	}
	for i := range d.Applications {
		a := &d.Applications[i]
		if code := unaccepted(a); code != "" && !d.isStatus() && !d.stopReported(a) {
			g.add(causeKey{a.severity(), code, cmp.Or(a.Earlier, a.Result), a.Reason}, a.Message, a.Hint, a.At)
		}
	}
	slices.SortStableFunc(g.causes, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), -cmp.Compare(a.Count, b.Count))
	})
	return g.causes
}

// causeKey identifies a cause. Rows with the same code but different results have different
// causes: a FAILED application does not exist, an UNKNOWN one may.
type causeKey struct {
	severity, code string
	result         sheet.Result // of rows
	reason         string       // of rows
}

// grouping collects causes in the order they are found.
type grouping struct {
	causes []Cause
	at     map[causeKey]int // index of the cause
}

func (g *grouping) add(key causeKey, message, hint string, at sheet.Ref) {
	i, ok := g.at[key]
	if !ok {
		i = len(g.causes)
		g.at[key] = i
		g.causes = append(g.causes, Cause{Code: key.code, Severity: key.severity, Message: message, Hint: hint, Cells: []string{}, result: key.result})
	}
	c := &g.causes[i]
	c.Count++
	c.Varied = c.Varied || message != c.Message
	if at.Sheet != "" && len(c.Refs) < maxCells {
		c.Refs = append(c.Refs, at)
		c.Cells = append(c.Cells, at.String())
	}
}

// sentence returns the cause's message, marked as an example if the messages differ.
func (c *Cause) sentence(words Words) string {
	if c.Varied {
		return words.Line("report-such-as", textArg("message", c.Message))
	}
	return c.Message
}
