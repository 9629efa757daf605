package report

import (
	"slices"
	"strings"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// Next is what to do after a run: a line of the catalogue, and the command to type, if
// there is one.
type Next struct {
	Code    string // of the catalogue, report-next-…
	Command string // ready to be pasted into a shell; may be empty
}

// line is the sentence of what to do. What complete sends is nothing that is applied for, so
// it has sentences of its own.
func (n Next) line(d *Document, words Words) string {
	return words.Line(words.For(n.Code, d.Command))
}

// Commands are the command lines that may be suggested after a run, each ready to be
// pasted into a shell and with the settings it needs.
type Commands struct {
	Again   string // the same run
	Nightly string // the same run on other nights, when what was approved has been done
	Mended  string // likewise, on the copy after its rows were corrected; empty if it cannot be used
	Rest    string // likewise, without --only
	Submit  string // the rows of a dry run, without the dry run
	Status  string // of the rows of the copy
	Apply   string // for the rows of the copy
	Reapply string // likewise, for rejected LOAs
	Retry   string // the same run, with --reapply; Reapply for a command without it
	Report  string // the copy again, from the ledger
	Doctor  string
}

// Next returns the most useful thing to do now.
func (d *Document) Next() Next {
	waiting := d.Results.of(sheet.Failed, sheet.Unknown, sheet.NotAttempted)
	fixing := d.Results.of(sheet.Invalid, sheet.Refused)
	void := d.because(batch.ReasonLOARejected, sheet.Refused, sheet.Blocked)
	fatal := d.StopReason == string(batch.StopFatal) && d.StopCode != "" || d.StopReason == string(batch.StopAccount)
	switch {
	case d.InProgress:
		return Next{"report-next-in-progress", d.Commands.Report}
	case d.Simulated && d.Failure != "":
		return Next{"report-next-copy-simulated", d.Commands.Again} // no ledger has it
	case d.DryRun && d.Failure != "":
		return Next{"report-next-copy-dry", d.Commands.Again} // likewise
	case d.Simulated && fatal:
		return Next{"report-next-simulated", d.Commands.Again}
	case d.Failure != "" && d.Output != "":
		return Next{"report-next-copy-elsewhere", d.Commands.Report}
	case d.Failure != "":
		return Next{"report-next-copy", d.Commands.Report}
	case fatal:
		return Next{"report-next-doctor", d.Commands.Doctor}
	case d.Unasked > 0 && d.StopReason == "" && (d.isStatus() || d.DryRun && d.Results[sheet.Blocked] == 0):
		return Next{"report-next-unasked", d.Commands.Again}
	case d.isStatus():
		return d.nextOfStates()
	case d.DryRun && fixing > 0:
		return d.nextMended("report-next-fix-dry")
	case d.DryRun && void > 0 && void == d.Results[sheet.Blocked]:
		return Next{"report-next-retry", d.Commands.Retry}
	case d.DryRun && d.Results[sheet.Blocked] > 0:
		return Next{"report-next-blocked", d.Commands.Again}
	case d.DryRun && d.Simulated && d.Results[sheet.Valid] > 0:
		return Next{"report-next-simulate", d.Commands.Submit}
	case d.DryRun && d.Results[sheet.Valid] > 0:
		return Next{"report-next-submit", d.Commands.Submit}
	case d.Simulated && fixing+waiting > 0:
		return Next{"report-next-simulated", d.Commands.Again} // nothing is remembered
	case fixing > 0 && fixing == d.unallocated():
		return Next{"report-next-wait", d.Commands.Again}
	case fixing > 0 && waiting > 0:
		return d.nextMended("report-next-both")
	case void > 0 && fixing == void+d.unallocated():
		return Next{"report-next-retry", d.Commands.Retry}
	case fixing > 0:
		return d.nextMended("report-next-fix")
	case waiting > 0:
		return Next{"report-next-again", d.Commands.Again}
	case d.waits() > 0:
		return Next{"report-next-advance", d.Commands.Nightly}
	case d.leftOpen() > 0:
		return Next{"report-next-left-out", d.Commands.Rest}
	case d.Results.of(sheet.Submitted, sheet.Already) > 0 && d.Command == "submit" && !d.Simulated:
		return Next{"report-next-status", d.Commands.Status}
	}
	return Next{Code: "report-next-none"}
}

// unallocated counts the rows that the API rejects until their circuits' status allows an application, except those
// whose status never will.
func (d *Document) unallocated() (n int) {
	for i := range d.Applications {
		a := &d.Applications[i]
		if a.Result == sheet.Refused && a.ErrorCode == batch.CodeCircuitStatus && (a.CircuitState == "" || slices.Contains(batch.StatusesBefore, a.CircuitState)) {
			n++
		}
	}
	return n
}

// Locked reports whether a business status of a circuit, as the API spells it, is a lock.
func Locked(status string) bool { return strings.HasSuffix(status, "Locked") }

// nextMended returns that rows are to be corrected: in the copy, if that can be submitted.
func (d *Document) nextMended(code string) Next {
	if d.Commands.Mended == "" {
		return Next{code, d.Commands.Again}
	}
	return Next{code + "-copy", d.Commands.Mended}
}

// nextOfStates returns what to do once the states of the LOAs are known.
func (d *Document) nextOfStates() Next {
	by := map[string]int{}
	for _, s := range d.LOAStates() {
		by[s.Status] = s.Rows
	}
	switch {
	case d.Simulated:
		return Next{Code: "report-next-none"}
	case by[sheet.LOARejected] > 0:
		return Next{"report-next-reapply", d.Commands.Reapply}
	case by[sheet.LOADeleted] > 0:
		return Next{"report-next-reapply-deleted", d.Commands.Reapply}
	case by[NoLOA] > 0: // before what only needs to wait: a run that died may have left most rows
		return Next{"report-next-apply", d.Commands.Apply}
	case by[sheet.LOAApplying] > 0:
		return Next{"report-next-ask-again", d.Commands.Again}
	}
	return Next{Code: "report-next-none"}
}
