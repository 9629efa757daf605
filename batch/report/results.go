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

// MarshalJSON encodes every result word with its count, zeros included, in the order of
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

// In lists the results that occur, in a language: 3 SUBMITTED, 1 INVALID.
func (r Results) In(words Words) string {
	var parts []string
	for _, word := range sheet.AllResults {
		if n := r[word]; n > 0 {
			parts = append(parts, words.Line("share", numberArg("count", n), textArg("word", words.Vocabulary().Result(word))))
		}
	}
	return enumeration(words, parts)
}

// of adds up the counts of some results.
func (r Results) of(words ...sheet.Result) int {
	n := 0
	for _, w := range words {
		n += r[w]
	}
	return n
}

// good counts the rows that need no attention.
func (r Results) good() int { return r.of(sheet.Submitted, sheet.Already, sheet.Valid, sheet.Skipped) }

// bad counts the rows that need the attention of a person or another run.
func (r Results) bad() int { return r.of(sheet.AllResults...) - r.good() }

// leftOpen counts the rows that --only left out although they were not accepted yet.
func (d *Document) leftOpen() (n int) {
	for r, count := range d.LeftOut {
		if open(r) {
			n += count
		}
	}
	return n
}

// leftOut says which rows were left out before they were accepted; it is empty if none were.
func (d *Document) leftOut(words Words) string {
	n := d.leftOpen()
	if n == 0 {
		return ""
	}
	still := Results{}
	for r, count := range d.LeftOut {
		if open(r) {
			still[r] = count
		}
	}
	return counted(words, "report-left-out", n, textArg("results", still.In(words)))
}

// severities are the words for a problem's severity, most severe first.
var severities = []string{sheet.Error.String(), sheet.Warning.String(), sheet.Note.String()}

// severityRank is the place of a severity among severities.
func severityRank(severity string) int { return slices.Index(severities, severity) }

// Severities are the numbers of problems by severity.
type Severities struct {
	Errors   int `json:"error"`
	Warnings int `json:"warning"`
	Notes    int `json:"note"`
}

// Severities counts the document's problems.
func (d *Document) Severities() Severities {
	counts := make([]int, len(severities))
	for i := range d.Problems {
		if at := severityRank(d.Problems[i].Severity); at >= 0 {
			counts[at]++
		}
	}
	for _, u := range d.Unlisted {
		counts[severityRank(u.Severity)] += u.Count
	}
	return Severities{counts[0], counts[1], counts[2]}
}

// Region has the results of the rows of one region.
type Region struct {
	RegionID string  `json:"region_id"`
	Rows     int     `json:"rows"`
	Results  Results `json:"results"`
}

// PerRegion counts the document's rows by region, sorted by region ID. Rows without a
// region have an empty ID.
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

// LOAState counts the rows whose LOA has one status.
type LOAState struct {
	Status string `json:"status"` // as the API spells it, or NoLOA
	Rows   int    `json:"rows"`
}

// NoLOA is our word for the LOA status of a circuit without an LOA; the others are spelt
// as the API spells them.
const NoLOA = sheet.NoLOA

// loaStates are the states in the order in which an LOA goes through them, with their style. States that the API may
// add are shown after them, by name.
var loaStates = []struct {
	status string
	style  sheet.Style
}{
	{sheet.LOAApplying, sheet.StyleWarn}, {sheet.LOAAccept, sheet.StyleGood}, {sheet.LOAAvailable, sheet.StyleGood}, {sheet.LOACompleting, sheet.StyleGood},
	{sheet.LOAComplete, sheet.StyleGood}, {sheet.LOARejected, sheet.StyleBad}, {sheet.LOADeleted, sheet.StyleWarn}, {NoLOA, sheet.StyleMuted},
}

// LOAStatuses lists the known states of LOAs as the API spells them, and NoLOA.
func LOAStatuses() (list []string) {
	for _, s := range loaStates {
		list = append(list, s.status)
	}
	return list
}

// LOAStates counts the rows by the state of their LOA, if known.
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
		return cmp.Or(cmp.Compare(loaRank(a.Status), loaRank(b.Status)), cmp.Compare(a.Status, b.Status))
	})
	return states
}

// shownStates are the states as shown to people. Rows without a known state are included,
// and the counts add up to the rows.
func (d *Document) shownStates() []LOAState {
	states := d.LOAStates()
	left := d.Rows
	for _, s := range states {
		left -= s.Rows
	}
	if left > 0 {
		states = append(states, LOAState{notAsked, left})
	}
	return states
}

// notAsked is shown as the state of rows that name no circuit or region, or got no answer.
const notAsked = "not asked"

// loaRank is the place of a state among loaStates; unknown ones come last.
func loaRank(status string) int {
	for i := range loaStates {
		if loaStates[i].status == status {
			return i
		}
	}
	return len(loaStates)
}

// isStatus reports whether the document is that of the status command.
func (d *Document) isStatus() bool { return d.Command == "status" }

// shown is the state as shown to people.
func (s LOAState) shown(words Words) string {
	if s.Status == notAsked {
		return words.Line("state-not-asked")
	}
	return words.Vocabulary().State(s.Status)
}

// meaning explains a state; unknown ones have no meaning.
func (s LOAState) meaning(words Words) string {
	if s.Status == notAsked {
		return words.Line("report-loa-unasked")
	}
	if code := LOAMeaning(s.Status); code != "" {
		return words.Line(code)
	}
	return ""
}

// LOAMeaning returns the catalogue's code for what a status of an LOA means and what to do, or "" for an unknown
// status.
func LOAMeaning(status string) string {
	if loaRank(status) == len(loaStates) {
		return ""
	}
	return "report-loa-" + strings.ToLower(status)
}

// style returns the style of the state.
func (s LOAState) style() sheet.Style {
	if i := loaRank(s.Status); i < len(loaStates) {
		return loaStates[i].style
	}
	return sheet.StyleMuted
}

// changed reports whether a status found another state than the last time.
func (a *Application) changed() bool { return a.Before != nil && *a.Before != a.LOAStatus }

// compared reports whether any earlier state is known.
func (d *Document) compared() bool {
	return slices.ContainsFunc(d.Applications, func(a Application) bool { return a.Before != nil && *a.Before != "" })
}

// changed says how many LOAs went from which state to which since the last time, or that none
// did. It is empty if there is nothing to compare with.
func (d *Document) changed(words Words) string {
	if !d.compared() {
		return ""
	}
	type step struct{ was, now string }
	by := map[step]int{}
	var order []step
	for i := range d.Applications {
		if a := &d.Applications[i]; a.changed() {
			s := step{cmp.Or(*a.Before, notAsked), cmp.Or(a.LOAStatus, notAsked)}
			if by[s] == 0 {
				order = append(order, s)
			}
			by[s]++
		}
	}
	if len(order) == 0 {
		return words.Line("report-unchanged")
	}
	slices.SortStableFunc(order, func(a, b step) int { return -cmp.Compare(by[a], by[b]) })
	parts := make([]string, len(order))
	for i, s := range order {
		was, now := LOAState{Status: s.was}, LOAState{Status: s.now}
		parts[i] = counted(words, "report-change", by[s], textArg("was", was.shown(words)), textArg("now", now.shown(words)))
	}
	return words.Line("report-changes", textArg("list", enumeration(words, parts)))
}

// tally counts the rows that have one result, or whose LOA has one state.
type tally struct {
	word    string // of the result or the state
	shown   string // the same as shown to people
	rows    int
	style   sheet.Style
	meaning string // and what to do
}

// tallies are the counts that people are shown first: of the results that occur or, in a
// status, of the states of LOAs.
func (d *Document) tallies(words Words) []tally {
	var list []tally
	if d.isStatus() {
		for _, s := range d.shownStates() {
			list = append(list, tally{s.Status, s.shown(words), s.Rows, s.style(), s.meaning(words)})
		}
		return list
	}
	for _, r := range sheet.AllResults {
		if n := d.Results[r]; n > 0 {
			list = append(list, tally{string(r), words.Vocabulary().Result(r), n, styleOf(r), d.step(words, r)})
		}
	}
	return list
}
