package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
)

// Results counts rows by result. A missing result counts zero; nil is all zeros.
type Results map[sheet.Result]int

// Count counts the results of rows.
func Count(apps []Application) Results {
	r := Results{}
	for _, a := range apps {
		r[a.Result]++
	}
	return r
}

// MarshalJSON gives every result word with its count, zeros included, in the order of
// the documentation.
func (r Results) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, word := range sheet.AllResults {
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(strconv.Quote(string(word)))
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(r[word]))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// String lists the results that occur: 3 SUBMITTED, 1 INVALID.
func (r Results) String() string {
	var parts []string
	for _, word := range sheet.AllResults {
		if n := r[word]; n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+string(word))
		}
	}
	return strings.Join(parts, ", ")
}

// of adds up the counts of some results.
func (r Results) of(words ...sheet.Result) int {
	n := 0
	for _, w := range words {
		n += r[w]
	}
	return n
}

// good counts the rows that need nothing more.
func (r Results) good() int { return r.of(sheet.Submitted, sheet.Already, sheet.Valid, sheet.Skipped) }

// bad counts the rows that a person or another run has to look after.
func (r Results) bad() int {
	return r.of(sheet.Blocked, sheet.Invalid, sheet.Refused, sheet.Failed, sheet.Unknown, sheet.NotAttempted)
}

// Severities counts problems by severity; its JSON has all three words.
type Severities struct {
	Errors   int `json:"error"`
	Warnings int `json:"warning"`
	Notes    int `json:"note"`
}

// Severities counts the document's problems.
func (d *Document) Severities() Severities {
	var s Severities
	for _, p := range d.Problems {
		switch p.Severity {
		case "error":
			s.Errors++
		case "warning":
			s.Warnings++
		case "note":
			s.Notes++
		}
	}
	return s
}

// Region is what came of the rows of one region.
type Region struct {
	RegionID string  `json:"region_id"`
	Rows     int     `json:"rows"`
	Results  Results `json:"results"`
}

// PerRegion counts the document's rows by region, sorted by region ID. Rows without a
// region stand under the empty ID.
func (d *Document) PerRegion() []Region {
	by := map[string]*Region{}
	for _, a := range d.Applications {
		r := by[a.RegionID]
		if r == nil {
			r = &Region{RegionID: a.RegionID, Results: Results{}}
			by[a.RegionID] = r
		}
		r.Rows++
		r.Results[a.Result]++
	}
	regions := make([]Region, 0, len(by))
	for _, r := range by {
		regions = append(regions, *r)
	}
	slices.SortFunc(regions, func(a, b Region) int {
		return bytes.Compare([]byte(a.RegionID), []byte(b.RegionID))
	})
	return regions
}

var _ json.Marshaler = Results(nil)

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
