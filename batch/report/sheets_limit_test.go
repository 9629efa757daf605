package report

import (
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

// echo renders a line as its code and arguments.
type echo struct{}

func (echo) Line(code string, args ...sheet.Arg) string {
	for _, a := range args {
		code += " " + a.Name + "=" + a.Value
	}
	return code
}

func TestErrorsBeyondTheLimitAreCounted(t *testing.T) {
	d := Document{Problems: make([]Problem, 5)}
	for i := range d.Problems {
		d.Problems[i].Severity = []string{"note", "error"}[i%2]
	}
	s := errorsSheet(&d, echo{}, 3)
	var got []string
	for cells := range s.Rows {
		got = append(got, cells[0].Text)
	}
	const want = "report-col-severity,report-severity-error,report-severity-error,report-severity-note,report-more-rows n=2"
	if strings.Join(got, ",") != want || s.Count != len(got) {
		t.Errorf("got %d rows %q, want %s", s.Count, got, want)
	}
}
