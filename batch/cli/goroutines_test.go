package cli_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryGoroutineIsGuarded checks that whatever starts a goroutine, a go statement or
// WaitGroup.Go, starts it with a function literal that defers a guard: batch.Guard, or the
// simulator's own, as it imports nothing of ours. A panic without one would end the process
// and leave a run without its copy.
func TestEveryGoroutineIsGuarded(t *testing.T) {
	root := filepath.Join("..", "..")
	found := 0
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "ledgertest" || d.Name() == "testdata"):
			return fs.SkipDir
		case filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		files := token.NewFileSet()
		source, err := parser.ParseFile(files, file, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(source, func(n ast.Node) bool {
			if f, ok := started(n); ok {
				found++
				if !guarded(f) {
					t.Errorf("%s: the goroutine has no guard", files.Position(n.Pos()))
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 10 {
		t.Errorf("only %d goroutines were found", found)
	}
}

// started returns what a node starts as a goroutine.
func started(n ast.Node) (ast.Expr, bool) {
	switch n := n.(type) {
	case *ast.GoStmt:
		return n.Call.Fun, true
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Go" && len(n.Args) == 1 {
			return n.Args[0], true
		}
	}
	return nil, false
}

// guarded reports whether a function is a literal that defers a guard.
func guarded(f ast.Expr) bool {
	literal, ok := f.(*ast.FuncLit)
	if !ok {
		return false
	}
	for _, statement := range literal.Body.List {
		if deferred, ok := statement.(*ast.DeferStmt); ok {
			switch f := deferred.Call.Fun.(type) {
			case *ast.Ident:
				if f.Name == "Guard" {
					return true
				}
			case *ast.SelectorExpr:
				if f.Sel.Name == "Guard" || f.Sel.Name == "guard" {
					return true
				}
			}
		}
	}
	return false
}
