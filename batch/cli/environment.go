package cli

import (
	"strings"

	"github.com/spf13/pflag"
)

// envPrefix starts the name of every variable that stands in for a flag.
const envPrefix = "LOABATCH_"

// variable gives the name of the variable that a flag also reads: LOABATCH_MAX_ATTEMPTS.
func variable(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// bindEnvironment sets each flag that was not given from its variable, if that is set.
// The command line beats the environment.
func (a *app) bindEnvironment(flags *pflag.FlagSet) error {
	var err error
	flags.VisitAll(func(f *pflag.Flag) {
		value := a.env.Getenv(variable(f.Name))
		if err != nil || f.Changed || value == "" || f.Name == "help" {
			return
		}
		if bad := flags.Set(f.Name, value); bad != nil {
			err = failure(exitUsage, "environment-value", bad, "variable", variable(f.Name), "value", value, "flag", f.Name, "takes", a.takes(f))
		}
	})
	return err
}
