package cli

import (
	"cmp"
	"errors"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// fileErrors is what stands against some of the files of a command, in their order.
type fileErrors []fileError

// fileError is what stands against one file.
type fileError struct {
	path string
	err  error
}

// Error gives the first error, for a log.
func (l fileErrors) Error() string { return l[0].err.Error() }

// Unwrap gives the errors of all files.
func (l fileErrors) Unwrap() []error {
	list := make([]error, len(l))
	for i, f := range l {
		list[i] = f.err
	}
	return list
}

// of gives what stands against a file, nil for nothing.
func (l fileErrors) of(path string) error {
	for _, f := range l {
		if f.path == path {
			return f.err
		}
	}
	return nil
}

// wantsJSON reports whether a command line asks for a document, even one that is wrong
// elsewhere and was not read to its end.
func (a *app) wantsJSON(cmd *cobra.Command) bool {
	flag := cmd.Flags().Lookup("json")
	switch {
	case flag == nil:
		return false
	case flag.Changed:
		return flag.Value.String() == "true"
	}
	asked, _ := strconv.ParseBool(a.env.Getenv(variable("json")))
	return asked || slices.Contains(a.env.Args, "--json")
}

// printUnfinished writes the document of a command that ended before a run did, so that
// whoever reads standard output learns why from it too.
func (a *app) printUnfinished(cmd *cobra.Command, err error) error {
	doc := report.Document{Command: cmd.Name(), DryRun: cmd.Name() == "validate"}
	if flag := cmd.Flags().Lookup("dry-run"); flag != nil {
		doc.DryRun = flag.Changed && flag.Value.String() != "false"
	}
	args := cmd.Flags().Args()
	switch cmd.Name() {
	case "validate", "submit", "status":
		if len(args) > 1 {
			docs := make([]report.Document, len(args))
			for i, path := range args {
				docs[i] = a.unfinished(doc, path, err)
			}
			return report.JSONRuns(a.env.Stdout, docs, exitOf(err))
		}
		return report.JSON(a.env.Stdout, a.unfinished(doc, cmp.Or(args...), err))
	case "report":
		doc.RunID = cmp.Or(args...)
		return report.JSON(a.env.Stdout, a.unfinished(doc, cmd.Flag("input").Value.String(), err))
	}
	return report.JSON(a.env.Stdout, a.unfinished(doc, "", err))
}

// unfinished is the document of an input for which no run came to its end: what stands
// against it, or that another file of the command kept it from being taken up.
func (a *app) unfinished(doc report.Document, path string, err error) report.Document {
	doc.Input, doc.Version, doc.ExitCode = path, version(), exitOf(err)
	var files fileErrors
	if errors.As(err, &files) {
		if err = files.of(path); err == nil {
			err = failure(doc.ExitCode, "input-not-taken-up", nil)
		}
	}
	doc.Problems = a.standing(err)
	return doc
}

// standing lists what an error says as the problems of a document.
func (a *app) standing(err error) []report.Problem {
	var own *exitError
	var input *sheet.InputError
	switch {
	case errors.As(err, &own):
	case errors.As(err, &input):
		list := make([]report.Problem, len(input.Problems))
		for i, p := range input.Problems {
			message, hint := a.lines.words.Problem(p)
			list[i] = report.NewProblem(p, message, hint)
		}
		return list
	default:
		own = failure(exitInternal, "internal", err, "reason", err.Error())
	}
	message, hint := a.lines.words.Render(own.code, own.args)
	return []report.Problem{{Severity: sheet.Error.String(), Code: own.code, Message: message, Hint: hint}}
}
