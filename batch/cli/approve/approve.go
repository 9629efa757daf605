// Package approve shows plans to people: it reads a plan, prints it, and says what has changed
// since it was approved.
package approve

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/approval"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cli/reasons"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// Is reports whether a file is an unchanged plan.
func Is(f *os.File, _ int64) bool {
	_, _, err := approval.Decode(f)
	return err == nil
}

// Read reads a plan and its checksum.
func Read(path string) (*approval.Plan, string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, "", exit.Failure(exit.Usage, "plan-unreadable", err, "file", path, "reason", exit.Cause(err))
	}
	defer f.Close()
	p, sum, err := approval.Decode(f)
	other, isOther := errors.AsType[*approval.VersionError](err)
	switch {
	case err == nil:
		return p, sum, nil
	case errors.Is(err, approval.ErrForeign):
		return nil, "", exit.Failure(exit.Usage, "plan-foreign", err, "file", path)
	case errors.Is(err, approval.ErrDamaged):
		return nil, "", exit.Failure(exit.Usage, "plan-damaged", err, "file", path)
	case isOther:
		return nil, "", exit.Failure(exit.Usage, "plan-version", err, "file", path, "version", strconv.Itoa(other.Version), "known", strconv.Itoa(approval.Version))
	}
	return nil, "", exit.Failure(exit.Usage, "plan-unreadable", err, "file", path, "reason", exit.Cause(err))
}

// Text prints a plan and its checksum, for a terminal of this width, or 0 without one.
func Text(w io.Writer, p *approval.Plan, sum string, words *prose.Catalogue, width int) error {
	var facts [][]string
	fact := func(code, value string) {
		if value != "" {
			facts = append(facts, []string{words.Line(code), report.Printable(value)})
		}
	}
	fact("plan-fact-command", "loabatch "+p.Command)
	fact("plan-fact-made", report.Stamp(p.MadeAt)+" UTC")
	fact("plan-fact-user", strings.Trim(p.MadeBy.User+"@"+p.MadeBy.Host, "@"))
	fact("plan-fact-caller", p.MadeBy.Caller)
	fact("plan-fact-program", p.MadeBy.Program)
	fact("report-fact-change-ref", p.ChangeRef)
	fact("plan-fact-service", p.Service)
	fact("report-fact-account", words.List(p.Accounts()))
	for _, setting := range p.Settings {
		if setting.Value != "" && setting.Value != "false" {
			fact("plan-fact-option", "--"+setting.Name+"="+setting.Value)
		}
	}
	for i := range p.Workbooks {
		book := &p.Workbooks[i]
		fact("plan-fact-workbook", book.Name)
		fact("report-fact-sha256", book.SHA256)
		results, operations := report.Results{}, []string{}
		for _, r := range book.Rows {
			results[sheet.Result(r.Result)]++
		}
		confirmed := 0
		for name, n := range book.Operations() {
			if strings.HasSuffix(name, batch.Confirm.String()) {
				confirmed += n
			}
			operations = append(operations, name+" "+strconv.Itoa(n))
		}
		slices.Sort(operations)
		fact("plan-fact-rows", words.Line("plan-rows", sheet.Count("rows", len(book.Rows)), sheet.Arg{Name: "results", Value: results.In(words)}))
		fact("plan-fact-sends", cmp.Or(words.List(operations), words.Line("plan-nothing")))
		if confirmed > 0 {
			fact("plan-fact-billing", words.Line("plan-circuits", sheet.Count("n", confirmed)))
		}
	}
	fact("plan-fact-checksum", sum)
	var b bytes.Buffer
	if err := report.Table(&b, facts); err != nil {
		return err
	}
	for i := range p.Workbooks {
		rows := [][]string{words.Columns("plan-table")}
		for _, r := range p.Workbooks[i].Rows {
			rows = append(rows, line(words, &r))
		}
		b.WriteString("\n")
		if err := report.NarrowTable(&b, rows, width, []int{0, 1, 3, 4}, []int{2, 5, 6, 7}); err != nil {
			return err
		}
	}
	_, err := b.WriteTo(w)
	return err
}

// line is the line of a row in a plan: where it is, what is sent, and the prediction.
func line(words *prose.Catalogue, r *approval.Row) []string {
	values := []string{}
	for _, v := range r.Values {
		values = append(values, report.Printable(v.Value))
	}
	text := ""
	if r.Result != string(sheet.Valid) {
		text, _ = message(words, r.Circuit, r.Prediction)
		if r.ErrorCode != "" {
			text += " [" + r.ErrorCode + "]"
		}
	}
	cells := []string{r.Cell, r.InstanceID, r.RegionID, cmp.Or(r.Operation, "-"), words.Vocabulary().Result(sheet.Result(r.Result)), strconv.Itoa(len(r.Engineers)), strings.Join(values, ", "), text}
	for i := range cells {
		cells[i] = report.Printable(cells[i])
	}
	return cells
}

// Book is a workbook of a plan as it is now.
type Book struct {
	Path     string
	Workbook *sheet.Workbook
}

// Problem renders what has changed since a plan was approved as a problem with its cell.
func Problem(words *prose.Catalogue, d approval.Difference, was *approval.Plan, now []Book) sheet.Problem {
	p := sheet.Problem{Code: "plan-changed-" + string(d.Kind), Severity: sheet.Error}
	args := map[string]string{"name": d.Name, "planned": d.Planned, "now": d.Now}
	switch d.Kind {
	case approval.KindCommand, approval.KindService, approval.KindSetting:
	case approval.KindCount:
		args["planned"], args["now"] = strconv.Itoa(len(was.Workbooks)), strconv.Itoa(len(now))
	default:
		in := now[d.Workbook]
		args["file"] = in.Path
		t, column := &in.Workbook.CircuitsTable, sheet.CircuitInstanceID
		switch d.Kind {
		case approval.KindEngineer:
			t, column = &in.Workbook.EngineersTable, sheet.EngineerName
		case approval.KindValue:
			column = circuitColumn(d.Name)
		}
		if d.Row > 0 {
			p.At = sheet.Ref{Sheet: t.Sheet, Row: d.Row, Col: t.Columns[column]}
			p.Column = cmp.Or(t.Headers[column], d.Name)
		}
	}
	if d.Found != nil {
		args["message"], _ = message(words, d.Circuit, *d.Found)
	}
	for name, value := range args {
		if value == "" && (name == "planned" || name == "now") {
			value = words.Line("plan-nothing")
		}
		p.Args = append(p.Args, sheet.Arg{Name: name, Value: value})
	}
	return p
}

// circuitColumn is the column of a circuit's parameter.
func circuitColumn(parameter string) sheet.ColumnID {
	if parameter == plan.ConfirmValue {
		return sheet.CircuitConfirm
	}
	for _, c := range sheet.Columns {
		if c.Sheet == sheet.CircuitsSheet && c.Parameter == parameter {
			return c.ID
		}
	}
	return sheet.CircuitInstanceID
}

// message says why a row has a predicted result.
func message(words *prose.Catalogue, k approval.Circuit, p approval.Prediction) (text, hint string) {
	step, _ := batch.ParseOperation(p.Step) // that of a plan from a later version is read as an application
	return reasons.Message(words, &batch.Outcome{Operation: step,
		Key: batch.Key{Region: k.RegionID, InstanceID: k.InstanceID}, Result: sheet.Result(p.Result), Reason: batch.Reason(p.Reason), ErrorCode: p.ErrorCode, LOAStatus: p.LOAStatus, CircuitState: p.State,
	})
}
