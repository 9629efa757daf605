package download

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/letters"
)

// world is an API, a server of letters, a folder and a ledger.
type world struct {
	mu      sync.Mutex
	dir     string
	links   []string // that the API names, one after the other; the last one stays
	findErr error
	files   map[string]letters.Letter // by link
	expired map[string]bool           // links
	refused *letters.Error
	onDisk  map[string]string // SHA-256 by path
	keepErr error
	calls   []string
}

func (w *world) said(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, fmt.Sprintf(format, args...))
}

func (w *world) source() *Source {
	return &Source{
		Dir: w.dir,
		Find: func(_ context.Context, key batch.Key) (batch.LOA, bool, error) {
			w.said("find %s", key.InstanceID)
			if w.findErr != nil {
				return batch.LOA{}, false, w.findErr
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			link := w.links[0]
			w.links = w.links[min(1, len(w.links)-1):]
			return batch.LOA{Status: batch.LOAAvailable, LetterURL: batch.SignedURL(link)}, link != "gone", nil
		},
		Fetch: func(_ context.Context, r letters.Request) (letters.Letter, error) {
			w.said("fetch %s", r.URL)
			switch {
			case w.expired[r.URL]:
				return letters.Letter{}, &letters.Error{Code: "letter-expired", Args: map[string]string{"status": "403"}}
			case w.refused != nil:
				return letters.Letter{}, w.refused
			}
			return w.files[r.URL], nil
		},
		Open: func(_ context.Context, path, sum string) (letters.Letter, bool) {
			w.said("open")
			return letters.Letter{Path: path, SHA256: sum, Text: "pc-one Example Ltd"}, w.onDisk[path] == sum
		},
		Kept: func(path, sum string) bool {
			w.said("kept")
			return w.onDisk[path] == sum
		},
		Keep: func(_ context.Context, key batch.Key, l ledger.Letter) error {
			w.said("keep")
			return w.keepErr
		},
	}
}

func TestRow(t *testing.T) {
	dir, err := filepath.Abs("letters")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "LOA-r-pc-one.pdf")
	good := letters.Letter{Path: path, SHA256: "aa", Text: "Company name: Example Ltd\npc-one"}
	other := letters.Letter{Path: path, SHA256: "bb", Text: "Company name: Example Ltd\npc-other12345678"}
	known := ledger.Letter{Path: path, SHA256: "aa"}
	for name, test := range map[string]struct {
		world *world
		known ledger.Letter
		want  Result
		calls []string
	}{
		"first": {&world{links: []string{"a"}, files: map[string]letters.Letter{"a": good}}, ledger.Letter{},
			Result{State: Fetched, Letter: known}, []string{"find pc-one", "fetch a", "keep"}},
		"here already": {&world{onDisk: map[string]string{path: "aa"}}, known,
			Result{State: Kept, Letter: known}, []string{"open"}},
		"changed": {&world{onDisk: map[string]string{path: "cc"}, links: []string{"a"}, files: map[string]letters.Letter{"a": good}}, known,
			Result{State: Again, Letter: known}, []string{"open", "find pc-one", "fetch a", "keep"}},
		"in another folder": {&world{links: []string{"a"}, files: map[string]letters.Letter{"a": good}}, ledger.Letter{Path: "/elsewhere/a.pdf", SHA256: "aa"},
			Result{State: Fetched, Letter: known}, []string{"find pc-one", "fetch a", "keep"}},
		"expired": {&world{links: []string{"old", "new"}, expired: map[string]bool{"old": true}, files: map[string]letters.Letter{"new": good}}, ledger.Letter{},
			Result{State: Fetched, Letter: known}, []string{"find pc-one", "fetch old", "find pc-one", "fetch new", "keep"}},
		"always expired": {&world{links: []string{"old"}, expired: map[string]bool{"old": true}}, ledger.Letter{},
			Result{State: Failed, Code: "letter-expired", Args: map[string]string{"status": "403"}}, []string{"find pc-one", "fetch old", "find pc-one", "fetch old"}},
		"not a letter": {&world{links: []string{"a"}, refused: &letters.Error{Code: "letter-not-pdf"}}, ledger.Letter{},
			Result{State: Failed, Code: "letter-not-pdf"}, []string{"find pc-one", "fetch a"}},
		"busy": {&world{links: []string{"a"}, refused: &letters.Error{Code: "letter-status", Args: map[string]string{"status": "503"}}}, ledger.Letter{},
			Result{State: Failed, Code: "letter-status", Args: map[string]string{"status": "503"}},
			[]string{"find pc-one", "fetch a", "find pc-one", "fetch a", "find pc-one", "fetch a"}},
		"no link": {&world{links: []string{""}}, ledger.Letter{},
			Result{State: Failed, Code: codeNoLink, Args: map[string]string{}}, []string{"find pc-one"}},
		"no LOA": {&world{links: []string{"gone"}}, ledger.Letter{},
			Result{State: Failed, Code: codeNoLink, Args: map[string]string{}}, []string{"find pc-one"}},
		"no answer": {&world{findErr: &batch.CallError{Class: batch.TryLater, Code: "ServiceUnavailable"}}, ledger.Letter{},
			Result{State: Failed, Code: codeNoAnswer, Args: map[string]string{"code": "ServiceUnavailable"}}, []string{"find pc-one"}},
		"unreadable": {&world{links: []string{"a"}, files: map[string]letters.Letter{"a": {Path: path, SHA256: "aa", Unread: "letter-no-text"}}}, ledger.Letter{},
			Result{State: Fetched, Letter: known, Code: "letter-no-text", Args: map[string]string{}}, []string{"find pc-one", "fetch a", "keep"}},
		"ledger lost": {&world{links: []string{"a"}, files: map[string]letters.Letter{"a": good}, keepErr: errors.New("full")}, ledger.Letter{},
			Result{State: Fetched, Letter: known, Code: codeUnsaved, Args: map[string]string{}}, []string{"find pc-one", "fetch a", "keep"}},
		"of another circuit": {&world{links: []string{"a"}, files: map[string]letters.Letter{"a": other}}, ledger.Letter{},
			Result{State: Fetched, Letter: ledger.Letter{Path: path, SHA256: "bb"}, Differences: []letters.Difference{{Code: "letter-other-circuit", Want: "pc-one", Found: "pc-other12345678"}}},
			[]string{"find pc-one", "fetch a", "keep"}},
	} {
		inVirtualTime(t, name, func(t *testing.T) {
			w := test.world
			w.dir = dir
			row := Row{Key: batch.Key{Region: "r", InstanceID: "pc-one"}, Known: test.known, Source: w.source(), Facts: letters.Facts{InstanceID: "pc-one", Company: "Example Ltd"}}
			got := All(t.Context(), nil, []Row{row}, func(err error) { t.Error(err) })
			if !reflect.DeepEqual(got, []Result{test.want}) {
				t.Errorf("got  %+v\nwant %+v", got[0], test.want)
			}
			if !reflect.DeepEqual(w.calls, test.calls) {
				t.Errorf("calls %q, want %q", w.calls, test.calls)
			}
		})
	}
}

func inVirtualTime(t *testing.T, name string, f func(*testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// TestDone checks that the letter of a complete LOA is not read if it is here, and fetched if not.
func TestDone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "LOA-r-pc-one.pdf")
	known := ledger.Letter{Path: path, SHA256: "aa"}
	for sum, calls := range map[string][]string{"aa": {"kept"}, "bb": {"kept", "open", "find pc-one", "fetch a", "keep"}} {
		w := &world{dir: filepath.Dir(path), onDisk: map[string]string{path: sum}, links: []string{"a"}, files: map[string]letters.Letter{"a": {Path: path, SHA256: "aa", Text: "pc-one"}}}
		got := All(t.Context(), nil, []Row{{Key: batch.Key{Region: "r", InstanceID: "pc-one"}, Known: known, Done: true, Source: w.source()}}, func(err error) { t.Error(err) })
		if got[0].Letter != known || len(got[0].Differences) > 0 || !reflect.DeepEqual(w.calls, calls) {
			t.Errorf("%s on disk: %+v, calls %q", sum, got[0], w.calls)
		}
	}
}

// TestStopped checks that no letter is begun once it is stopped.
func TestStopped(t *testing.T) {
	w := &world{dir: "/letters", links: []string{"a"}}
	stop := make(chan struct{})
	close(stop)
	rows := make([]Row, 9)
	for i := range rows {
		rows[i].Source = w.source()
	}
	for _, r := range All(t.Context(), stop, rows, nil) {
		if r.State != Unasked {
			t.Errorf("%+v", r)
		}
	}
	if len(w.calls) > 0 {
		t.Errorf("calls %q", w.calls)
	}
}

// TestURLStaysSecret checks that no way of printing an LOA shows the address of its letter.
func TestURLStaysSecret(t *testing.T) {
	l := batch.LOA{LetterURL: "https://example.com/letter?Signature=made-up"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(format, l); strings.Contains(text, "made-up") {
			t.Errorf("%s: %s", format, text)
		}
	}
}
