package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
)

// JSON writes the document, indented, with each problem and each application on its own line and a line break at
// the end. Lists are never null. The problems are the findings, in which the notes may be folded; notes then
// has all of them. Besides the document's own keys there are severities (counts of problems), by_region (rows
// and results), by_loa_status and causes. JSON holds one encoded entry in memory at a time.
func JSON(w io.Writer, d Document) error {
	b := bufio.NewWriterSize(w, 1<<16)
	e := encoder{Writer: b}
	e.document(&d, "")
	e.text("\n")
	return cmp.Or(e.err, b.Flush())
}

// JSONRuns writes the documents of several inputs and the overall exit code.
func JSONRuns(w io.Writer, runs []Document, exitCode int) error {
	b := bufio.NewWriterSize(w, 1<<16)
	e := encoder{Writer: b}
	e.text("{\n  ")
	e.runs(runs, exitCode)
	return cmp.Or(e.err, b.Flush())
}

// Value writes any other value, indented.
func Value(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(EscapeJSON(b.Bytes()))
	return err
}

// NotTaken is a workbook of a folder that was not run.
type NotTaken struct {
	Input    string `json:"input"`               // its path when the folder was listed
	Reason   string `json:"reason"`              // a code
	Message  string `json:"message"`             //
	RunID    string `json:"run_id,omitempty"`    // of the run that has finished with these bytes
	ExitCode *int   `json:"exit_code,omitempty"` // of that run
	MovedTo  string `json:"moved_to,omitempty"`  // its path now; empty if it stayed
}

// JSONFolder writes the documents of a folder's workbooks, what was not run, and the overall exit code.
func JSONFolder(w io.Writer, folder string, runs []Document, left []NotTaken, exitCode int) error {
	b := bufio.NewWriterSize(w, 1<<16)
	e := encoder{Writer: b}
	e.text("{\n  ")
	e.line("\"folder\": ", folder, ",\n  ")
	e.text("\"not_taken\": [")
	for i := range left {
		e.line([]string{"\n    ", ",\n    "}[min(i, 1)], left[i], "")
	}
	e.text([]string{"],\n  ", "\n  ],\n  "}[min(len(left), 1)])
	e.runs(runs, exitCode)
	return cmp.Or(e.err, b.Flush())
}

// line writes a value between two texts.
func (e *encoder) line(before string, value any, after string) {
	var line bytes.Buffer
	j := json.NewEncoder(&line)
	j.SetEscapeHTML(false)
	if err := j.Encode(value); err != nil {
		e.err = cmp.Or(e.err, err)
		return
	}
	e.text(before + strings.TrimRight(string(EscapeJSON(line.Bytes())), "\n") + after)
}

// runs writes the documents and the exit code, which end an object.
func (e *encoder) runs(runs []Document, exitCode int) {
	e.text("\"runs\": [")
	for i := range runs {
		e.text([]string{"\n    ", ",\n    "}[min(i, 1)])
		e.document(&runs[i], "    ")
	}
	e.text("\n  ],\n  \"exit_code\": " + strconv.Itoa(exitCode) + "\n}\n")
}

// encoder writes JSON and keeps its first error.
type encoder struct {
	*bufio.Writer
	err error
}

func (e *encoder) text(s string) {
	if _, err := e.WriteString(s); err != nil && e.err == nil {
		e.err = err
	}
}

func (e *encoder) bytes(b []byte) {
	if _, err := e.Write(b); err != nil && e.err == nil {
		e.err = err
	}
}

// document writes a document; its lines after the first start with the prefix. The three
// long lists are empty in what encoding/json encodes, and are then written in their
// places, which are unambiguous: within a string, the quotes of a key would be escaped.
func (e *encoder) document(d *Document, prefix string) {
	var frame bytes.Buffer
	j := json.NewEncoder(&frame)
	j.SetEscapeHTML(false)
	j.SetIndent(prefix, "  ")
	if err := j.Encode(wireOf(d)); err != nil {
		e.err = cmp.Or(e.err, err)
		return
	}
	head, rest, _ := strings.Cut(strings.TrimRight(string(EscapeJSON(frame.Bytes())), "\n"), problemsKey)
	middle, rest, _ := strings.Cut(rest, applicationsKey)
	last, tail, _ := strings.Cut(rest, notesKey)
	list := d.findings()
	e.text(head)
	writeLines(e, problemsKey, prefix, len(list.entries), func(i int) any { return list.at(i) })
	e.text(middle)
	writeLines(e, applicationsKey, prefix, len(d.Applications), func(i int) any { return &d.Applications[i] })
	e.text(last)
	notes := d.notes()
	writeLines(e, notesKey, prefix, len(notes), func(i int) any { return &d.Problems[notes[i]] })
	e.text(tail)
}

// The long lists as encoding/json encodes them when empty.
const (
	problemsKey     = `"problems": []`
	applicationsKey = `"applications": []`
	notesKey        = `"notes": []`
)

// notes are the indexes of the notes among the problems if they are folded in the list.
func (d *Document) notes() (list []int) {
	for i := range d.Problems {
		if len(d.Folded) > 0 && d.Problems[i].Severity == sheet.Note.String() {
			list = append(list, i)
		}
	}
	return list
}

// writeLines writes a list in the place of the empty one, one entry per line.
func writeLines(e *encoder, key, prefix string, count int, entry func(int) any) {
	if count == 0 {
		e.text(key)
		return
	}
	var line bytes.Buffer
	j := json.NewEncoder(&line)
	j.SetEscapeHTML(false)
	e.text(strings.TrimSuffix(key, "]"))
	for i := range count {
		line.Reset()
		if err := j.Encode(entry(i)); err != nil {
			e.err = cmp.Or(e.err, err)
			return
		}
		e.text([]string{"\n", ",\n"}[min(i, 1)])
		e.text(prefix)
		e.text("    ")
		e.bytes(bytes.TrimRight(EscapeJSON(line.Bytes()), "\n"))
	}
	e.text("\n" + prefix + "  ]")
}

// wire is a document with the figures that are derived from it.
type wire struct {
	Document
	BySeverity Severities `json:"severities"`
	ByRegion   []Region   `json:"by_region"`
	ByLOA      []LOAState `json:"by_loa_status"`
	Changes    []Change   `json:"loa_changes,omitempty"` // of a status, since the last time
	ByCause    []Cause    `json:"causes"`
	Notes      []Problem  `json:"notes"` // all of them, if they are folded among the problems
}

// Change is an LOA whose status differs from the last time.
type Change struct {
	SheetRow   int    `json:"sheet_row"`
	InstanceID string `json:"instance_id"`
	RegionID   string `json:"region_id"`
	Before     string `json:"before"`
	Now        string `json:"now"`
}

// changes lists the LOAs whose status differs from the last time, if that is known.
func (d *Document) changes() (list []Change) {
	for i := range d.Applications {
		if a := &d.Applications[i]; a.changed() && *a.Before != "" {
			list = append(list, Change{a.SheetRow, a.InstanceID, a.RegionID, *a.Before, a.LOAStatus})
		}
	}
	return list
}

// wireOf is the document with its long lists left empty.
func wireOf(d *Document) wire {
	w := wire{Document: *d, BySeverity: d.Severities(), ByRegion: d.PerRegion(), ByLOA: d.LOAStates(), Changes: d.changes(), ByCause: nonNil(d.Causes())}
	w.Reports, w.Regions = nonNil(d.Reports), nonNil(d.Regions)
	w.Problems, w.Applications, w.Notes = []Problem{}, []Application{}, []Problem{}
	w.DurationSeconds, w.SlowedSeconds = milliseconds(d.DurationSeconds), milliseconds(d.SlowedSeconds)
	return w
}

// nonNil returns an empty list instead of a nil one.
func nonNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// milliseconds rounds seconds to milliseconds.
func milliseconds(seconds float64) float64 { return math.Round(seconds*1000) / 1000 }
