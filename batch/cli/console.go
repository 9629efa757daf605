package cli

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cli/locale"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/notify"
	"github.com/loabatch/loabatch/sheet"
)

// newLines returns the lines of a command line: what it prints on standard error.
func newLines(env Env, c *prose.Catalogue) *console.Lines {
	return console.New(env.Stderr, c, console.Screen{
		Terminal: env.StderrTerminal, Dumb: env.Getenv("TERM") == "dumb",
		Color: env.StderrTerminal && !env.NoEscapes && env.Getenv("NO_COLOR") == "", Size: env.Size,
	})
}

// configure applies the flags that every command has.
func (a *app) configure(f commonFlags) error {
	switch f.color {
	case "always":
		a.lines.Color = true
	case "never":
		a.lines.Color = false
	case "auto":
	default:
		return exit.Failure(exit.Usage, "choice", nil, "flag", "color", "value", f.color, "choices", "auto, always, never")
	}
	if c, ok := prose.For(f.lang); ok {
		a.lines.Words = c
	} else if f.lang != "" {
		return exit.Failure(exit.Usage, "choice", nil, "flag", "lang", "value", f.lang, "choices", strings.Join(prose.Languages(), ", "))
	}
	a.lines.Quiet = f.quiet
	return nil
}

// fail prints an error that ended the command.
func (a *app) fail(err error) {
	var files exit.Files
	var own *exit.Error
	var input *sheet.InputError
	switch {
	case errors.As(err, &files):
		for _, f := range files {
			a.fail(f.Err)
		}
	case errors.As(err, &own):
		a.lines.Error(own.Code, own.Args)
		a.sayBound(own)
	case errors.As(err, &input):
		for _, p := range input.Problems {
			message, hint := a.lines.Words.Problem(p)
			if file := p.Arg("file"); file != "" {
				message = a.lines.Words.Colon(file, message)
			}
			a.lines.Write("error", message, hint)
		}
	default:
		a.lines.Error("internal", map[string]string{"reason": err.Error()})
	}
}

// flagName finds the flags that a sentence names.
var flagName = regexp.MustCompile(`--([a-z][a-z-]*[a-z])`)

// sayBound says of each flag that an error names, if it was set by its variable, that it was:
// it is not on the command line that whoever reads the error has before them.
func (a *app) sayBound(err *exit.Error) {
	message, _ := a.lines.Words.Render(err.Code, err.Args)
	for _, name := range flagName.FindAllStringSubmatch(message, -1) {
		if slices.Contains(a.bound, name[1]) {
			a.lines.Note("environment-bound", map[string]string{"flag": name[1], "variable": variable(name[1])})
		}
	}
}

// remarks prints, before anything is sent, how an input's copy will differ from what its
// owner may expect.
func (a *app) remarks(in *book.Input) {
	if lock := files.LockOf(in.Path); lock != "" {
		a.lines.Warn("input-open", map[string]string{"file": in.Path, "lock": lock})
	}
	for _, p := range in.Remarks {
		if a.lines.Quiet && p.Severity < sheet.Warning {
			continue
		}
		message, hint := a.lines.Words.Problem(p)
		a.lines.Write(p.Severity.String(), a.lines.Words.Colon(in.Path, message), hint)
	}
}

// openLog opens the log that the flags ask for. It never holds personal data. By default
// only errors are logged, as the progress and the summary show the rest; the json format
// and a log file have every attempt. The file is nil if the log goes to standard error.
func (a *app) openLog(f watchFlags) (*slog.Logger, *console.LogFile, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return nil, nil, exit.Failure(exit.Usage, "choice", nil, "flag", "log-level", "value", f.logLevel, "choices", "debug, info, warn, error")
	}
	var file *console.LogFile
	out := a.env.Stderr
	if f.logFile != "" {
		opened, err := a.openLogFile(f.logFile)
		if err != nil {
			return nil, nil, err
		}
		file, out = opened, opened
	}
	o := &slog.HandlerOptions{Level: level}
	if f.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, o)), file, nil
	}
	if f.logFile == "" && level == slog.LevelInfo {
		o.Level = slog.LevelError
	}
	o.ReplaceAttr = a.logText
	return slog.New(slog.NewTextHandler(out, o)), file, nil
}

// logText names the event of a line of the text log in the user's language. The json
// format keeps the original names, which programs look for.
func (a *app) logText(groups []string, attr slog.Attr) slog.Attr {
	if len(groups) > 0 || attr.Key != slog.MessageKey {
		return attr
	}
	code := "event-" + strings.ReplaceAll(attr.Value.String(), " ", "-")
	if _, known := a.lines.Words.Entry(code); known {
		attr.Value = slog.StringValue(a.lines.Words.Line(code))
	}
	return attr
}

func (a *app) openLogFile(path string) (*console.LogFile, error) {
	file, err := console.OpenLogFile(path, func(err error) {
		a.lines.Warn("log-file-lost", map[string]string{"file": path, "reason": exit.Cause(err)})
	})
	switch {
	case errors.Is(err, console.ErrForeign):
		return nil, exit.Failure(exit.Usage, "log-file-foreign", nil, "file", path)
	case err != nil:
		return nil, exit.Failure(exit.Usage, "log-file", err, "file", path, "reason", exit.Cause(err))
	}
	return file, nil
}

// withOutput returns the exit code of a command, given the one of what it did: a document
// that could not be written counts like a copy that could not. Text that a run prints is
// only a summary of its copy, so its loss changes nothing. Other commands do nothing but
// print.
func (a *app) withOutput(cmd *cobra.Command, stdout *console.Stream, code int) int {
	err := stdout.Err()
	switch {
	case err == nil:
		return code
	case a.wantsJSON(cmd):
		if len(a.recordedRuns) > 0 {
			a.fail(exit.Failure(exit.NoCopy, "document-unwritable", err, "reason", exit.Cause(err), "command", strings.Join(a.recordedRuns, "; ")))
		} else {
			a.fail(exit.Failure(exit.NoCopy, "document-unwritable-again", err, "reason", exit.Cause(err)))
		}
	case console.BrokenPipe(err):
		return code
	case readsWorkbook(cmd) || code != exit.OK:
		a.lines.Warn("stdout-unwritable", map[string]string{"reason": exit.Cause(err)})
		return code
	default:
		a.fail(exit.Failure(exit.NoCopy, "stdout-unwritable", err, "reason", exit.Cause(err)))
	}
	return exit.Worst([]exit.Input{{Code: code}, {Code: exit.NoCopy}})
}

// readsWorkbook reports whether a command takes workbooks and writes files about them.
func readsWorkbook(cmd *cobra.Command) bool {
	_, operands, _ := strings.Cut(cmd.Use, " ")
	return strings.HasPrefix(operands, "FILE") || cmd.Name() == "report"
}

// columns is the width of the terminal on standard output, or 0 without one.
func (a *app) columns() int {
	if !a.env.StdoutTerminal {
		return 0
	}
	columns, _ := a.env.size()
	return columns
}

// number formats a number for the catalogue.
func number(n int) string { return strconv.Itoa(n) }

// How the language is chosen: --lang, else LOABATCH_LANG, else the user's locale, else
// English. The first two decide for everything; without them, what is written into a
// workbook or beside it is in the workbook's own language.

// catalogue returns the sentences for a user. It is called before the flags are parsed, since
// errors in them are printed too. Whether --lang is a language is checked later.
func (e Env) catalogue() *prose.Catalogue {
	for _, lang := range []string{argument(e.Args, "--lang"), e.Getenv(variable("lang"))} {
		if c, ok := prose.For(lang); ok {
			return c
		}
	}
	if c, ok := prose.ForLocale(locale.User(e.Getenv, e.Language)); ok {
		return c
	}
	return prose.English
}

// argument returns the value of the last occurrence of a flag on a command line, or "".
func argument(args []string, flag string) (value string) {
	for i, arg := range args {
		switch after, joined := strings.CutPrefix(arg, flag+"="); {
		case arg == "--":
			return value
		case joined:
			value = after
		case arg == flag && i+1 < len(args):
			value = args[i+1]
		}
	}
	return value
}

// How others follow an unattended command (package notify): its start is reported once the
// flags are read, its end with the exit code once that is final. A command line that cannot be
// read is reported, too, to those that it names.

// monitored reads who follows the command, and reports its start to them. An error in one of
// the flags does not affect the others.
func (a *app) monitored(cmd *cobra.Command) error {
	if cmd.Flags().Lookup(pingFlag) == nil || a.monitor.Begun() {
		return nil
	}
	value := func(name string) string {
		if flag := cmd.Flags().Lookup(name); flag != nil {
			return flag.Value.String()
		}
		return ""
	}
	f := notify.Facts{
		Command: cmd.Name(), DryRun: a.dryRunOf(cmd), Simulated: value("simulate") == "true" || slices.Contains(a.env.Args, "--simulate"),
		ChangeRef: value("change-ref"), Log: files.Absolute(value("log-file")), Version: version(), Started: a.env.Now(),
	}
	for _, path := range cmd.Flags().Args() {
		f.Inputs = append(f.Inputs, files.Absolute(path))
	}
	given := func(name string) string {
		text := argument(a.env.Args, "--"+name)
		if text == "" && !f.Trial() {
			text = a.env.Getenv(variable(name))
		}
		return text
	}
	var o notify.Options
	var wrong error
	if line := given(onFinishFlag); line != "" {
		words, err := notify.ParseCommand(line)
		if err != nil {
			wrong = exit.Failure(exit.Usage, "on-finish-value", err)
		}
		o.OnFinish = words
	}
	if text := given(pingFlag); text != "" {
		u, err := notify.ParsePingURL(text)
		if err != nil {
			wrong = exit.Failure(exit.Usage, "ping-url-value", err)
		}
		o.Ping = u
	}
	a.metrics = given(metricsFlag)
	a.monitor.Begin(f, o)
	return wrong
}

// dryRunOf returns the kind of dry run that a command line asks for, even if it was not
// parsed completely.
func (a *app) dryRunOf(cmd *cobra.Command) string {
	switch cmd.Name() {
	case "validate":
		return string(dryRunOffline)
	case "plan":
		return string(dryRunOnline)
	}
	flag := cmd.Flags().Lookup(dryRunFlag)
	if flag == nil {
		return dryRunOff.flag()
	}
	mode, ok := parseDryRun(flag.Value.String())
	if !ok || mode == dryRunOff && slices.Contains(a.env.Args, "--"+dryRunFlag) {
		mode = dryRunOffline
	}
	return mode.flag()
}

// reportEnd reports how the command ended to those who follow it, and prints what went wrong
// in doing so. A signal ends the wait.
func (a *app) reportEnd(code int, abandoned bool) {
	lines := a.lines
	if abandoned { // the command may still use its own
		lines = newLines(a.env, a.env.catalogue())
	}
	defer batch.Guard(func(err error) { lines.Error("internal", map[string]string{"reason": err.Error()}) })
	if a.monitor.Begun() {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() {
			defer batch.Guard(func(error) { cancel() })
			for {
				select {
				case <-ctx.Done():
					return
				case s := <-a.env.Signals:
					if s != syscall.SIGHUP {
						cancel()
					}
				}
			}
		}()
		for _, f := range a.monitor.Finish(ctx, code, a.env.Now(), a.env.Getenv, a.env.Stderr) {
			if f.Err != nil {
				f.Args["reason"] = exit.Cause(f.Err)
			}
			lines.Warn(f.Code, f.Args)
		}
	}
	if a.logFile != nil && !abandoned {
		_ = a.logFile.Close() // nothing is left to write
	}
}
