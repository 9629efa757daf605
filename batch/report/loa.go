package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/loabatch/loabatch/sheet"
)

// LOAState counts the rows whose LOA stands at one state.
type LOAState struct {
	Status string `json:"status"` // as the API spells it; none when it knows of no LOA
	Rows   int    `json:"rows"`
}

// loaLife lists the states in the order of an LOA's life; none is ours. Others, which
// the API may come to know, follow by name.
var loaLife = []string{"Applying", "Accept", "Available", "Completing", "Complete", "Rejected", "Deleted", "none"}

// LOAStates counts the rows by the state of their LOA, as far as it was learnt.
func (d *Document) LOAStates() []LOAState {
	by := map[string]int{}
	for i := range d.Applications {
		if s := d.Applications[i].LOAStatus; s != "" {
			by[s]++
		}
	}
	states := make([]LOAState, 0, len(by))
	for s, n := range by {
		states = append(states, LOAState{s, n})
	}
	slices.SortFunc(states, func(a, b LOAState) int {
		return cmp.Or(cmp.Compare(lifeRank(a.Status), lifeRank(b.Status)), cmp.Compare(a.Status, b.Status))
	})
	return states
}

// shownStates are the states as people are shown them: rows that could not be asked
// about are among them, so that the counts add up to the rows.
func (d *Document) shownStates() []LOAState {
	states := d.LOAStates()
	left := d.Rows
	for _, s := range states {
		left -= s.Rows
	}
	if left > 0 {
		states = append(states, LOAState{unasked, left})
	}
	return states
}

// unasked stands for the state of rows that name no circuit or region, or got no answer.
const unasked = "not asked"

// lifeRank is the place of a state in an LOA's life; unknown ones come last.
func lifeRank(status string) int {
	if i := slices.Index(loaLife, status); i >= 0 {
		return i
	}
	return len(loaLife)
}

// asked reports whether the document tells where LOAs stand, rather than of a run.
func (d *Document) asked() bool { return d.Command == "status" }

// meaning tells what a state means; a state that is not known has none.
func (s LOAState) meaning(words Words) string {
	switch {
	case s.Status == unasked:
		return words.Line("report-loa-unasked")
	case lifeRank(s.Status) == len(loaLife):
		return ""
	}
	return words.Line("report-loa-" + strings.ToLower(s.Status))
}

// style is the look of the state.
func (s LOAState) style() sheet.Style {
	switch s.Status {
	case "Accept", "Available", "Completing", "Complete":
		return sheet.StyleGood
	case "Rejected":
		return sheet.StyleBad
	case "Applying", "Deleted":
		return sheet.StyleWarn
	}
	return sheet.StyleMuted
}
