package cli

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cli/shell"
	"github.com/loabatch/loabatch/batch/report"
)

// How a command is suggested after a run:
//
//  1. When the run starts, all settings given by flags or variables are written as one
//     command line (settingsLine), which the ledger keeps too.
//  2. A suggestion is a command and the settings it must run with. It spells a setting out
//     only if the command would otherwise resolve it differently, given the environment
//     (suggest).

// settingsLine returns a command line that gives a command its current settings in an
// empty environment. The flags that report an unattended command are left out: they are for
// this command alone, and may be secret.
func settingsLine(cmd *cobra.Command, files []string) []string {
	line := []string{cmd.Name()}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains(monitorFlags, f.Name) {
			line = append(line, flagArgument(f, flagText(f)))
		}
	})
	if slices.ContainsFunc(files, func(name string) bool { return strings.HasPrefix(name, "-") }) {
		line = append(line, "--")
	}
	return append(line, files...)
}

// flagText returns a flag's value as Set takes it, with one spelling for each value.
func flagText(f *pflag.Flag) string {
	text := f.Value.String()
	if f.Name == dryRunFlag {
		if mode, ok := parseDryRun(text); ok {
			return mode.flag()
		}
	}
	if _, list := f.Value.(pflag.SliceValue); list {
		return text[1 : len(text)-1] // [a,b]
	}
	return text
}

func flagArgument(f *pflag.Flag, text string) string {
	if f.Value.Type() == "bool" && text == "true" {
		return "--" + f.Name
	}
	return "--" + f.Name + "=" + text
}

// settings are values of flags by name, as Set takes them.
type settings map[string]string

// only returns the settings with these names.
func (s settings) only(names []string) settings {
	kept := settings{}
	for _, name := range names {
		if text, ok := s[name]; ok {
			kept[name] = text
		}
	}
	return kept
}

// with returns the settings with others added; pairs are names and values.
func (s settings) with(pairs ...string) settings {
	all := settings{}
	for name, text := range s {
		all[name] = text
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	return all
}

// ofFile returns the settings for a command that names a file instead of a folder.
func (s settings) ofFile() settings {
	all := s.with()
	for _, flag := range []string{inFlag, doneFlag, failedFlag, planFlag} {
		delete(all, flag)
	}
	return all
}

// Settings that are kept for another command: which service it uses and how it reads the
// workbook. Where results are written is not kept: they would overwrite those of the run.
var (
	doctorSettings = []string{"endpoint", "profile", "ledger", "expect-account"}
	keptSettings   = append([]string{"region", "timezone", passwordFlag}, doctorSettings...)
)

// commands returns the commands that may be suggested after a run over input that wrote its
// copy to output, "" if there is none or it cannot be submitted. What follows a correction
// names the copy, and no file for the next one, since it would be the copy itself. --force
// was for that run alone.
func (a *app) commands(info runInfo, input, output string) report.Commands {
	command, own, books := a.readLine(info.args)
	if command == "" {
		return report.Commands{}
	}
	own = own.with("simulate", strconv.FormatBool(info.simulate))
	delete(own, "force")
	if a.dropping != nil && own["output"] == filepath.Dir(input) {
		delete(own, "output") // dropped chose it, and it is where a copy goes anyway
	}
	maps.Copy(own, a.dropping)
	all := own
	own = own.ofFile() // the suggestions are about one workbook of the folder, and not about a plan
	again := books
	if len(books) == 0 {
		books = []string{input}
	} else if all[planFlag] == "" {
		all = own
	}
	here, copied := own.only(append([]string{"simulate"}, keptSettings...)), own
	if output != "" && own["output"] != "" && !files.IsFolder(own["output"]) {
		here, copied = here.with("output", ""), own.with("output", "")
	}
	checked := a.suggest("doctor", own.only(doctorSettings))
	if info.several { // the rows name the profiles to be checked
		checked = a.suggest("doctor", own.only(append([]string{"region", passwordFlag}, doctorSettings...)), input)
	}
	send := here.with(dryRunFlag, dryRunOff.flag())
	c := report.Commands{
		Again:   a.suggest(command, all, again...),
		Nightly: a.suggest(command, all, again...),
		Retry:   a.suggest(command, own.with("reapply", "true"), books...),
		Rest:    a.suggest(command, own.with("only", ""), books...),
		Submit:  a.suggest(sender(command), all.with(dryRunFlag, dryRunOff.flag()), again...),
		Status:  a.suggest("status", here, cmp.Or(output, input)),
		Apply:   a.suggest("submit", send, cmp.Or(output, input)),
		Reapply: a.suggest("submit", send.with("reapply", "true"), cmp.Or(output, input)),
		Report:  a.suggest("report", own.only([]string{"ledger", passwordFlag}), info.id),
		Doctor:  checked,
	}
	if all[planFlag] != "" {
		c.Nightly = a.suggest(command, own, books...)
	}
	if output != "" {
		c.Mended = a.suggest(command, copied, output)
		c.Retry = a.suggest(command, copied.with("reapply", "true"), output)
		c.Rest = a.suggest(command, copied.with("only", ""), output)
	}
	if a.dropping != nil {
		c.Again = a.suggest("", a.dropping, again...)
		if output != "" {
			c.Mended = a.suggest("", a.dropping, output)
		}
	}
	if cmd, _, err := a.defaultRoot().Find([]string{command}); err == nil && sender(command) == command && cmd.Flag("reapply") == nil {
		c.Retry = c.Reapply
	}
	return c
}

// sender is the command that sends what a command has checked.
func sender(command string) string {
	if steps, _ := workOf(command); steps != nil {
		return command
	}
	return "submit"
}

// onwards returns the command that continues with another file, such as a copy that someone has
// changed, given the command line that would have replaced it.
func (a *app) onwards(line []string, path string) string {
	command, own, _ := a.readLine(line)
	delete(own, "force")
	return a.suggest(command, own.ofFile().with("output", ""), path)
}

// fileFlags are the flags whose value is the path of a file.
var fileFlags = []string{"output", "ledger", planFlag, "log-file", passwordFlag, inFlag, doneFlag, failedFlag, downloadFlag}

// anywhere returns a command line that names the same files in any working directory.
func (a *app) anywhere(line []string) []string {
	command, given, named := a.readLine(line)
	if command == "" {
		return line
	}
	for _, name := range fileFlags {
		if path := given[name]; path != "" && !strings.Contains(path, "://") {
			given[name] = files.Absolute(path)
		}
	}
	for i := range named {
		named[i] = files.Absolute(named[i])
	}
	cmd, _, err := a.defaultRoot().Find([]string{command})
	if err != nil {
		return line
	}
	moved := []string{command}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		moved = append(moved, flagArgument(cmd.Flag(name), given[name]))
	}
	return append(moved, named...)
}

// readLine parses a command line into the command's name, the settings given, and the
// files. The name is empty if the line cannot be parsed.
func (a *app) readLine(line []string) (command string, own settings, files []string) {
	cmd, rest, err := a.freshRoot().Find(line)
	if err != nil || cmd.ParseFlags(rest) != nil {
		return "", nil, nil
	}
	return cmd.Name(), given(cmd), cmd.Flags().Args()
}

// given returns the settings of a command that were given by flags or variables.
func given(cmd *cobra.Command) settings {
	all := settings{}
	cmd.Flags().Visit(func(f *pflag.Flag) { all[f.Name] = flagText(f) })
	return all
}

// suggest returns the command line that runs a command with these settings; without one, that of
// workbooks that are dropped on the program. Settings that the command does not have are left out.
func (a *app) suggest(command string, want settings, args ...string) string {
	cmd, line := a.defaultRoot(), []string{"loabatch"}
	if command != "" {
		var err error
		if cmd, _, err = cmd.Find([]string{command}); err != nil {
			return ""
		}
		line = append(line, command)
	}
	if cmd.ParseFlags(nil) != nil {
		return ""
	}
	// If a variable has an invalid value, that command will say so.
	_ = a.bindEnvironment(cmd.Flags())
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if text, ok := want[f.Name]; ok && text != flagText(f) {
			line = append(line, flagArgument(f, text))
		}
	})
	if slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "-") }) {
		line = append(line, "--")
	}
	line = append(line, args...)
	for i := range line {
		line[i] = shell.Quote(line[i])
	}
	return strings.Join(line, " ")
}

// freshRoot is the root command with every flag at its default.
func (a *app) freshRoot() *cobra.Command { return newApp(a.env, a.lines, nil).root() }

// defaultRoot is the root command that suggestions are compared with: its flags are set only
// from the environment.
func (a *app) defaultRoot() *cobra.Command {
	if a.defaults == nil {
		a.defaults = a.freshRoot()
	}
	return a.defaults
}
