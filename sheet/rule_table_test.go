package sheet_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// ruleCase damages the good workbook, cell by cell, and says every problem that is then
// found. An empty want means that nothing is.
type ruleCase struct {
	set  []string // cell, value, cell, value …
	want string   // "severity code cell" or "severity code cell also cell", joined by "; "
	opts sheet.Options
	book func(*grid) // what cells cannot say
}

// ruleTables has the tables of all rules: cells in, problems out.
var ruleTables = map[string][]ruleCase{}

func table(code string, cases ...ruleCase) bool {
	ruleTables[code] = cases
	return true
}

// c is a case of cells only.
func c(want string, set ...string) ruleCase { return ruleCase{set: set, want: want} }

// list writes problems as the tables do.
func list(ps []sheet.Problem) string {
	var all []string
	for _, p := range ps {
		s := fmt.Sprint(p.Severity, " ", p.Code, " ", p.At)
		if p.Also.Row != 0 {
			s += " also " + p.Also.String()
		}
		all = append(all, s)
	}
	return strings.Join(all, "; ")
}

func TestRules(t *testing.T) {
	for _, r := range sheet.Rules() {
		t.Run(r.Code, func(t *testing.T) {
			cases := ruleTables[r.Code]
			hits, misses := 0, 0
			for _, rc := range cases {
				if strings.Contains(rc.want, r.Code+" ") {
					hits++
				} else {
					misses++
				}
				checkCase(t, rc)
			}
			if r.Code != "circuit-changed-after-submission" && (hits == 0 || misses == 0) {
				t.Errorf("the table has %d cases with the problem and %d without; each rule needs both", hits, misses)
			}
		})
	}
}

func checkCase(t *testing.T, rc ruleCase) {
	t.Helper()
	g := good()
	for i := 0; i < len(rc.set); i += 2 {
		g.set(rc.set[i], rc.set[i+1])
	}
	if rc.book != nil {
		rc.book(g)
	}
	if rc.opts.Now.IsZero() {
		rc.opts.Now = now
	}
	w, err := sheet.Decode(g, rc.opts)
	var input *sheet.InputError
	var got string
	switch {
	case errors.As(err, &input):
		got = list(input.Problems)
	case err != nil:
		t.Errorf("%q: %v", rc.set, err)
	default:
		got = list(w.Problems)
	}
	if got != rc.want {
		t.Errorf("%q\n got %s\nwant %s", rc.set, got, rc.want)
	}
}

// zone returns options with a zone.
func zone(name string) sheet.Options {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return sheet.Options{Location: loc}
}

// asked returns options with one severity.
func asked(code string, s sheet.Severity) sheet.Options {
	return sheet.Options{Severities: map[string]sheet.Severity{code: s}}
}
