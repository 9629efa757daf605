package report

import (
	"encoding/csv"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

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
		_ = c.Write([]string{p.Severity, guard(p.Code), guard(p.Sheet), p.Cell, guard(p.Column), guard(p.Value), guard(p.Message), guard(p.Hint)})
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

// guard disarms what spreadsheet programs run as a formula: a value that starts, after
// blanks, with = + - @ or their full-width forms, or that starts with a tab or line
// break (OWASP, CSV Injection).
func guard(s string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " \u00a0\u3000"))
	if first != utf8.RuneError && strings.ContainsRune("=+-@＝＋－＠\t\r\n", first) {
		return "'" + s
	}
	return s
}
