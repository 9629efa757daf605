package xlsx

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// errorArgs says at which positions the functions that make errors take their code and
// arguments, and which arguments they add themselves.
var errorArgs = map[string]struct {
	code, pairs int
	always      []string
}{
	"NewError":     {0, 1, nil},
	"NewErrorAt":   {1, 2, nil},
	"NewPartError": {0, -1, []string{"part", "place"}},
	"ErrorAt":      {1, -1, []string{"part", "place"}},
	"errorHere":    {0, -1, []string{"part", "place"}},
	"Invalid":      {0, -1, []string{"part", "place"}},
	"rowError":     {0, 2, []string{"part", "place"}},
	"cellError":    {0, 3, []string{"part", "place"}},
	"copyProblem":  {1, 2, nil},
}

// TestEveryCodeHasASentence compares the codes that the codec raises with the catalogue
// of sentences: each has an entry, and each placeholder of the entry has an
// argument wherever the code is raised.
func TestEveryCodeHasASentence(t *testing.T) {
	entries := catalogueEntries(t)
	raised := raisedCodes(t)
	if len(raised) < 30 {
		t.Fatalf("found only %d codes", len(raised))
	}
	for code, args := range raised {
		entry, ok := entries[code]
		if !ok {
			t.Errorf("%s has no entry in batch/cli/prose", code)
			continue
		}
		for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(entry, -1) {
			if args != nil && !slices.Contains(args, m[1]) {
				t.Errorf("%s: its sentence has {%s}, which is not always among its arguments %v", code, m[1], args)
			}
		}
	}
}

// raisedCodes lists the codes of the codec's sources, each with the arguments that it always
// has; nil if the source does not say.
func raisedCodes(t *testing.T) map[string][]string {
	raised := map[string][]string{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	rooms, err := filepath.Glob("internal/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, rooms...)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			how, ok := errorArgs[calledName(call)]
			if !ok || len(call.Args) <= how.code {
				return true
			}
			code, ok := literal(call.Args[how.code])
			if !ok {
				return true
			}
			args := slices.Clone(how.always)
			for i := how.pairs; how.pairs >= 0 && i < len(call.Args); i += 2 {
				if name, ok := literal(call.Args[i]); ok {
					args = append(args, name)
				}
			}
			if before, twice := raised[code]; twice {
				args = slices.DeleteFunc(args, func(a string) bool { return !slices.Contains(before, a) })
			}
			raised[code] = args
			return true
		})
		for _, code := range returnedCodes(f) {
			raised[code] = []string{"part", "place"} // returned by interpret and its helpers, raised by keep
		}
	}
	return raised
}

// returnedCodes lists the codes that functions return as strings.
func returnedCodes(f *ast.File) (codes []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		if ret, ok := n.(*ast.ReturnStmt); ok && len(ret.Results) > 0 {
			if code, ok := literal(ret.Results[len(ret.Results)-1]); ok && strings.HasPrefix(code, "cell-") {
				codes = append(codes, code)
			}
		}
		return true
	})
	return codes
}

func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != gotoken.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// catalogueEntries returns the message and hint of every code in the English catalogue's
// files on inputs.
func catalogueEntries(t *testing.T) map[string]string {
	entries := map[string]string{}
	for _, name := range []string{"en_files.go", "en_parts.go"} {
		f, err := parser.ParseFile(gotoken.NewFileSet(), filepath.Join("..", "..", "batch", "cli", "prose", name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			kv, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			code, ok := literal(kv.Key)
			if !ok {
				return true
			}
			text := ""
			ast.Inspect(kv.Value, func(n ast.Node) bool {
				if field, ok := n.(*ast.KeyValueExpr); ok {
					if s, ok := literal(field.Value); ok {
						text += s + "\n"
					}
				}
				return true
			})
			entries[code] = text
			return true
		})
	}
	return entries
}
