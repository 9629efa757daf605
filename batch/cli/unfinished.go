package cli

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// wantsJSON reports whether a command line asks for JSON, even if something else in it is wrong
// and it was not parsed completely.
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

// printUnfinished writes the JSON document of a command that failed before a run ended,
// for those who read only standard output.
func (a *app) printUnfinished(cmd *cobra.Command, err error) error {
	doc := report.Document{Command: cmd.Name(), DryRun: cmd.Name() == "validate"}
	if flag := cmd.Flags().Lookup(dryRunFlag); flag != nil {
		mode, ok := parseDryRun(flag.Value.String())
		doc.DryRun = !ok || mode != dryRunOff
	}
	args := cmd.Flags().Args()
	_, operands, _ := strings.Cut(cmd.Use, " ")
	switch {
	case strings.HasPrefix(operands, "FILE"):
		if len(args) > 1 {
			docs := make([]report.Document, len(args))
			for i, path := range args {
				docs[i] = a.unfinished(doc, path, err)
			}
			return report.JSONRuns(a.env.Stdout, docs, exit.Of(err))
		}
		if folder := cmd.Flags().Lookup(inFlag); folder != nil && folder.Value.String() != "" && len(args) == 0 {
			in := folder.Value.String()
			return report.JSONFolder(a.env.Stdout, in, []report.Document{a.unfinished(doc, in, err)}, nil, exit.Of(err))
		}
		return report.JSON(a.env.Stdout, a.unfinished(doc, cmp.Or(args...), err))
	case cmd.Name() == "report":
		doc.RunID = cmp.Or(args...)
		return report.JSON(a.env.Stdout, a.unfinished(doc, cmd.Flag("input").Value.String(), err))
	}
	return report.JSON(a.env.Stdout, a.unfinished(doc, "", err))
}

// unfinished makes the document of an input whose run did not end: with its own problems,
// or with a note that another file of the command had some.
func (a *app) unfinished(doc report.Document, path string, err error) report.Document {
	doc.Input, doc.Version, doc.ExitCode = path, version(), exit.Of(err)
	var files exit.Files
	if errors.As(err, &files) {
		if err = files.Of(path); err == nil {
			err = exit.Failure(doc.ExitCode, "input-not-taken-up", nil)
		}
	}
	if own, ok := errors.AsType[*exit.Error](err); ok && doc.RunID == "" && strings.HasPrefix(own.Code, "hosts-") {
		doc.RunID = own.Args["run"] // which continues without this process
	}
	doc.Problems = a.problemsOf(err)
	return doc
}

// problemsOf renders an error as the problems of a document.
func (a *app) problemsOf(err error) []report.Problem {
	var own *exit.Error
	var input *sheet.InputError
	switch {
	case errors.As(err, &own):
	case errors.As(err, &input):
		list := make([]report.Problem, len(input.Problems))
		for i, p := range input.Problems {
			message, hint := a.lines.Words.Problem(p)
			list[i] = report.NewProblem(p, message, hint)
		}
		return list
	default:
		own = exit.Failure(exit.Internal, "internal", err, "reason", err.Error())
	}
	message, hint := a.lines.Words.Render(own.Code, own.Args)
	return []report.Problem{{Severity: sheet.Error.String(), Code: own.Code, Message: message, Hint: hint}}
}
