package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/sheet"
)

// TestReadmeSaysWhatIsTrue holds the README's tables against the code: every command,
// flag, result, exit code and column stands in it.
func TestReadmeSaysWhatIsTrue(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	readme := string(content)
	want := func(text string) {
		if !strings.Contains(readme, text) {
			t.Errorf("the README does not say %s", text)
		}
	}
	a := &app{lines: newLines(Env{Getenv: func(string) string { return "" }}, prose.English)}
	for _, cmd := range a.root().Commands() {
		want("`" + cmd.Name())
	}
	submit, _, err := a.root().Find([]string{"submit"})
	if err != nil {
		t.Fatal(err)
	}
	submit.InheritedFlags().VisitAll(func(f *pflag.Flag) { want("--" + f.Name) })
	submit.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" {
			want("--" + f.Name)
		}
	})
	for _, r := range sheet.AllResults {
		want("| `" + string(r) + "` |")
	}
	for _, code := range []int{exitOK, exitInternal, exitUsage, exitValidation, exitRows, exitUnfinished, exitStopped, exitDuration, exitNoCopy, exitLocked} {
		want(fmt.Sprintf("| %d |", code))
	}
	want(fmt.Sprintf("| %d, %d |", exitInterrupted, exitTerminated))
	for _, c := range sheet.Columns {
		want("| " + c.Header + " |")
	}
	for _, header := range sheet.ResultHeaders {
		want(header)
	}
}
