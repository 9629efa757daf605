package prose

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// ban is a phrase that no native speaker would use here.
type ban struct {
	pattern *regexp.Regexp
	except  *regexp.Regexp // matches that are fine after all; may be nil
	bad     string         // an example that the pattern finds
	good    string         // what to write instead, which it does not find
}

// phrase compiles a pattern that ignores case, and whose spaces match line breaks too.
func phrase(pattern string) *regexp.Regexp {
	return regexp.MustCompile("(?i)" + strings.ReplaceAll(pattern, " ", `\s+`))
}

// banned lists phrases that read as translated.
var banned = []ban{
	{phrase(`(\w+ )?(is|are|was|were) no \w+`), phrase(`^there |no (longer|more|less|better|different)`), "SDH is no line type", "SDH is not a line type"},
	{phrase(`(\w+ )?(is|are|was|were|has) none\b`), phrase(`^there `), "a number that is none", "not a number"},
	{phrase(`\bstands? (in|at|beside|against|behind|below|above|once|twice|already|here|there|between)\b`), nil, "it stands in two rows", "it appears in two rows"},
	{phrase(`\bas (it|they|that) stands?\b`), nil, "stays as it stands", "is left unchanged"},
	{phrase(`\b(no|some|any)body else\b`), nil, "nobody else", "no one else"},
	{phrase(`\b(refuse|reject)(s|d|ed)? (\w+ )?for good\b`), nil, "the API refused it for good", "the API rejected it"},
	{phrase(`\b(API|service) (would )?refuse[sd]?\b`), nil, "the API would refuse it", "the API would reject it"},
	{phrase(`\bsurely\b`), nil, "the API surely holds none", "the API holds none"},
	{phrase(`\blook (whether|if)\b`), nil, "look whether the zone is right", "check whether the zone is right"},
	{phrase(`\bwhat (came|comes) of\b`), nil, "what came of each row", "the result of each row"},
	{phrase(`\bso that no(body|thing|ne)?\b`), nil, "so that no row is lost", "so no row is lost"},
	{phrase(`\b1 (need|are|were|have|rows|requests|applications)\b`), nil, "1 need attention", "1 needs attention"},
	{phrase(`\{(n|of|count|rows|good|bad|accepted|left|total|done|failed|runs|open)\} ([a-z]+[a-rt-z]s|need|are|were|have|do)\b`),
		phrase(`\{n\} engineers|\{of\} circuits`), "{n} rows", "{n} {n:row|rows}"}, // the two exceptions are never about one
	{phrase(`\bmiss(es)? (a|an|the|its|no) `), nil, "the API misses the region", "the region is missing"},
	{phrase(`\blacks? its\b`), nil, "the workbook lacks its part", "a part is missing from the workbook"},
	{phrase(`\b(is|are|was|were) (not |never )?told\b`), nil, "the run was not told of it", "the run does not know it"},
	{phrase(`\btoken goes out\b`), nil, "the same token goes out", "the token stays the same"},
	{phrase(`\bin some (minutes|hours|days)\b`), nil, "in some minutes", "in a few minutes"},
	{phrase(`\ball the same\b`), nil, "it is read all the same", "it is read anyway"},
	{phrase(`\bthat there (is|are) not\b`), nil, "a region that there is not", "a region that does not exist"},
	{phrase(`(where \w+ )?\b(LOA|letter|application|row|edit|order)s? stands?\b`), phrase(`^where `), "no LOA stands", "there is no valid LOA"},
	{phrase(`\bwithout a word\b`), nil, "dropped without a word", "dropped silently"},
	{phrase(`\bnothing to speak of\b`), nil, "has nothing to speak of", "has no content"},
	{phrase(`\bat fault\b|\ba fault of\b`), nil, "the cell at fault", "the cell with the error"},
	{phrase(`\bwhat (becomes|became|has become|(would|will|may) become) of\b`), nil, "what became of the letter", "what happened to the letter"},
	{phrase(`\bany number of goroutines\b`), nil, "safe for any number of goroutines", "safe for concurrent use"},
	{phrase(`\banew\b`), nil, "the plan is made anew", "the plan is made again"},
	{phrase(`\bin whatever\b`), nil, "in whatever order they come", "in any order"},
	{phrase(`\b(person|(some|any)(body|one))'s word\b`), nil, "it takes a person's word", "a person has to confirm it"},
	{phrase(`(^|[;,] )(nil|empty|zero|0) (when|where) (there|it|none|nothing)\b`), nil, "nil when there is none", "nil if there is none"},
	{phrase(`\bbut for (an?|the|its|that|those|what)\b`), nil, "unchanged but for the header", "unchanged except for the header"},
	{phrase(`\b(known|escaped|rendered|written|checked|counted|open|taken|sent|made|asked|settled|ended|found) already\b`), nil, "it is known already", "it is already known"},
	{phrase(`\bin spite of\b`), nil, "in spite of an error", "despite an error"},
	{phrase(`\bas (it|they) (is|are|was|were) stored\b`), nil, "the value as it is stored", "the stored value"},
	{phrase(`\b(left|stays?|stayed|kept|copied) as (it|they) (is|are|was|were)\b`), nil, "the file is left as it is", "the file is left unchanged"},
	{phrase(`\b(is|are|was|were) there already\b`), nil, "the file is there already", "the file already exists"},
	{phrase(`\bis (the|how) [\w ',]+, at most\b`), nil, "is the length of a name, at most", "limits the length of a name"},
	{phrase(`\bwhat (an? |the )?\w+ makes of\b`), nil, "what the engine makes of an answer", "how the engine reads an answer"},
	{phrase(`\bbefore a byte\b`), nil, "before a byte is sent", "before anything is sent"},
	{phrase(`\bso many (bytes|rows|times)\b`), nil, "for files of so many bytes", "for files of that size"},
}

// reserved lists the words that only some entries may use, by the start of their codes.
var reserved = map[string]string{"fault": "faults-", "job": "hosts-"}

// find reports each banned phrase of a text, with what to write instead.
func find(text string) []string {
	var list []string
	for _, b := range banned {
		for _, found := range b.pattern.FindAllString(text, -1) {
			if b.except == nil || !b.except.MatchString(found) {
				list = append(list, fmt.Sprintf("%q: write as in %q, not as in %q", found, b.good, b.bad))
			}
		}
	}
	return list
}

// TestBans checks that each ban finds its own example but not the better phrase.
func TestBans(t *testing.T) {
	for _, b := range banned {
		if len(find(b.bad)) == 0 {
			t.Errorf("%s does not find %q", b.pattern, b.bad)
		}
		for _, f := range find(b.good) {
			t.Errorf("the better phrase for %q is banned: %s", b.bad, f)
		}
	}
	for _, fine := range []string{"there is no file x.xlsx", "the card is no longer valid", "SDH is not a line type", "* stands for every circuit", "status says where each LOA stands"} {
		for _, f := range find(fine) {
			t.Errorf("%q: %s", fine, f)
		}
	}
}

// TestCatalogueIsIdiomatic looks for banned phrases and reserved words in the catalogue.
func TestCatalogueIsIdiomatic(t *testing.T) {
	for _, code := range slices.Sorted(maps.Keys(English.entries())) {
		e := English.entries()[code]
		for _, text := range []string{e.Message, e.Hint, e.Why, e.Wrong, e.Right, e.Source} {
			for _, f := range find(text) {
				t.Errorf("%s: %s", code, f)
			}
			for word, prefix := range reserved {
				if regexp.MustCompile(`\b`+word+`s?\b`).MatchString(text) && !strings.HasPrefix(code, prefix) {
					t.Errorf("%s: %q: the word %s is reserved", code, text, word)
				}
			}
		}
	}
}

// TestTextsAreIdiomatic looks for banned phrases in everything else that people read.
func TestTextsAreIdiomatic(t *testing.T) {
	const top = "../../.."
	scripts, err := filepath.Glob(top + "/testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts found: %v", err)
	}
	pages, err := filepath.Glob(top + "/.github/docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages found: %v", err)
	}
	for _, path := range slices.Concat(scripts, pages, []string{top + "/README.md", top + "/templates/report.html"}) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range find(string(text)) {
			t.Errorf("%s: %s", path, f)
		}
	}
	err = filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == ".git"):
			return filepath.SkipDir
		case filepath.Ext(path) == ".go" && entry.Name() != "style_test.go":
			checkSource(t, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkSource looks for banned phrases in the comments and strings of a Go file.
func checkSource(t *testing.T, path string) {
	files := token.NewFileSet()
	source, err := parser.ParseFile(files, path, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	report := func(at token.Pos, text string) {
		for _, f := range find(text) {
			t.Errorf("%s: %s", files.Position(at), f)
		}
	}
	for _, group := range source.Comments {
		report(group.Pos(), group.Text())
	}
	ast.Inspect(source, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			report(lit.Pos(), lit.Value)
		}
		return true
	})
}

// TestNoMarkup checks that sentences are plain: what shows code as such finds it.
func TestNoMarkup(t *testing.T) {
	for _, code := range slices.Sorted(maps.Keys(English.entries())) {
		e := English.entries()[code]
		if text := e.Message + e.Hint + e.Why + e.Wrong + e.Right; strings.Contains(text, "`") {
			t.Errorf("%s has a backtick: %s", code, text)
		}
	}
}

// TestStyle checks the form of every entry that can be explained: a message of one line in
// lower case without a full stop, and a hint that is a sentence, a question or ends in a command.
func TestStyle(t *testing.T) {
	for _, code := range English.Codes() {
		e, _ := English.Entry(code)
		first, _ := utf8.DecodeRuneInString(e.Message)
		switch {
		case e.Message == "" || strings.Contains(e.Message, "\n"):
			t.Errorf("%s: the message %q is not a single line", code, e.Message)
		case strings.HasSuffix(e.Message, "."):
			t.Errorf("%s: the message %q ends in a full stop", code, e.Message)
		case unicode.IsUpper(first):
			t.Errorf("%s: the message %q starts with a capital", code, e.Message)
		}
		if e.Hint != "" && !strings.HasSuffix(e.Hint, ".") && !strings.HasSuffix(e.Hint, "?") && !strings.Contains(e.Hint, ": ") {
			t.Errorf("%s: the hint %q is neither a sentence nor a command", code, e.Hint)
		}
	}
}
