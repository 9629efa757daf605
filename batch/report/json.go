package report

import (
	"encoding/json"
	"io"
	"math"
)

// JSON writes the document, indented, with a line break at its end. Lists are never
// null. Beyond the document's own keys it has severities (problems counted),
// by_region (rows and results),
// by_loa_status and causes.
func JSON(w io.Writer, d Document) error { return encode(w, wireOf(d)) }

// JSONRuns writes the documents of several inputs and the exit code of the whole.
func JSONRuns(w io.Writer, runs []Document, exitCode int) error {
	list := make([]wire, len(runs))
	for i, d := range runs {
		list[i] = wireOf(d)
	}
	return encode(w, struct {
		Runs     []wire `json:"runs"`
		ExitCode int    `json:"exit_code"`
	}{list, exitCode})
}

// wire is a document with the figures that are derived from it.
type wire struct {
	Document
	Severities Severities `json:"severities"`
	ByRegion   []Region   `json:"by_region"`
	ByLOA      []LOAState `json:"by_loa_status"`
	Causes     []Cause    `json:"causes"`
}

func wireOf(d Document) wire {
	d.Reports = list(d.Reports)
	d.Regions = list(d.Regions)
	d.Problems = list(d.Problems)
	d.Applications = list(d.Applications)
	d.DurationSeconds = milliseconds(d.DurationSeconds)
	d.SlowedSeconds = milliseconds(d.SlowedSeconds)
	return wire{Document: d, Severities: d.Severities(), ByRegion: d.PerRegion(), ByLOA: d.LOAStates(), Causes: list(d.Causes())}
}

// list makes an empty list of a nil one.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// milliseconds rounds seconds to what a reader can use.
func milliseconds(seconds float64) float64 { return math.Round(seconds*1000) / 1000 }

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
