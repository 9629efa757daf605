package cli

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/sheet"
)

// TestReadmeSaysWhatIsTrue checks that the README and the reference beside it have every
// command, flag, result, exit code and column of the code.
func TestReadmeSaysWhatIsTrue(t *testing.T) {
	readme := ""
	for _, page := range []string{"../../README.md", "../../.github/docs/reference.md"} {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		readme += string(content)
	}
	want := func(text string) {
		if !strings.Contains(readme, text) {
			t.Errorf("neither the README nor the reference says %s", text)
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
		want("| `" + strings.Replace(sheet.Chinese.Result(r), " ", "` ", 1) + " |") // in the Chinese part
	}
	for _, code := range []int{exitOK, exitInternal, exitUsage, exitValidation, exitRows, exitUnfinished, exitStopped, exitDuration, exitNoCopy, exitLocked} {
		want(fmt.Sprintf("| %d |", code))
	}
	want(fmt.Sprintf("| %d, %d, %d, %d |", exitInterrupted, exitQuit, exitAborted, exitTerminated))
	for _, c := range sheet.Columns {
		want("| " + c.Header + " |")
	}
	for _, header := range sheet.ResultHeaders {
		want(header)
	}
}

// sayers are the functions that print a sentence of the catalogue: which argument is its
// code, and where the names and values that fill it begin; either pairs, or one map.
var sayers = map[string]struct{ code, args int }{
	"failure": {1, 3}, "check": {3, 4}, "Error": {0, 1}, "Warn": {0, 1}, "Note": {0, 1}, "Say": {0, 1}, "Render": {0, 1},
}

// TestEverySentenceIsComplete checks each place that prints a sentence by its code: the
// catalogue has the sentence, and each of its placeholders is filled.
func TestEverySentenceIsComplete(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	console, err := filepath.Glob("console/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range append(files, console...) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(source, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			how, ok := sayers[called(call)]
			if !ok || len(call.Args) <= how.code {
				return true
			}
			for _, code := range texts(call.Args[how.code]) {
				found++
				checkSentence(t, name, code, given(call.Args[min(how.args, len(call.Args)):]))
			}
			return true
		})
	}
	if found < 80 {
		t.Errorf("only %d sentences were found", found)
	}
}

// placeholder matches a placeholder of a sentence.
var placeholder = regexp.MustCompile(`\{([a-z]+)[:}]`)

func checkSentence(t *testing.T, file, code string, names []string) {
	e, ok := prose.English.Entry(code)
	if !ok {
		t.Errorf("%s: the catalogue has no sentence %s", file, code)
		return
	}
	for _, m := range placeholder.FindAllStringSubmatch(e.Message+e.Hint, -1) {
		if !slices.Contains(names, m[1]) {
			t.Errorf("%s: %s has the placeholder {%s}, but gets only %q", file, code, m[1], names)
		}
	}
}

func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// texts returns a string, or those that pick chooses from.
func texts(e ast.Expr) []string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil {
			return []string{s}
		}
	case *ast.CallExpr:
		if called(e) == "pick" {
			return slices.Concat(texts(e.Args[1]), texts(e.Args[2]))
		}
	}
	return nil
}

// given lists the names that are given: the first of each pair, or the keys of a map.
func given(args []ast.Expr) []string {
	var names []string
	if len(args) == 1 {
		if m, ok := args[0].(*ast.CompositeLit); ok {
			for _, kv := range m.Elts {
				names = append(names, texts(kv.(*ast.KeyValueExpr).Key)...)
			}
			return names
		}
	}
	for i := 0; i < len(args); i += 2 {
		names = append(names, texts(args[i])...)
	}
	return names
}

// TestReferenceNamesBothLanguages: the reference lists every name of sheets, headers, values and
// result columns in each language.
func TestReferenceNamesBothLanguages(t *testing.T) {
	text, err := os.ReadFile("../../.github/docs/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range sheet.Languages {
		names := []string{l.SheetName(sheet.CircuitsSheet), l.SheetName(sheet.EngineersSheet), l.AddedName("Guide"), l.AddedName("Errors"), l.AddedName("Summary"), l.CheckHeader()}
		for i := range sheet.Columns {
			names = append(append(names, l.Header(sheet.Columns[i].ID)), l.Values(&sheet.Columns[i])...)
		}
		for id := range sheet.ResultHeaders {
			names = append(names, l.ResultHeader(sheet.ResultColumn(id)))
		}
		for _, name := range names {
			if !strings.Contains(string(text), name) {
				t.Errorf("the reference does not name %s", name)
			}
		}
	}
}
