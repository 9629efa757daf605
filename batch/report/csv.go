package report

import (
	"encoding/csv"
	"io"
	"iter"
	"strings"

	"github.com/loabatch/loabatch/sheet"
)

// byteOrderMark makes spreadsheet programs read the file as UTF-8.
const byteOrderMark = "\ufeff"

// CSV writes the error report as comma-separated values (RFC 4180, UTF-8 with a byte
// order mark, CRLF): every problem, then every row that the API or a stop left
// unfinished. The header has the keys of the JSON problems. A value that a
// spreadsheet program would take for a formula gets an apostrophe in front.
func CSV(w io.Writer, d Document) error {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	// Errors stay in the writer until the flush.
	_ = c.Write([]string{"severity", "code", "sheet", "cell", "column", "value", "message", "hint"})
	for p := range findings(&d) {
		_ = c.Write([]string{p.Severity, field(p.Code), field(p.Sheet), p.Cell, field(p.Column), field(p.Value), field(p.Message), field(p.Hint)})
	}
	c.Flush()
	return c.Error()
}

// findings yields the problems in reading order, then the unfinished rows as problems
// of their instance ID's cell.
func findings(d *Document) iter.Seq[Problem] {
	return func(yield func(Problem) bool) {
		for _, p := range d.Problems {
			if !yield(p) {
				return
			}
		}
		for i := range d.Applications {
			a := &d.Applications[i]
			if code := unfinished(a); code != "" && !d.asked() && !yield(asProblem(a, code)) {
				return
			}
		}
	}
}

// asProblem shows an unfinished row in the form of a problem.
func asProblem(a *Application, code string) Problem {
	return Problem{
		Severity: sheet.Error.String(), Code: code, Sheet: a.At.Sheet, Cell: cellOf(a.At),
		Column: sheet.Columns[sheet.CircuitInstanceID].Header, Value: a.InstanceID, Message: a.Message, Hint: a.Hint, At: a.At,
	}
}

// lineBreaks gives every line break the one form that the writer turns into CRLF; it
// would leave out a bare carriage return, and so join what stands on either side.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// field is a value as the file carries it: whole UTF-8, and disarmed only after that, for
// what stands in the file is what a spreadsheet program looks at.
func field(s string) string { return guard(lineBreaks.Replace(strings.ToValidUTF8(s, "\ufffd"))) }

// guard disarms what spreadsheet programs run as a formula: a value that starts, after
// blanks, with = + - @ or their full-width forms, or that starts with a tab or line
// break (OWASP, CSV Injection).
func guard(s string) string {
	if strings.IndexAny(strings.TrimLeft(s, " \u00a0\u3000"), "=+-@＝＋－＠\t\n") == 0 {
		return "'" + s
	}
	return s
}
