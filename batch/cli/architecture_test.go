package cli_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/loabatch/loabatch"

// mayImport lists what each package may import beyond the standard library. Own packages
// are named by their folder, others by module path. It holds for test files too, except
// for what testOnly allows them.
var mayImport = map[string][]string{
	".":                     {"batch/cli"},
	"sheet":                 {"sheet/internal/bulk", "sheet/internal/dates", "sheet/internal/labels", "sheet/internal/nodata", "sheet/internal/numfmt", "golang.org/x/text"},
	"sheet/internal/bulk":   {},
	"sheet/internal/dates":  {},
	"sheet/internal/labels": {},
	"sheet/internal/nodata": {},
	"sheet/internal/numfmt": {},
	"sheet/xlsx":            {"sheet", "sheet/xlsx/internal/build", "sheet/xlsx/internal/crypt", "sheet/xlsx/internal/edit", "sheet/xlsx/internal/opc", "sheet/xlsx/internal/read"},

	"sheet/xlsx/internal/xmltok":   {"sheet"},
	"sheet/xlsx/internal/crypt":    {"sheet/xlsx/internal/xmltok", "github.com/richardlehane/mscfb"},
	"sheet/xlsx/internal/opc":      {"sheet", "sheet/xlsx/internal/xmltok", "github.com/klauspost/compress"},
	"sheet/xlsx/internal/read":     {"sheet", "sheet/xlsx/internal/opc", "sheet/xlsx/internal/xmltok"},
	"sheet/xlsx/internal/edit":     {"sheet", "sheet/xlsx/internal/opc", "sheet/xlsx/internal/read", "sheet/xlsx/internal/xmltok"},
	"sheet/xlsx/internal/build":    {"sheet", "github.com/xuri/excelize/v2"},
	"sheet/xlsx/internal/xlsxtest": {"sheet"},

	"batch":                   {"batch/quota", "sheet"},
	"batch/approval":          {"batch"},
	"batch/plan":              {"batch", "batch/approval", "sheet"},
	"batch/quota":             {"golang.org/x/time"},
	"batch/cloud":             {"batch", "batch/network", "sheet", "github.com/aliyun/alibaba-cloud-sdk-go", "github.com/aliyun/credentials-go", "golang.org/x/net", "golang.org/x/sync"},
	"batch/notify":            {"batch", "batch/durable", "batch/network", "batch/quota", "sheet", "github.com/prometheus/client_golang", "github.com/prometheus/client_model", "github.com/prometheus/common", "golang.org/x/sys", "mvdan.cc/sh/v3"},
	"batch/network":           {},
	"batch/durable":           {"golang.org/x/sys"},
	"batch/inbox":             {"batch/durable"},
	"batch/letters":           {"batch/durable", "batch/network", "github.com/klippa-app/go-pdfium", "github.com/tetratelabs/wazero", "golang.org/x/text"},
	"batch/ledger":            {"batch", "batch/network", "batch/quota", "sheet"},
	"batch/ledger/sqlite":     {"batch", "batch/durable", "batch/ledger", "batch/quota", "sheet", "github.com/gofrs/flock", "golang.org/x/sys", "modernc.org/sqlite"},
	"batch/ledger/ledgertest": {"batch", "batch/ledger", "batch/quota", "sheet"},

	"batch/ledger/sqlite/lossytest": {"modernc.org/libc", "modernc.org/sqlite"}, // a disk under the driver

	"batch/ledger/postgres":        {"batch", "batch/ledger", "batch/network", "batch/quota", "sheet", "github.com/jackc/pgx/v5"},
	"batch/hosts":                  {"batch", "batch/ledger", "sheet", "batch/quota", "github.com/jackc/pgx/v5", "github.com/riverqueue/river"},
	"batch/ledger/postgres/pgtest": {}, // servers for tests, by the programs that are installed

	"batch/histories":    {}, // tests only
	"batch/quicktest":    {},
	"batch/simulator":    {},
	"batch/report":       {"batch", "sheet", "templates", "github.com/rivo/uniseg"},
	"batch/cli":          {"batch", "batch/approval", "batch/cloud", "batch/durable", "batch/hosts", "batch/inbox", "batch/ledger", "batch/letters", "batch/network", "batch/notify", "batch/plan", "batch/quota", "batch/report", "batch/simulator", "batch/waiting", "batch/cli/accounts", "batch/cli/approve", "batch/cli/book", "batch/cli/console", "batch/cli/database", "batch/cli/desktop", "batch/cli/doctor", "batch/cli/download", "batch/cli/exit", "batch/cli/files", "batch/cli/history", "batch/cli/ledgers", "batch/cli/loa", "batch/cli/locale", "batch/cli/nights", "batch/cli/password", "batch/cli/prose", "batch/cli/reasons", "batch/cli/record", "batch/cli/shell", "batch/cli/watch", "sheet", "sheet/xlsx", "templates", "github.com/muesli/mango-cobra", "github.com/muesli/roff", "github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"},
	"batch/cli/accounts": {"batch", "batch/ledger", "batch/plan", "sheet"},
	"batch/cli/doctor":   {"batch", "batch/cli/accounts", "batch/cli/exit", "batch/cli/prose", "batch/cloud", "batch/durable", "batch/ledger", "batch/quota", "batch/report", "sheet"},
	"batch/cli/console":  {"batch", "batch/cli/prose", "batch/durable", "batch/ledger", "batch/quota", "batch/report", "sheet", "github.com/schollz/progressbar/v3", "golang.org/x/sys"},
	"batch/cli/clitest":  {"batch/cli", "batch/cli/prose", "batch/quicktest", "batch/simulator", "sheet", "sheet/xlsx", "github.com/rogpeppe/go-internal", "golang.org/x/sys"}, // for tests
	"batch/cli/campaign": {},                                                                                                                                                   // tests only
	"batch/cli/endtoend": {},                                                                                                                                                   // tests only
	"batch/waiting":      {"batch", "batch/ledger"},
	"batch/cli/watch":    {},
	"batch/cli/download": {"batch", "batch/cli/exit", "batch/cli/prose", "batch/ledger", "batch/letters", "batch/report", "sheet"},
	"batch/cli/desktop":  {"batch", "golang.org/x/sys"},
	"batch/cli/database": {},
	"batch/cli/exit":     {"batch", "sheet"},
	"batch/cli/ledgers":  {"batch", "batch/cli/accounts", "batch/cli/console", "batch/cli/database", "batch/cli/exit", "batch/cli/shell", "batch/ledger", "batch/ledger/postgres", "batch/ledger/sqlite", "batch/report", "sheet"}, // elsewhere a ledger is an interface
	"batch/cli/loa":      {"batch", "batch/ledger", "batch/plan", "batch/report", "batch/waiting", "batch/cli/console", "batch/cli/prose", "sheet"},
	"batch/cli/locale":   {"golang.org/x/sys"},
	"batch/cli/nights":   {"batch/cli/console", "batch/cli/exit", "batch/durable", "batch/inbox", "batch/ledger", "batch/report", "sheet"},
	"batch/cli/password": {"sheet/xlsx"},
	"batch/cli/prose":    {"batch", "sheet", "golang.org/x/text"},
	"batch/cli/reasons":  {"batch", "batch/cli/prose", "batch/report", "sheet"},
	"batch/cli/shell":    {},
	"batch/cli/record":   {"batch", "batch/cli/accounts", "batch/cli/exit", "batch/ledger", "batch/plan", "sheet"},
	"batch/cli/files":    {"batch/cli/console", "batch/cli/exit", "batch/durable", "batch/inbox", "sheet", "sheet/xlsx"},
	"batch/cli/history":  {"batch/cli/accounts", "batch/cli/console", "batch/cli/loa", "batch/cli/reasons", "batch/cli/record", "batch/ledger", "batch/report", "batch/waiting", "sheet"},
	"batch/cli/approve":  {"batch", "batch/approval", "batch/cli/exit", "batch/cli/prose", "batch/cli/reasons", "batch/plan", "batch/report", "sheet"},
	"batch/cli/book":     {"batch/cli/exit", "batch/cli/files", "batch/cli/password", "batch/durable", "sheet", "sheet/xlsx"},
	"templates":          {},
}

// testOnly is what test files and generators may import beyond their package's row.
var testOnly = map[string][]string{
	"sheet":      {"sheet/xlsx"},
	"sheet/xlsx": {"sheet/xlsx/internal/xmltok", "sheet/xlsx/internal/xlsxtest", "github.com/xuri/excelize/v2"},

	"sheet/xlsx/internal/xmltok": {"sheet/xlsx/internal/xlsxtest"},
	"sheet/xlsx/internal/crypt":  {"sheet"},
	"sheet/xlsx/internal/opc":    {"sheet/xlsx/internal/xlsxtest"},
	"sheet/xlsx/internal/read":   {"sheet/xlsx/internal/xlsxtest"},
	"sheet/xlsx/internal/edit":   {"sheet/xlsx/internal/xlsxtest"},
	"sheet/xlsx/internal/build":  {"sheet/xlsx/internal/opc", "sheet/xlsx/internal/read", "sheet/xlsx/internal/xlsxtest"},

	"batch/cloud":         {"batch/simulator", "batch/ledger", "batch/ledger/sqlite"},
	"batch":               {"batch/ledger", "batch/plan"},
	"batch/plan":          {"batch/ledger", "batch/ledger/sqlite", "sheet/xlsx"},
	"batch/ledger":        {"batch/ledger/ledgertest", "batch/ledger/sqlite"},
	"batch/ledger/sqlite": {"batch/ledger/ledgertest", "batch/ledger/sqlite/lossytest", "batch/plan", "batch/quicktest"},

	"batch/ledger/postgres":        {"batch/ledger/ledgertest", "batch/ledger/postgres/pgtest", "batch/ledger/sqlite", "batch/quicktest"},
	"batch/ledger/postgres/pgtest": {"batch/quicktest"},

	"batch/ledger/sqlite/testdata": {"batch", "batch/ledger", "batch/ledger/sqlite", "sheet"},

	"batch/hosts":        {"batch/quicktest", "batch/ledger/postgres", "batch/ledger/postgres/pgtest", "batch/plan"},
	"batch/histories":    {"batch", "batch/ledger", "batch/ledger/sqlite", "batch/ledger/sqlite/lossytest", "batch/plan", "batch/quicktest", "batch/quota", "sheet"},
	"batch/report":       {"batch/cli/prose"},
	"batch/cli/nights":   {"batch/cli/prose"},
	"batch/cli/ledgers":  {"batch/cli/prose"},
	"batch/cli/shell":    {"batch/notify"},
	"batch/cli":          {"batch/cli/clitest", "batch/ledger/sqlite/lossytest", "github.com/rogpeppe/go-internal"},
	"batch/cli/campaign": {"batch/cli/clitest", "batch/ledger/postgres/pgtest", "batch/simulator", "sheet/xlsx"},
	"batch/cli/endtoend": {"batch", "batch/cli", "batch/cli/clitest", "batch/cli/password", "batch/ledger", "batch/ledger/postgres/pgtest", "batch/ledger/sqlite", "batch/simulator", "sheet", "sheet/xlsx", "go.yaml.in/yaml/v3", "golang.org/x/sys"}, // yaml reads the Kubernetes recipe, and sys opens files as Excel does
	"templates":          {"sheet", "sheet/xlsx", "batch/cli/prose", "batch/cloud"},
	"testdata":           {"sheet/xlsx", "batch/cli/prose", "batch/cloud"},
}

// soleImporter names the one package that may import a heavy dependency, with the reason
// for having it.
var soleImporter = map[string]string{
	"github.com/xuri/excelize/v2":            "sheet/xlsx/internal/build", // .xlsx bytes are the codec's alone
	"github.com/klauspost/compress":          "sheet/xlsx/internal/opc",   // a faster deflate, measured
	"github.com/richardlehane/mscfb":         "sheet/xlsx/internal/crypt", // compound files, read as little as their directory says
	"github.com/aliyun/alibaba-cloud-sdk-go": "batch/cloud",               // its defects are contained there
	"github.com/aliyun/credentials-go":       "batch/cloud",               // secrets pass nowhere else
	"golang.org/x/sys":                       "batch/ledger/sqlite",       // the machine's clock; and batch/cli/locale, the user's language on Windows; and batch/durable, renaming that replaces nothing
	"github.com/gofrs/flock":                 "batch/ledger/sqlite",       // locks that end with their process, on every system
	"modernc.org/sqlite":                     "batch/ledger/sqlite",       // and lossytest, which puts a disk under it
	"github.com/jackc/pgx/v5":                "batch/ledger/postgres",     // PostgreSQL; and batch/hosts, for one transaction with the hand-out of rows
	"github.com/riverqueue/river":            "batch/hosts",               // hands rows out; it is 0.x, so pinned
	"github.com/prometheus/client_golang":    "batch/notify",              // the metrics, and client_model and common, which it is made of
	"github.com/prometheus/client_model":     "batch/notify",
	"github.com/prometheus/common":           "batch/notify",
	"mvdan.cc/sh/v3":                         "batch/notify",  // only its parser: words as a shell splits them
	"github.com/klippa-app/go-pdfium":        "batch/letters", // the text of PDFs that nobody vouches for: PDFium in a sandbox
	"github.com/tetratelabs/wazero":          "batch/letters", // the sandbox, and its limits
	"golang.org/x/time":                      "batch/quota",
	"github.com/spf13/cobra":                 "batch/cli",
	"github.com/schollz/progressbar/v3":      "batch/cli/console",
	"golang.org/x/term":                      "batch/cli",
	"github.com/muesli/mango-cobra":          "batch/cli",    // the manual page; cobra's own needs parsers of Markdown and YAML
	"github.com/muesli/roff":                 "batch/cli",    // what mango-cobra builds the page with
	"github.com/rivo/uniseg":                 "batch/report", // terminal cells: wide characters, emoji, combining marks
}

// soleFile names the one file of a package that may import another of ours.
var soleFile = map[string]string{
	"batch/cli batch/hosts": "batch/cli/hosts.go", // elsewhere a run is one process's
}

// TestArchitecture compares every import with the tables: imports follow the data.
func TestArchitecture(t *testing.T) {
	root := filepath.Join("..", "..")
	seen, used := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && file != root {
			return fs.SkipDir
		}
		if filepath.Ext(file) != ".go" {
			return nil
		}
		rel, _ := filepath.Rel(root, file)
		rel = filepath.ToSlash(rel)
		seen[path.Dir(rel)] = true
		for _, violation := range violations(t, file, rel, used) {
			t.Error(violation)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range mayImport {
		if !seen[pkg] {
			t.Errorf("the table names %s, but there is no such package", pkg)
		}
	}
	for _, table := range []map[string][]string{mayImport, testOnly} {
		for pkg, list := range table {
			for _, imported := range list {
				if !used[pkg+" "+imported] {
					t.Errorf("the table lets %s import %s, which it does not", pkg, imported)
				}
			}
		}
	}
}

// violations lists the imports of a file that the tables do not allow, and notes in used
// the imports that it has.
func violations(t *testing.T, file, rel string, used map[string]bool) []string {
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), rel, source, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	pkg := path.Dir(rel)
	allowed, known := mayImport[pkg]
	generator := strings.HasPrefix(string(source), "//go:build ignore")
	if !known && !generator {
		return []string{fmt.Sprintf("%s: package %s is not in the table of packages", rel, pkg)}
	}
	if strings.HasSuffix(rel, "_test.go") || generator {
		allowed = append(slices.Clone(allowed), testOnly[pkg]...)
		allowed = append(allowed, pkg)
	}
	var bad []string
	for _, spec := range parsed.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		if own, isOwn := strings.CutPrefix(name, module+"/"); isOwn {
			used[pkg+" "+own] = true
		} else {
			used[pkg+" "+dependency(name)] = true
		}
		if v := violation(rel, pkg, name, allowed); v != "" {
			bad = append(bad, v)
		}
	}
	zones := slices.ContainsFunc(parsed.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == `"time/tzdata"` })
	if !strings.HasSuffix(rel, "_test.go") && strings.Contains(string(source), "time.LoadLocation(") && !zones {
		bad = append(bad, rel+": a file that loads time zones imports time/tzdata: containers and Windows have none")
	}
	return bad
}

func violation(rel, pkg, imported string, allowed []string) string {
	own, isOwn := strings.CutPrefix(imported, module+"/")
	switch {
	case isOwn:
		if !slices.Contains(allowed, own) {
			return fmt.Sprintf("%s: %s may not import %s: imports follow the data", rel, pkg, own)
		}
		if sole := soleFile[pkg+" "+own]; sole != "" && sole != rel {
			return fmt.Sprintf("%s: only %s imports %s", rel, sole, own)
		}
	case strings.Contains(strings.Split(imported, "/")[0], "."):
		dep := dependency(imported)
		if !slices.ContainsFunc(allowed, func(a string) bool { return a == dep }) {
			if sole := soleImporter[dep]; sole != "" {
				return fmt.Sprintf("%s: only %s imports %s", rel, sole, dep)
			}
			return fmt.Sprintf("%s: %s may not import %s: every dependency has one importer and a reason", rel, pkg, dep)
		}
	}
	return ""
}

// dependency returns the module of an import path, as the tables spell it.
func dependency(imported string) string {
	for _, lists := range []map[string][]string{mayImport, testOnly} {
		for _, list := range lists {
			for _, m := range list {
				if imported == m || strings.HasPrefix(imported, m+"/") {
					return m
				}
			}
		}
	}
	return imported
}

// TestArchitectureNoticesWrongImports checks that wrong imports are found, in each
// direction.
func TestArchitectureNoticesWrongImports(t *testing.T) {
	for _, c := range []struct{ pkg, imports string }{
		{"sheet", module + "/batch"},
		{"sheet", module + "/sheet/xlsx"},
		{"sheet", "golang.org/x/time/rate"},
		{"sheet/xlsx", module + "/batch"},
		{"sheet/xlsx", "github.com/xuri/excelize/v2"},
		{"sheet/xlsx/internal/xmltok", module + "/sheet/xlsx/internal/opc"},
		{"sheet/xlsx/internal/opc", module + "/sheet/xlsx/internal/read"},
		{"sheet/xlsx/internal/read", module + "/sheet/xlsx/internal/edit"},
		{"sheet/xlsx/internal/edit", "github.com/klauspost/compress/flate"},
		{"sheet/xlsx/internal/build", module + "/sheet/xlsx/internal/edit"},
		{"batch", module + "/batch/cloud"},
		{"batch", module + "/batch/plan"},
		{"batch", "golang.org/x/time/rate"},
		{"batch/quota", module + "/batch"},
		{"batch", module + "/batch/ledger"},
		{"batch", module + "/sheet/xlsx"},
		{"batch/cloud", module + "/batch/ledger"},
		{"batch/ledger", module + "/batch/cli"},
		{"batch/ledger", module + "/batch/ledger/sqlite"},
		{"batch/ledger", "modernc.org/sqlite"},
		{"batch/ledger/ledgertest", module + "/batch/ledger/sqlite"},
		{"batch/simulator", module + "/batch"},
		{"batch/report", "github.com/xuri/excelize/v2"},
		{"batch/cli", "github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"},
		{"batch/cli", "github.com/xuri/excelize/v2"},
		{"batch/cli", "modernc.org/sqlite"},
		{"batch/cli", "github.com/schollz/progressbar/v3"},
		{"batch/cli/console", module + "/batch/cli"},
		{"batch/cli/console", module + "/batch/ledger/sqlite"},
		{"batch/cli", module + "/batch/ledger/sqlite"},
		{"templates", module + "/batch/cli"},
		{".", module + "/batch"},
	} {
		if violation("x.go", c.pkg, c.imports, mayImport[c.pkg]) == "" {
			t.Errorf("%s importing %s goes unnoticed", c.pkg, c.imports)
		}
	}
}

// mostFiles is how many Go files a package may have, tests included: nobody can keep more in mind.
const mostFiles = 40

// TestPackagesAreSmall counts the files of each package.
func TestPackagesAreSmall(t *testing.T) {
	root := filepath.Join("..", "..")
	count := map[string]int{}
	err := filepath.WalkDir(root, func(file string, _ fs.DirEntry, err error) error {
		if filepath.Ext(file) == ".go" {
			count[filepath.Dir(file)]++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder, n := range count {
		if n > mostFiles {
			t.Errorf("%s has %d files, and at most %d are allowed", folder, n, mostFiles)
		}
	}
}

// TestEveryGoroutineIsGuarded checks that whatever starts a goroutine, a go statement or
// WaitGroup.Go, starts it with a function literal that defers a guard: batch.Guard, or one
// of their own in the simulator and the quota, which import nothing of ours. A panic without one would end the process
// and leave a run without its copy.
func TestEveryGoroutineIsGuarded(t *testing.T) {
	root := filepath.Join("..", "..")
	found := 0
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"ledgertest", "clitest", "pgtest", "testdata"}, d.Name()):
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
