package report

import (
	"slices"
	"strings"
)

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
