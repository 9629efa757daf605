package report_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/report"
)

func TestText(t *testing.T) {
	unwritten := night()
	unwritten.ExitCode, unwritten.Output, unwritten.Failure = 8, "", "no space left on the disk that holds the copy"
	for _, c := range []struct {
		name string
		doc  report.Document
		opts report.TextOptions
	}{
		{"night.txt", night(), report.TextOptions{}},
		{"night-colour.txt", night(), report.TextOptions{Color: true, Causes: 1}},
		{"night-problems.txt", night(), report.TextOptions{Problems: 20}},
		{"done.txt", done(), report.TextOptions{}},
		{"valid.txt", dry(0), report.TextOptions{Problems: 10}},
		{"invalid.txt", dry(13), report.TextOptions{Problems: 3}},
		{"stopped.txt", stopped(), report.TextOptions{}},
		{"status.txt", status(), report.TextOptions{}},
		{"unwritten.txt", unwritten, report.TextOptions{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := report.Text(&b, c.doc, english{t}, c.opts); err != nil {
				t.Fatal(err)
			}
			golden(t, c.name, b.Bytes())
			if n := strings.Count(b.String(), "\n"); c.opts.Problems == 0 && n > 24 {
				t.Errorf("the summary has %d lines, more than a terminal shows", n)
			}
		})
	}
}

// full is a writer that fails.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("disk full")

func TestTextReturnsWriteErrors(t *testing.T) {
	if err := report.Text(full{}, night(), english{t}, report.TextOptions{}); !errors.Is(err, errFull) {
		t.Errorf("got %v, want the writer's error", err)
	}
}
