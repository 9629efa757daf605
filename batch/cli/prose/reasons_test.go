package prose

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// constants gives the values of the constants of a type in a file of package batch.
func constants(t *testing.T, file, typ string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../../"+file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		name, ok := spec.Type.(*ast.Ident)
		if !ok || name.Name != typ {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
		return true
	})
	if len(values) == 0 {
		t.Fatalf("%s has no constants of type %s", file, typ)
	}
	return values
}

// TestReasons holds the engine's codes and their sentences against each other.
func TestReasons(t *testing.T) {
	codes := append(constants(t, "outcome.go", "Reason"), constants(t, "outcome.go", "StopReason")...)
	used := map[string]bool{}
	for _, code := range codes {
		used[code] = true
		e, ok := enReasons[code]
		switch {
		case !ok:
			t.Errorf("%s has no sentence", code)
			continue
		case e.Message == "" || e.Hint == "" || e.Why == "":
			t.Errorf("%s lacks its message, hint or why", code)
		case strings.HasSuffix(e.Message, ".") || strings.Contains(e.Message, "\n"):
			t.Errorf("%s: %q is no line of its own", code, e.Message)
		case !strings.HasSuffix(e.Hint, "."):
			t.Errorf("%s: the hint %q is no sentence", code, e.Hint)
		}
	}
	for code := range enReasons {
		if !used[code] {
			t.Errorf("no reason is called %s", code)
		}
	}
}
