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
)

// JSON writes the document, indented, with each problem and each application on a line of
// its own and a line break at the end. Lists are never null. Besides the document's own
// keys there are severities (counts of problems), by_region (rows and results),
// by_loa_status and causes. JSON holds one encoded entry in memory at a time.
func JSON(w io.Writer, d Document) error {
	b := bufio.NewWriterSize(w, 1<<16)
	e := encoder{Writer: b}
	e.document(&d, "")
	e.text("\n")
	return cmp.Or(e.err, b.Flush())
}

// JSONRuns writes the documents of several inputs and the exit code of the whole.
func JSONRuns(w io.Writer, runs []Document, exitCode int) error {
	b := bufio.NewWriterSize(w, 1<<16)
	e := encoder{Writer: b}
	e.text("{\n  \"runs\": [")
	for i := range runs {
		e.text([]string{"\n    ", ",\n    "}[min(i, 1)])
		e.document(&runs[i], "    ")
	}
	e.text("\n  ],\n  \"exit_code\": " + strconv.Itoa(exitCode) + "\n}\n")
	return cmp.Or(e.err, b.Flush())
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

// document writes a document; its lines after the first start with the prefix. The two
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
	middle, tail, _ := strings.Cut(rest, applicationsKey)
	e.text(head)
	writeLines(e, problemsKey, prefix, d.Problems)
	e.text(middle)
	writeLines(e, applicationsKey, prefix, d.Applications)
	e.text(tail)
}

// The long lists as encoding/json encodes them when empty.
const (
	problemsKey     = `"problems": []`
	applicationsKey = `"applications": []`
)

// writeLines writes a list in the place of the empty one, one entry per line.
func writeLines[T any](e *encoder, key, prefix string, list []T) {
	if len(list) == 0 {
		e.text(key)
		return
	}
	var line bytes.Buffer
	j := json.NewEncoder(&line)
	j.SetEscapeHTML(false)
	e.text(strings.TrimSuffix(key, "]"))
	for i := range list {
		line.Reset()
		if err := j.Encode(&list[i]); err != nil {
			e.err = cmp.Or(e.err, err)
			return
		}
		e.text([]string{"\n", ",\n"}[min(i, 1)] + prefix + "    ")
		e.text(strings.TrimRight(string(EscapeJSON(line.Bytes())), "\n"))
	}
	e.text("\n" + prefix + "  ]")
}

// wire is a document with the figures that are derived from it.
type wire struct {
	Document
	BySeverity Severities `json:"severities"`
	ByRegion   []Region   `json:"by_region"`
	ByLOA      []LOAState `json:"by_loa_status"`
	ByCause    []Cause    `json:"causes"`
}

// wireOf is the document with its two long lists left empty.
func wireOf(d *Document) wire {
	w := wire{Document: *d, BySeverity: d.Severities(), ByRegion: d.PerRegion(), ByLOA: d.LOAStates(), ByCause: nonNil(d.Causes())}
	w.Reports, w.Regions = nonNil(d.Reports), nonNil(d.Regions)
	w.Problems, w.Applications = []Problem{}, []Application{}
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
