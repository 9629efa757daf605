package cli

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	mcobra "github.com/muesli/mango-cobra"
	"github.com/muesli/roff"
	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// fixed completes a flag with fixed values.
func fixed(list ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
}

// listOf completes the last value of a list separated by commas; each value is named once.
func listOf(list ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		var before string
		if i := strings.LastIndex(typed, ","); i >= 0 {
			before = typed[:i+1]
		}
		named := strings.Split(before, ",")
		var offered []string
		for _, value := range list {
			if !slices.Contains(named, value) {
				offered = append(offered, before+value)
			}
		}
		return offered, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

// workbooks completes the names of workbooks.
func workbooks(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var read []string
	for _, extension := range xlsx.Extensions {
		read = append(read, strings.TrimPrefix(extension, "."))
	}
	return read, cobra.ShellCompDirectiveFilterFileExt
}

// plans completes the names of plans.
func plans(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"json"}, cobra.ShellCompDirectiveFilterFileExt
}

// folders completes the names of folders.
func folders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// severities completes a rule, and then a level for it.
func severities(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	var offered []string
	if rule, _, chosen := strings.Cut(typed, "="); chosen {
		for _, level := range []string{"error", "warning", "off"} {
			offered = append(offered, rule+"="+level)
		}
		return offered, cobra.ShellCompDirectiveNoFileComp
	}
	for _, r := range sheet.Rules() {
		offered = append(offered, r.Code+"=")
	}
	return offered, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completions are how the values of flags are completed, by the flag's name, in every
// command that has the flag.
func completions() map[string]cobra.CompletionFunc {
	var results []string
	for _, r := range sheet.AllResults {
		results = append(results, strings.ToLower(string(r)))
	}
	return map[string]cobra.CompletionFunc{
		"report": listOf("csv", "json", "html"), "severity": severities, "only": listOf(results...), "region": fixed(cloud.KnownRegions()...),
		dryRunFlag: fixed("offline", "online", "false"), "survey": fixed("on", "off"), "input": workbooks, "output": workbooks,
		planFlag: plans, "for": fixed(planned()...),
		inFlag: folders, doneFlag: folders, failedFlag: folders, downloadFlag: folders,
		"progress": fixed("auto", "bar", "plain", "none"), "log-format": fixed("text", "json"), "log-level": fixed("debug", "info", "warn", "error"),
		"color": fixed("auto", "always", "never"), "lang": fixed(prose.Languages()...),
	}
}

// requestsCompletion reports whether a shell's completion script is asking for candidates with
// this command line. Others skip the registration, which reads every flag of every command.
func requestsCompletion(args []string) bool {
	return slices.Contains(args, cobra.ShellCompRequestCmd) || slices.Contains(args, cobra.ShellCompNoDescRequestCmd)
}

// complete registers how flags and files are completed, for a command and its subcommands.
func complete(cmd *cobra.Command, how map[string]cobra.CompletionFunc) {
	for _, name := range slices.Sorted(maps.Keys(how)) {
		if cmd.LocalFlags().Lookup(name) != nil || cmd.PersistentFlags().Lookup(name) != nil {
			_ = cmd.RegisterFlagCompletionFunc(name, how[name]) // fails only for an unknown flag, or a second time
		}
	}
	if _, operands, _ := strings.Cut(cmd.Use, " "); strings.HasPrefix(operands, "FILE") {
		cmd.ValidArgsFunction = workbooks
	}
	for _, below := range cmd.Commands() {
		complete(below, how)
	}
}

// shownRuns is how many runs are offered for completion.
const shownRuns = 50

// latestRuns returns the latest runs of the ledger for the first argument of a command, and the
// ledger, which the caller closes; nil if there is nothing to offer.
func (a *app) latestRuns(cmd *cobra.Command, args []string, n int) (ledger.Store, []ledger.RunSummary) {
	if len(args) > 0 {
		return nil, nil
	}
	store, err := a.ledgers.Shown(cmd.Context(), cmd.Flag("ledger").Value.String())
	if err != nil || store == nil {
		return nil, nil
	}
	runs, err := store.Runs(cmd.Context(), n)
	if err != nil {
		_ = store.Close() // it was only read
		return nil, nil
	}
	return store, runs
}

// completeRuns offers the IDs of the latest runs, each with its input.
func (a *app) completeRuns(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	store, runs := a.latestRuns(cmd, args, shownRuns)
	if store == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer store.Close()
	var ids []string
	for _, r := range accounts.Fold(runs) {
		ids = append(ids, cobra.CompletionWithDesc(r.ID, filepath.Base(r.Input)))
	}
	return ids, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// completeCircuits offers the circuits of the latest runs.
func (a *app) completeCircuits(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	store, runs := a.latestRuns(cmd, args, 5)
	if store == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer store.Close()
	circuits := map[string]bool{}
	for _, r := range runs {
		if past, err := store.Run(cmd.Context(), r.ID); err == nil {
			for _, o := range past.Rows {
				circuits[o.Key.InstanceID] = true
			}
		}
	}
	delete(circuits, "")
	return slices.Sorted(maps.Keys(circuits)), cobra.ShellCompDirectiveNoFileComp
}

// noHelpTopic rejects help for a command that does not exist.
func noHelpTopic(help *cobra.Command, args []string) error {
	cmd, rest, err := help.Root().Find(args)
	if err == nil && len(rest) > 0 {
		return noCommand(cmd, rest)
	}
	return err
}

// manCommand prints the manual page, for packaging.
func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man",
		Short:  "Print the manual page",
		Hidden: true,
		Args:   arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			page, err := mcobra.NewManPage(1, cmd.Root())
			if err != nil {
				return err
			}
			_, err = a.env.Stdout.Write([]byte(page.Build(roff.NewDocument())))
			return err
		},
	}
}

// separatedValue finds a flag whose value may be left out, followed by a word that was
// meant as its value but is taken for a file, as in --dry-run online.
func separatedValue(cmd *cobra.Command, args []string) error {
	flag := cmd.Flags().Lookup(dryRunFlag)
	if flag == nil || !flag.Changed {
		return nil
	}
	for _, word := range args {
		mode, ok := parseDryRun(strings.ToLower(word))
		if _, err := os.Stat(word); ok && err != nil {
			return exit.Failure(exit.Usage, "separated-value", nil, "value", word, "flag", flag.Name, "written", cmp.Or(mode.flag(), word))
		}
	}
	return nil
}
