// Package doctor has the checks of loabatch doctor, and renders what they find: of the
// variables in the environment, of the folders that a run writes to (folders.go), of the
// ledger (ledger.go), and of an account, by calls that change nothing (account.go). The
// caller opens whatever is checked.
package doctor

import (
	"io"
	"slices"
	"strings"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// State says how a check ended.
type State string

// The states.
const (
	OK   State = "ok"
	Warn State = "warn" // a run works, but something is worth knowing
	Fail State = "fail"
)

// Check is what one check found, in the JSON of doctor.
type Check struct {
	Check   string `json:"check"` // what was checked: account, ledger …
	State   State  `json:"state"`
	Where   string `json:"where"` // the profile, region, file or folder; empty if there is only one
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"` // what to do; empty if all is well
}

// Findings are the checks so far.
type Findings struct {
	Words  *prose.Catalogue
	Checks []Check
	Failed bool // one of them failed

	proxies []cloud.Proxy // that were noted
}

// Note adds a check with the catalogue's sentence for it; args are name and value pairs.
func (f *Findings) Note(state State, what, where, code string, args ...string) {
	named := make(map[string]string, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		named[args[i]] = args[i+1]
	}
	f.Add(state, what, where, code, named)
}

// Add adds a check with the catalogue's sentence for it.
func (f *Findings) Add(state State, what, where, code string, args map[string]string) {
	c := Check{Check: what, State: state, Where: sheet.MaskNumbers(where), Code: code}
	c.Message, c.Hint = f.Words.Render(code, args)
	if state == OK {
		c.Hint = ""
	}
	f.Failed = f.Failed || state == Fail
	f.Checks = append(f.Checks, c)
}

// Text writes the checks as a table, each with its hint below it. On a terminal of a width,
// which is 0 for none, the last column is wrapped.
func (f *Findings) Text(w io.Writer, width int) error {
	rows := make([][]string, 0, len(f.Checks))
	for i := range f.Checks {
		c := &f.Checks[i]
		message := c.Message
		if c.Where != "" {
			message = f.Words.Colon(c.Where, message)
		}
		rows = append(rows, []string{f.Words.Line("doctor-" + string(c.State)), f.Words.Line("doctor-what-" + c.Check), report.Printable(message)})
		if c.Hint != "" {
			rows = append(rows, []string{"", "", report.Printable(c.Hint)})
		}
	}
	return report.WrappedTable(w, rows, width)
}

// ignored lists what follows the prefix in names that are not meant to set a flag: those of the variables
// that a program of --on-finish gets.
var ignored = []string{"RUN_", "RUNS"}

// Unread returns the variables of an environment, each NAME=VALUE, that begin with the prefix of those
// of flags and are not among the known ones, sorted.
func Unread(prefix string, environ, known []string) (names []string) {
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(strings.ToUpper(name), prefix) || slices.Contains(known, name) ||
			slices.ContainsFunc(ignored, func(p string) bool { return strings.HasPrefix(name, prefix+p) }) {
			continue
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
