package report

import (
	"cmp"
	"slices"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// Cause is one reason why rows need looking after, with every place it was found.
type Cause struct {
	Code     string      `json:"code"`     // of the problem, of the API's error, or of the reason
	Severity string      `json:"severity"` // error or warning
	Count    int         `json:"count"`    // problems or rows
	Message  string      `json:"message"`  // of the first of them
	Hint     string      `json:"hint"`     // likewise
	Varied   bool        `json:"varied"`   // the others have other messages
	Cells    []string    `json:"cells"`    // the first of them, as formulas write them: Circuits!G7
	Refs     []sheet.Ref `json:"-"`        // the same as positions
}

// maxCells bounds the places a cause lists; its count is whole.
const maxCells = 50

// Causes groups the errors and warnings among the problems, and the rows that the API
// or a stop left unfinished, by code and, for rows, by how they ended. Errors come
// first, then the most frequent, then the first found. Rows that are INVALID are told by
// their problems alone.
func (d *Document) Causes() []Cause {
	g := grouping{at: map[causeKey]int{}}
	for i := range d.Problems {
		if p := &d.Problems[i]; p.Severity == sheet.Error.String() || p.Severity == sheet.Warning.String() {
			g.add(causeKey{severity: p.Severity, code: p.Code}, p.Message, p.Hint, p.At)
		}
	}
	for i := range d.Applications {
		if a := &d.Applications[i]; d.toldAsCause(a) {
			g.add(causeKey{sheet.Error.String(), unfinished(a), a.Result, a.Reason}, a.Message, a.Hint, a.At)
		}
	}
	slices.SortStableFunc(g.causes, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), -cmp.Compare(a.Count, b.Count))
	})
	return g.causes
}

// toldAsCause reports whether a row counts among the causes. When LOAs were asked for,
// the results are those of an earlier run; when a stop kept a row back, the stop is its
// cause and is told on its own, but the rows whose answers made the stop are listed.
func (d *Document) toldAsCause(a *Application) bool {
	stopped := a.Result == sheet.NotAttempted && d.StopReason != "" && a.Reason != string(batch.ReasonRefusedAll)
	return !d.asked() && !stopped && unfinished(a) != ""
}

// unfinished gives the code under which a row counts among the causes, or "".
func unfinished(a *Application) string {
	switch a.Result {
	case sheet.Blocked, sheet.Refused, sheet.Failed, sheet.Unknown, sheet.NotAttempted:
		return cmp.Or(a.ErrorCode, a.Reason, string(a.Result))
	}
	return ""
}

// causeKey is what makes problems, or rows, one cause. Rows of one code have different
// causes when they ended differently: what is FAILED is nowhere, what is UNKNOWN may be.
type causeKey struct {
	severity, code string
	result         sheet.Result // of rows
	reason         string       // of rows
}

// grouping collects causes in the order in which they are found.
type grouping struct {
	causes []Cause
	at     map[causeKey]int // index of the cause
}

func (g *grouping) add(key causeKey, message, hint string, at sheet.Ref) {
	i, ok := g.at[key]
	if !ok {
		i = len(g.causes)
		g.at[key] = i
		g.causes = append(g.causes, Cause{Code: key.code, Severity: key.severity, Message: message, Hint: hint, Cells: []string{}})
	}
	c := &g.causes[i]
	c.Count++
	c.Varied = c.Varied || message != c.Message
	if at.Sheet != "" && len(c.Refs) < maxCells {
		c.Refs = append(c.Refs, at)
		c.Cells = append(c.Cells, at.String())
	}
}

// sentence is the cause's message, marked as one of several where they differ.
func (c *Cause) sentence(words Words) string {
	if c.Varied {
		return words.Line("report-such-as", text("message", c.Message))
	}
	return c.Message
}
