package cli

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/report"
)

// appWith is an app in an environment.
func appWith(variables map[string]string) *app {
	env := Env{Getenv: func(name string) string { return variables[name] }}
	return &app{env: env, lines: newLines(env, prose.English)}
}

// understood reads a command line as the tool does, its variables too.
func understood(t *testing.T, a *app, line []string) *cobra.Command {
	t.Helper()
	cmd, rest, err := a.freshRoot().Find(line)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err == nil {
		err = a.bindEnvironment(cmd.Flags())
	}
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return cmd
}

// mode is what a command line would do: submit online simulated.
func mode(t *testing.T, cmd *cobra.Command) string {
	t.Helper()
	words := []string{cmd.Name()}
	if f := cmd.Flag(dryRunFlag); f != nil {
		kind, ok := parseDryRun(f.Value.String())
		if !ok {
			t.Fatalf("--dry-run=%s", f.Value)
		}
		if kind != dryRunOff {
			words = append(words, string(kind))
		}
	}
	if f := cmd.Flag("simulate"); f != nil && f.Value.String() == "true" {
		words = append(words, "simulated")
	}
	return strings.Join(words, " ")
}

// suggested returns the commands that are suggested after a command line.
func suggested(t *testing.T, a *app, line ...string) report.Commands {
	t.Helper()
	cmd := understood(t, a, line)
	info := runInfo{id: "r1", args: settingsLine(cmd, cmd.Flags().Args())}
	if f := cmd.Flag("simulate"); f != nil {
		info.simulate = f.Value.String() == "true"
	}
	return a.commands(info, "in.xlsx", "out.xlsx")
}

// Whatever was given by flag or by variable, a suggested command does what it is
// suggested for in the same environment.
func TestSuggestedModes(t *testing.T) {
	t.Parallel()
	for _, dryRun := range []string{"", "offline", "online", "true", "false"} {
		for _, simulate := range []string{"", "true"} {
			a := appWith(map[string]string{"LOABATCH_DRY_RUN": dryRun, "LOABATCH_SIMULATE": simulate, "LOABATCH_ENDPOINT": "http://127.0.0.1:9"})
			for _, line := range []string{
				"validate in.xlsx", "submit in.xlsx", "submit --dry-run in.xlsx", "submit --dry-run=online in.xlsx", "submit --dry-run=false in.xlsx",
				"submit --simulate in.xlsx", "submit --simulate=false in.xlsx", "submit --simulate --dry-run=online in.xlsx", "status in.xlsx", "status --simulate=false in.xlsx",
			} {
				cmd := understood(t, a, strings.Fields(line))
				own, simulated := mode(t, cmd), ""
				if strings.HasSuffix(own, " simulated") {
					simulated = " simulated"
				}
				got := suggested(t, a, strings.Fields(line)...)
				for _, c := range []struct{ what, line, want string }{
					{"again", got.Again, own},
					{"submit", got.Submit, "submit" + simulated},
					{"status", got.Status, "status" + simulated},
					{"apply", got.Apply, "submit" + simulated},
					{"reapply", got.Reapply, "submit" + simulated},
				} {
					words := shellWords(t, c.line)
					next := understood(t, a, words[1:])
					if words[0] != "loabatch" || mode(t, next) != c.want || next.Flag("endpoint") != nil && next.Flag("endpoint").Value.String() != "http://127.0.0.1:9" {
						t.Errorf("DRY_RUN=%s SIMULATE=%s loabatch %s: %s is %s, which does %q, want %q", dryRun, simulate, line, c.what, c.line, mode(t, next), c.want)
					}
				}
			}
		}
	}
}

// Settings that the environment gives are not repeated; those that differ from it are.
func TestSuggestedCommands(t *testing.T) {
	t.Parallel()
	const to, workbook = ` --endpoint=http://127.0.0.1:9 --expect-account=1 "--ledger=my ledger.db" --profile=night`, ` --region=cn-hangzhou --timezone=Asia/Shanghai`
	const where = `--endpoint|http://127.0.0.1:9|--ledger=my ledger.db|--profile|night|--expect-account=1|--region|cn-hangzhou|--timezone=Asia/Shanghai`
	for _, c := range []struct {
		env   map[string]string
		line  string // separated by |
		which string
		want  string
	}{
		{nil, "submit|--yes|a b.xlsx", "Again", `loabatch submit --yes "a b.xlsx"`},
		{nil, "submit|-qy|-j|4|in.xlsx", "Again", `loabatch submit --concurrency=4 --quiet --yes in.xlsx`},
		{nil, "submit|--rate|300/1m|in.xlsx", "Again", `loabatch submit in.xlsx`},
		{nil, "validate|--strict|$x.xlsx", "Submit", `loabatch submit --strict '$x.xlsx'`},
		{nil, "submit|--dry-run=online|it's.xlsx", "Submit", `loabatch submit "it's.xlsx"`},
		{nil, "submit|--severity|hidden-row=error|--severity=hidden-column=off|in.xlsx", "Again", `loabatch submit --severity=hidden-row=error,hidden-column=off in.xlsx`},
		{nil, "submit|--|-in.xlsx", "Again", `loabatch submit -- -in.xlsx`},
		{nil, "submit|in.xlsx|--|--ledger", "Status", `loabatch status in.xlsx`},
		{map[string]string{"LOABATCH_DRY_RUN": "offline"}, "submit|in.xlsx", "Again", `loabatch submit in.xlsx`},
		{map[string]string{"LOABATCH_DRY_RUN": "offline"}, "submit|in.xlsx", "Submit", `loabatch submit --dry-run=false in.xlsx`},
		{map[string]string{"LOABATCH_DRY_RUN": "offline"}, "validate|in.xlsx", "Submit", `loabatch submit --dry-run=false in.xlsx`},
		{map[string]string{"LOABATCH_STRICT": "1", "LOABATCH_REGION": "cn-beijing"}, "submit|--strict=false|in.xlsx", "Again", `loabatch submit --strict=false in.xlsx`},
		{map[string]string{"LOABATCH_ONLY": "failed"}, "submit|--only=|in.xlsx", "Again", `loabatch submit --only= in.xlsx`},
		{nil, "submit|--yes|-o|x.xlsx|" + where + "|in.xlsx", "Status", "loabatch status" + to + workbook + " in.xlsx"},
		{nil, "submit|--yes|-o|x.xlsx|" + where + "|in.xlsx", "Doctor", "loabatch doctor" + to},
		{nil, "submit|--yes|-o|x.xlsx|" + where + "|in.xlsx", "Report", `loabatch report "--ledger=my ledger.db" r1`},
		{nil, "status|-o|x.xlsx|" + where + "|in.xlsx", "Apply", "loabatch submit" + to + workbook + " out.xlsx"},
		{nil, "status|-o|x.xlsx|" + where + "|in.xlsx", "Reapply", "loabatch submit" + to + " --reapply --region=cn-hangzhou --timezone=Asia/Shanghai out.xlsx"},
	} {
		a := appWith(c.env)
		got := reflect.ValueOf(suggested(t, a, strings.Split(c.line, "|")...)).FieldByName(c.which).String()
		if got != c.want {
			t.Errorf("%v %s: %s is\n%s, want\n%s", c.env, c.line, c.which, got, c.want)
		}
		if c.which == "Again" {
			again := understood(t, a, shellWords(t, got)[1:])
			if first := understood(t, a, strings.Split(c.line, "|")); !maps.Equal(values(first), values(again)) || !slices.Equal(first.Flags().Args(), again.Flags().Args()) {
				t.Errorf("%s has other settings than %s", got, c.line)
			}
		}
	}
}

// A line from the ledger of another version that cannot be parsed suggests nothing.
func TestSuggestFromAnUnknownLine(t *testing.T) {
	if got := appWith(nil).commands(runInfo{args: []string{"submit", "--no-longer-there", "in.xlsx"}}, "in.xlsx", ""); got != (report.Commands{}) {
		t.Errorf("%+v", got)
	}
}

// values are the values of a command's flags.
func values(cmd *cobra.Command) map[string]string {
	all := map[string]string{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) { all[f.Name] = flagText(f) })
	return all
}

// shellWords splits a line as a POSIX shell does, as far as suggestions use its quotes.
func shellWords(t *testing.T, line string) []string {
	t.Helper()
	var words []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		word := ""
		for line != "" && line[0] != ' ' {
			switch quote := line[0]; quote {
			case '"', '\'':
				end := strings.IndexByte(line[1:], quote)
				if end < 0 {
					t.Fatalf("a quote stays open: %s", line)
				}
				word, line = word+line[1:1+end], line[end+2:]
			case '\\':
				word, line = word+line[1:2], line[2:]
			default:
				word, line = word+line[:1], line[1:]
			}
		}
		words = append(words, word)
	}
	return words
}

func TestShellQuote(t *testing.T) {
	for arg, want := range map[string]string{
		"": `""`, "a.xlsx": "a.xlsx", "a b": `"a b"`, "$x": `'$x'`, `it's`: `"it's"`, `it's $5`: `'it'\''s $5'`, "a\nb": "\"a\nb\"", "文": "文", "(a)": `"(a)"`,
	} {
		if got := shellQuote(arg); got != want {
			t.Errorf("%q: %s, want %s", arg, got, want)
		}
		if got := shellWords(t, "x "+shellQuote(arg)); len(got) != 2 || got[1] != arg {
			t.Errorf("%q comes back as %s", arg, fmt.Sprint(got))
		}
	}
}
