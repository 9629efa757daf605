package report

import (
	"github.com/loabatch/loabatch/sheet"
)

// headline says in one line what happened.
func headline(d *Document, words Words) string {
	args := []sheet.Arg{
		number("rows", d.Rows), number("good", d.Results.good()), number("bad", d.Results.bad()),
		number("accepted", d.Results.of(sheet.Submitted, sheet.Already)),
		number("left", d.Results[sheet.NotAttempted]),
	}
	return words.Line(headlineCode(d), args...)
}

func headlineCode(d *Document) string {
	bad, accepted := d.Results.bad(), d.Results.of(sheet.Submitted, sheet.Already)
	switch {
	case d.asked() && d.Rows > 0:
		return "report-head-status"
	case d.ExitCode == exitNoCopy:
		return "report-head-no-copy"
	case d.StopReason != "":
		return "report-head-stopped"
	case d.Rows == 0:
		return "report-head-empty"
	case d.DryRun && bad == 0:
		return "report-head-valid"
	case d.DryRun:
		return "report-head-invalid"
	case bad == 0 && accepted < d.Rows:
		return "report-head-done-some"
	case bad == 0:
		return "report-head-done"
	case accepted == 0 && d.Requests == 0:
		return "report-head-nothing-sent"
	}
	return "report-head-some"
}

// tone is how good the news is: the colour of the headline.
func tone(d *Document) sheet.Style {
	switch {
	case d.ExitCode == 0:
		return sheet.StyleGood
	case d.asked():
		return sheet.StyleTitle
	case d.Results.of(sheet.Invalid, sheet.Refused, sheet.Failed) > 0 || d.StopReason != "" || d.ExitCode == exitNoCopy:
		return sheet.StyleBad
	}
	return sheet.StyleWarn
}

// styleOf is the look of a result: the colour of its row.
func styleOf(r sheet.Result) sheet.Style {
	switch r {
	case sheet.Submitted, sheet.Already, sheet.Valid:
		return sheet.StyleGood
	case sheet.Blocked, sheet.Unknown, sheet.NotAttempted:
		return sheet.StyleWarn
	case sheet.Invalid, sheet.Refused, sheet.Failed:
		return sheet.StyleBad
	}
	return sheet.StyleMuted
}

// severityStyle is the look of a problem.
func severityStyle(severity string) sheet.Style {
	switch severity {
	case "error":
		return sheet.StyleBad
	case "warning":
		return sheet.StyleWarn
	}
	return sheet.StyleMuted
}
