package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/loabatch/loabatch/sheet"
)

// Next is what to do after a run: a line of the catalogue, and the command to type, if
// there is one.
type Next struct {
	Code    string // of the catalogue, report-next-…
	Command string // ready to be pasted into a shell; may be empty
}

// Next tells the one most useful thing to do now.
func (d *Document) Next() Next {
	again := commandLine(d.Invocation)
	waiting := d.Results.of(sheet.Failed, sheet.Unknown, sheet.NotAttempted)
	fixing := d.Results.of(sheet.Invalid, sheet.Refused)
	switch {
	case d.ExitCode == exitNoCopy:
		return Next{"report-next-copy", d.command("report", d.RunID)}
	case d.ExitCode == exitFatal && d.StopCode != "":
		return Next{"report-next-doctor", d.command("doctor")}
	case (d.asked() || d.DryRun) && d.ExitCode == exitUnfinished:
		return Next{"report-next-unasked", again}
	case d.asked():
		return d.nextOfStates()
	case d.DryRun && fixing > 0:
		return Next{"report-next-fix-dry", again}
	case d.DryRun && d.Results[sheet.Blocked] > 0:
		return Next{"report-next-blocked", again}
	case d.DryRun && d.Results[sheet.Valid] > 0:
		return Next{"report-next-submit", commandLine(forReal(d.Invocation))}
	case d.Simulated && fixing+waiting > 0:
		return Next{"report-next-simulated", again} // nothing is remembered
	case fixing > 0 && waiting > 0:
		return Next{"report-next-both", again}
	case fixing > 0:
		return Next{"report-next-fix", again}
	case waiting > 0:
		return Next{"report-next-again", again}
	case d.Results.of(sheet.Submitted, sheet.Already) > 0 && d.Command == "submit" && !d.Simulated:
		return Next{"report-next-status", d.command("status", d.Input)}
	}
	return Next{Code: "report-next-none"}
}

// nextOfStates tells what to do once it is known where the LOAs stand.
func (d *Document) nextOfStates() Next {
	by := map[string]int{}
	for _, s := range d.LOAStates() {
		by[s.Status] = s.Rows
	}
	switch {
	case d.Simulated:
		return Next{Code: "report-next-none"}
	case by["Rejected"]+by["Deleted"] > 0:
		return Next{"report-next-reapply", d.command("submit", "--reapply", cmp.Or(d.Output, d.Input))}
	case by["Applying"] > 0:
		return Next{"report-next-ask-again", commandLine(d.Invocation)}
	case by["none"] > 0:
		return Next{"report-next-apply", d.command("submit", cmp.Or(d.Output, d.Input))}
	}
	return Next{Code: "report-next-none"}
}

// Exit codes that change what to do next.
const (
	exitUnfinished = 5
	exitFatal      = 6
	exitNoCopy     = 8
)

// forReal turns a dry run's command line into the one that submits.
func forReal(args []string) []string {
	real := slices.DeleteFunc(slices.Clone(args), func(a string) bool {
		return a == "--dry-run" || strings.HasPrefix(a, "--dry-run=")
	})
	if i := slices.Index(real, "validate"); i >= 0 {
		real[i] = "submit"
	}
	return real
}

// commandLine joins arguments behind the program's name, quoted where a shell needs it.
func commandLine(args []string) string {
	if len(args) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("loabatch")
	for _, a := range args {
		b.WriteByte(' ')
		b.WriteString(quote(a))
	}
	return b.String()
}

// quote protects an argument. Double quotes serve every shell when there is nothing
// but spaces and the like to protect; single quotes serve POSIX shells for the rest.
func quote(a string) string {
	switch {
	case a == "":
		return `""`
	case !strings.ContainsFunc(a, special):
		return a
	case strings.ContainsAny(a, "\"$`\\!"):
		return "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	return `"` + a + `"`
}

func special(c rune) bool {
	return c <= ' ' || c < 0x7F && !strings.ContainsRune("+,-./:=@_%", c) &&
		!(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z')
}

// keptFlags are the flags that say whom a command speaks to and how it reads the
// workbook, by the commands that take them. A suggested command without them would go
// elsewhere than the run that it follows. Where results are written to is never among
// them: that would overwrite those of the run.
var keptFlags = map[string][]string{
	"submit": {"--endpoint", "--profile", "--ledger", "--expect-account", "--region", "--timezone"},
	"status": {"--endpoint", "--profile", "--ledger", "--expect-account", "--region", "--timezone"},
	"doctor": {"--endpoint", "--profile", "--ledger", "--expect-account"},
	"report": {"--ledger"},
}

// command is the command line of another command with the flags of this run that it
// takes, in the order in which they were given.
func (d *Document) command(name string, args ...string) string {
	return commandLine(slices.Concat([]string{name}, kept(d.Invocation, keptFlags[name]), args))
}

// kept gives those flags among arguments, each with its value: --flag value or --flag=value.
func kept(args, flags []string) []string {
	var list []string
	for i := 0; i < len(args) && args[i] != "--"; i++ {
		flag, _, joined := strings.Cut(args[i], "=")
		switch {
		case !slices.Contains(flags, flag):
		case joined:
			list = append(list, args[i])
		case i+1 < len(args):
			list = append(list, flag, args[i+1])
			i++
		}
	}
	return list
}
