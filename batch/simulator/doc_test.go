package simulator

import (
	"go/parser"
	gotoken "go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// packageDoc returns the package comment.
func packageDoc(t *testing.T) string {
	t.Helper()
	f, err := parser.ParseFile(gotoken.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	return f.Doc.Text()
}

// words returns the first word of each indented line of a section of the package comment,
// and all leading words that are separated by commas.
func words(t *testing.T, heading string) []string {
	t.Helper()
	_, section, found := strings.Cut(packageDoc(t), "# "+heading+"\n")
	if !found {
		t.Fatalf("the package comment has no section %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n# ")
	var all []string
	for line := range strings.Lines(section) {
		text, indented := strings.CutPrefix(line, "\t")
		if !indented || strings.HasPrefix(text, " ") || strings.Contains(text, "%") {
			continue
		}
		for field := range strings.FieldsSeq(text) {
			name, more := strings.CutSuffix(field, ",")
			all = append(all, name)
			if !more {
				break
			}
		}
	}
	return all
}

func TestPackageCommentListsEveryFault(t *testing.T) {
	got := words(t, "Faults")
	slices.Sort(got)
	if want := kindNames(); !slices.Equal(got, want) {
		t.Errorf("the package comment lists %v, there are %v", got, want)
	}
	for _, name := range kindNames() {
		if !strings.Contains(FaultHelp, "  "+name+" ") {
			t.Errorf("FaultHelp has no %s", name)
		}
	}
}

func TestPackageCommentListsEveryMarker(t *testing.T) {
	var want []string
	for _, m := range Markers {
		want = append(want, m.Text)
	}
	if got := words(t, "Circuits and LOAs"); !reflect.DeepEqual(got, want) {
		t.Errorf("the package comment lists %v, there are %v", got, want)
	}
}

func TestPackageCommentNamesEveryAPI(t *testing.T) {
	for name := range apis {
		if !strings.Contains(packageDoc(t), name) {
			t.Errorf("the package comment does not name %s", name)
		}
	}
	for line := range strings.Lines(packageDoc(t)) {
		if text, ok := strings.CutPrefix(line, "\t503:5%"); ok {
			if _, err := ParseFaults("503:5%" + strings.TrimSpace(text)); err != nil {
				t.Errorf("the plan of the package comment: %v", err)
			}
		}
	}
}

// TestReferenceListsWhatPeopleSet checks that the reference names every marker and path.
func TestReferenceListsWhatPeopleSet(t *testing.T) {
	content, err := os.ReadFile("../../.github/docs/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(content), "## Simulated circuits\n")
	if !found {
		t.Fatal("the reference has no section about simulated circuits")
	}
	want := []string{"/review", "/stats"}
	for _, m := range Markers {
		want = append(want, "`"+m.Text+"`")
		if !strings.Contains(MarkerHelp, "  "+m.Text+" ") {
			t.Errorf("MarkerHelp has no %s", m.Text)
		}
	}
	for _, text := range want {
		if !strings.Contains(section, text) {
			t.Errorf("the section about simulated circuits does not say %s", text)
		}
	}
}
