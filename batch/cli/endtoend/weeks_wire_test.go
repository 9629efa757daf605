package endtoend_test

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// wire is the network between loabatch, which runs in virtual time, and the simulator,
// which does not. Each answer closes its connection: goroutines of an idle one would wait
// for the network, and virtual time would stand still.
type wire struct {
	dir  string // everything that loabatch keeps
	sim  http.Handler
	mu   sync.Mutex
	rand *rand.Rand
	now  time.Time // by the clock of loabatch
	left int       // requests until it is killed; 0 means never
	dead bool      // it was: nothing arrives any more
	then map[string][]byte
}

// clock is the clock of the simulator: it follows that of loabatch.
func (w *wire) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// set moves the clock forward.
func (w *wire) set(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.After(w.now) {
		w.now = now
	}
}

// killAfter has loabatch killed at its n-th request from now on.
func (w *wire) killAfter(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left, w.dead, w.then = n, false, nil
}

func (w *wire) killed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dead
}

func (w *wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if at, err := time.Parse("2006-01-02T15:04:05Z", r.URL.Query().Get("Timestamp")); err == nil {
		w.set(at)
	}
	rw.Header().Set("Connection", "close")
	if w.arrive(r) {
		panic(http.ErrAbortHandler)
	}
	w.sim.ServeHTTP(rw, r)
}

// arrive reports whether loabatch is dead. It dies with its last request, which may or may not
// take effect: what is on disk at that moment is all that is left.
func (w *wire) arrive(r *http.Request) (dead bool) {
	w.mu.Lock()
	if w.left > 0 && !w.dead {
		if w.left--; w.left == 0 {
			if w.dead = true; w.rand.IntN(2) == 0 {
				w.mu.Unlock()
				answered := httptest.NewRecorder()
				func() {
					defer func() { _ = recover() }() // a fault that closes the connection
					w.sim.ServeHTTP(answered, r)
				}()
				w.mu.Lock()
			}
			w.then = w.settled()
		}
	}
	defer w.mu.Unlock()
	return w.dead
}

// settled returns the files once loabatch waits for the network and no longer writes.
func (w *wire) settled() map[string][]byte {
	for before := readTree(w.dir); ; {
		time.Sleep(10 * time.Millisecond)
		after := readTree(w.dir)
		same := len(before) == len(after)
		for name, content := range after {
			same = same && bytes.Equal(content, before[name])
		}
		if same {
			return after
		}
		before = after
	}
}

// restore restores the files to what they were when loabatch was killed.
func (w *wire) restore() error {
	for name := range readTree(w.dir) {
		if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
			return err
		}
	}
	_ = os.Remove(filepath.Join(w.dir, "ledger.db-shm")) // no process has it open any more
	for name, content := range w.then {
		path := filepath.Join(w.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// readTree returns the files below a folder, without the index of a write-ahead log, which
// is only of use to processes that have it open.
func readTree(dir string) map[string][]byte {
	files := map[string][]byte{}
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, "-shm") {
			return nil // removed meanwhile
		}
		if content, err := os.ReadFile(path); err == nil {
			name, _ := filepath.Rel(dir, path)
			files[name] = content
		}
		return nil
	})
	return files
}
