package report

import (
	"cmp"
	"slices"

	"github.com/loabatch/loabatch/sheet"
)

// Cause is one reason why rows need looking after, with every place it was found.
type Cause struct {
	Code     string      `json:"code"`     // of the problem, of the API's error, or of the reason
	Severity string      `json:"severity"` // error or warning
	Count    int         `json:"count"`    // problems or rows
	Message  string      `json:"message"`  // of the first of them
	Hint     string      `json:"hint"`     //
	Cells    []string    `json:"cells"`    // the first of them, as formulas write them: Circuits!G7
	Refs     []sheet.Ref `json:"-"`        // the same as positions
}

// maxCells bounds the places a cause lists; its count is whole.
const maxCells = 50

// Causes groups the errors and warnings among the problems, and the rows that the API
// or a stop left unfinished, by code. Errors come first, then the most frequent, then
// the first found. Rows that are INVALID are told by their problems alone.
func (d *Document) Causes() []Cause {
	g := grouping{at: map[string]int{}}
	for _, p := range d.Problems {
		if p.Severity == "error" || p.Severity == "warning" {
			g.add(p.Code, p.Severity, p.Message, p.Hint, p.At)
		}
	}
	for _, a := range d.Applications {
		if code := unfinished(a); code != "" {
			g.add(code, "error", a.Message, a.Hint, a.At)
		}
	}
	slices.SortStableFunc(g.causes, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), -cmp.Compare(a.Count, b.Count))
	})
	return g.causes
}

// unfinished gives the code under which a row counts among the causes, or "".
func unfinished(a Application) string {
	switch a.Result {
	case sheet.Blocked, sheet.Refused, sheet.Failed, sheet.Unknown, sheet.NotAttempted:
		return cmp.Or(a.ErrorCode, a.Reason, string(a.Result))
	}
	return ""
}

// grouping collects causes in the order in which they are found.
type grouping struct {
	causes []Cause
	at     map[string]int // index by severity and code
}

func (g *grouping) add(code, severity, message, hint string, at sheet.Ref) {
	key := severity + " " + code
	i, ok := g.at[key]
	if !ok {
		i = len(g.causes)
		g.at[key] = i
		g.causes = append(g.causes, Cause{Code: code, Severity: severity, Message: message, Hint: hint, Cells: []string{}})
	}
	c := &g.causes[i]
	c.Count++
	if at.Sheet != "" && len(c.Refs) < maxCells {
		c.Refs = append(c.Refs, at)
		c.Cells = append(c.Cells, at.String())
	}
}
