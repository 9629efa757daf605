package cli_test

import (
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loabatch/loabatch/batch/cli"
)

var update = flag.Bool("update", false, "rewrite the golden text in the scripts")

// TestMain lets the scripts run loabatch as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"loabatch": func() { os.Exit(cli.Main()) },
	})
}

// TestScripts runs the behaviours in testdata/script, one file each.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_STATE_HOME", env.Getenv("WORK")+"/state")
			env.Setenv("TESTDATA", testdata(t))
			return nil
		},
		Cmds: scriptCommands,
	})
}
