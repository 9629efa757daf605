package prose

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

// TestFamilies checks that a code without an entry of its own gets its family's.
func TestFamilies(t *testing.T) {
	for _, tc := range []struct{ code, family string }{
		{"Throttling", "Throttling*"},
		{"Throttling.User", "Throttling*"},
		{"Forbidden.RAM", "Forbidden.RAM"},
		{"Forbidden.SomethingNew", "Forbidden*"},
		{"LastTokenProcessing", "*TokenProcessing"},
		{"OperationFailed.LastTokenProcessing", "*TokenProcessing"},
		{"IllegalParam.Bandwidth", "IllegalParam.Bandwidth"},
		{"IllegalParam.New", "IllegalParam.*"},
		{"InvalidRegionId.NotFound", "InvalidRegionId*"},
		{"InvalidSomething.Malformed", "Invalid*.Malformed"},
		{"NeverHeardOf", ""},
		{"", ""},
	} {
		got, ok := English.Entry(tc.code)
		want := enAPI[tc.family]
		if ok != (tc.family != "") || got != want {
			t.Errorf("%s: got %q, want that of %q", tc.code, got.Message, tc.family)
		}
	}
}

// TestCounts checks that a sentence agrees in number with the count in it.
func TestCounts(t *testing.T) {
	for _, tc := range []struct{ sentence, n, want string }{
		{"{n} {n:row|rows} {n:needs|need} attention", "1", "1 row needs attention"},
		{"{n} {n:row|rows} {n:needs|need} attention", "0", "0 rows need attention"},
		{"{n} {n:row|rows} {n:needs|need} attention", "21", "21 rows need attention"},
		{"{n:|all }{n} accepted", "1", "1 accepted"},
		{"{n:|all }{n} accepted", "12", "all 12 accepted"},
		{"{missing} {n", "1", "{missing} {n"},
	} {
		if got := filled(English, tc.sentence, tc.n); got != tc.want {
			t.Errorf("%s with %s: got %q, want %q", tc.sentence, tc.n, got, tc.want)
		}
	}
	if got, want := General("{n} {n:row|rows} in {sheet}, {=A1}"), "<n> rows in <sheet>, {=A1}"; got != want {
		t.Errorf("in general: got %q, want %q", got, want)
	}
}

// TestEveryRule checks that each rule has everything that explain shows.
func TestEveryRule(t *testing.T) {
	for _, r := range sheet.Rules() {
		e, ok := English.Entry(r.Code)
		if !ok {
			t.Errorf("%s has no entry", r.Code)
			continue
		}
		if e.Message == "" || e.Why == "" || e.Wrong == "" || e.Right == "" || e.Source == "" {
			t.Errorf("%s has no message, why, wrong, right or source", r.Code)
		}
		if r.Severity > sheet.Note && e.Hint == "" {
			t.Errorf("%s does not say what to do", r.Code)
		}
		if strings.HasSuffix(e.Message, ".") || strings.Contains(e.Message, "\n") {
			t.Errorf("%s: the message %q ends in a full stop or has two lines", r.Code, e.Message)
		}
		if e.Hint != "" && !strings.HasSuffix(e.Hint, ".") {
			t.Errorf("%s: the hint %q is not a sentence", r.Code, e.Hint)
		}
		if e.Wrong == e.Right {
			t.Errorf("%s: wrong and right are the same example", r.Code)
		}
	}
}

// TestSources checks that the pages and sections of this project that entries name as their
// sources exist, and that addresses are complete.
func TestSources(t *testing.T) {
	n := 0
	for _, c := range languages {
		for _, code := range c.All() {
			for _, source := range regexp.MustCompile(`[;；] ?`).Split(c.entries()[code].Source, -1) {
				part := regexp.MustCompile(`[,，：] ?`).Split(source, -1)
				if u, err := url.Parse(source); err == nil && u.Scheme == "https" {
					if u.Host == "" || u.Path == "" || strings.Contains(source, " ") {
						t.Errorf("%s %s: the address %q is not complete", c.Language(), code, source)
					}
					continue
				}
				if !strings.HasPrefix(source, "loabatch") {
					continue
				}
				n++
				if len(part) != 3 {
					t.Errorf("%s %s: %q is not a page and a section", c.Language(), code, source)
					continue
				}
				page, err := os.ReadFile("../../../" + part[1])
				if err != nil || !regexp.MustCompile(`(?m)^##+ `+regexp.QuoteMeta(part[2])+`$`).Match(page) {
					t.Errorf("%s %s: there is no section %q on %q (%v)", c.Language(), code, part[2], part[1], err)
				}
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d sources of our own", n)
	}
}

// constants returns the values of the constants of a type in a file of package batch.
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

// TestReasons checks that each reason of package batch has a sentence, and the other way round.
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
			t.Errorf("%s has no message, hint or why", code)
		case strings.HasSuffix(e.Message, ".") || strings.Contains(e.Message, "\n"):
			t.Errorf("%s: %q is not a single line", code, e.Message)
		case !strings.HasSuffix(e.Hint, "."):
			t.Errorf("%s: the hint %q is not a sentence", code, e.Hint)
		}
	}
	for code := range enReasons {
		if !used[code] {
			t.Errorf("there is no reason %s", code)
		}
	}
}
