// Package clitest has what the tests of the command line share: made-up workbooks, services
// for them, and loabatch as a separate program.
package clitest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loabatch/loabatch/batch/cli"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/quicktest"
	"github.com/loabatch/loabatch/batch/simulator"
)

// Main is for TestMain: while the tests run, the test binary can be started as loabatch. They
// expect English, whatever the language of this machine, and have the keys that their
// simulators know, whatever credentials it has. Then finish, if any, says whether all is well.
func Main(m *testing.M, parallel int, finish func() bool) {
	if os.Getenv("SENTENCES") == "all" && os.Getenv(SentenceFolder) == "" {
		folder, err := os.MkdirTemp("", "sentences")
		if err != nil {
			panic(err)
		}
		os.Setenv(SentenceFolder, folder)
	}
	if folder := os.Getenv(SentenceFolder); folder != "" {
		prose.English.Watch(recordSentence(folder))
	}
	cli.Today = today
	testscript.Main(english{quicktest.M{M: m, Parallel: parallel}, finish}, map[string]func(){
		"loabatch":      func() { os.Exit(cli.Main()) },
		"console-event": consoleEvent,
	})
}

// today returns a time before the construction times in the workbooks of tests, and within two years of them.
func today(now time.Time) time.Time {
	if latest := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC); now.After(latest) {
		return latest
	}
	return now
}

type english struct {
	quicktest.M
	finish func() bool
}

func (m english) Run() int {
	os.Setenv("LC_ALL", "C")
	os.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	os.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	os.Unsetenv("LOABATCH_LANG")
	code := m.M.Run()
	if m.finish != nil && !m.finish() {
		code = max(code, 1)
	}
	return code
}

// SentenceFolder is the environment variable that names the folder in which tests, and the
// programs that they run, record the code of each sentence that they print, in a file for each
// process. SENTENCES=all creates one.
const SentenceFolder = "SENTENCES_SAID"

// recordSentence returns a function that writes each code once to a file of this process.
func recordSentence(folder string) func(code string) {
	f, err := os.CreateTemp(folder, "")
	if err != nil {
		return func(string) {} // the tests have ended before this program
	}
	var known sync.Map
	return func(code string) {
		if _, said := known.LoadOrStore(code, true); !said {
			fmt.Fprintln(f, code)
		}
	}
}

// Root returns the folder of the repository.
func Root() string {
	folder, err := os.Getwd()
	for ; err == nil; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil || folder == filepath.Dir(folder) {
			return folder
		}
	}
	panic(err)
}

// Serve serves a simulator, as wrapped, until the test ends and returns its URL.
func Serve(t *testing.T, sim *simulator.Simulator, wrap ...func(http.Handler) http.Handler) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	serve := func() error { return sim.Serve(ctx, listener) }
	for _, w := range wrap {
		server := &http.Server{Handler: w(sim)}
		context.AfterFunc(ctx, func() { sim.Close(); server.Close() })
		serve = func() error {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		}
	}
	go func() { served <- serve() }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}
