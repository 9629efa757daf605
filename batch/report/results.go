package report

import (
	"bytes"
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
