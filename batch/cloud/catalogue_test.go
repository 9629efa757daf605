package cloud

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"strconv"
	"testing"
)

// Every code that comes out of this package can be explained. The catalogue is read as
// source, since the rim knows nothing of the command line.
func TestEveryCodeIsInTheCatalogue(t *testing.T) {
	known := catalogueKeys(t, "en_api.go", "en_reasons.go")
	for _, r := range rules {
		if !known[r.code] {
			t.Errorf("%s has no entry in batch/cli/prose", r.code)
		}
	}
	for _, code := range bracketCodes(t) {
		if !known[code] {
			t.Errorf("%s has no entry in batch/cli/prose", code)
		}
	}
}

// catalogueKeys reads the keys of the catalogue's maps.
func catalogueKeys(t *testing.T, files ...string) map[string]bool {
	keys := map[string]bool{}
	for _, name := range files {
		f, err := parser.ParseFile(gotoken.NewFileSet(), filepath.Join("..", "cli", "prose", name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if kv, ok := n.(*ast.KeyValueExpr); ok {
				if key, ok := kv.Key.(*ast.BasicLit); ok {
					s, _ := strconv.Unquote(key.Value)
					keys[s] = true
				}
			}
			return true
		})
	}
	if len(keys) < 50 {
		t.Fatalf("only %d entries were read", len(keys))
	}
	return keys
}

// bracketCodes reads the values of the code… constants of codes.go.
func bracketCodes(t *testing.T) []string {
	f, err := parser.ParseFile(gotoken.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == gotoken.STRING && len(lit.Value) > 2 && lit.Value[1] == '(' {
			s, _ := strconv.Unquote(lit.Value)
			codes = append(codes, s)
		}
		return true
	})
	if len(codes) < 15 {
		t.Fatalf("only %d codes were read", len(codes))
	}
	return codes
}
