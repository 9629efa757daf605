package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/gofrs/flock"

	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/ledger"
)

// lockFiles is the folder beside a ledger in which each run in progress holds a lock on its own
// file. The operating system releases a lock when its holder ends, however it ends, and no
// sooner: a run that was stopped or is swapped out still holds it. So neither process numbers
// nor clocks decide whether a run is alive.
//
// Files are made, checked for takeover and swept within a write transaction, so no two processes
// do so at the same time.
type lockFiles struct {
	folder  string
	durable bool // survives a power failure, as the ledger does

	mu   sync.Mutex
	held map[int64]*flock.Flock // by run: the locks of this store
}

func (l *lockFiles) path(run int64) string {
	return filepath.Join(l.folder, strconv.FormatInt(run, 10)+".lock")
}

// make creates the folder if it is missing.
func (l *lockFiles) make() error {
	return l.failure(durable.MkdirAll(l.folder, 0o700))
}

// failure adds the folder to an error, which would otherwise look like the ledger's.
func (l *lockFiles) failure(err error) error {
	if err == nil {
		return nil
	}
	kind := systemKind(err)
	if kind != ledger.Full {
		kind = ledger.Locks
	}
	return &ledger.Error{Op: "lock", Path: l.folder, Kind: kind, Err: err}
}

// check proves that files can be made in the folder.
func (l *lockFiles) check() error {
	if err := l.make(); err != nil {
		return err
	}
	name := filepath.Join(l.folder, "check")
	return l.failure(errors.Join(os.WriteFile(name, nil, 0o600), os.Remove(name)))
}

// acquire takes the lock of a new run. The file must be durable, or the run would look alive after a
// power failure until its heartbeat is old.
func (l *lockFiles) acquire(run int64) error {
	lock := flock.New(l.path(run), flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	switch {
	case err != nil:
	case !ok:
		err = errLockInUse
	case l.durable:
		err = durable.SyncFolder(l.folder)
	}
	if err != nil {
		return l.failure(errors.Join(err, lock.Close()))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held[run] = lock
	return nil
}

var errLockInUse = errors.New("the lock file of a new run is in use")

// release releases the lock of a run of this store and removes its file. A later run sweeps a file
// that cannot be removed.
func (l *lockFiles) release(run int64) {
	l.drop(run)
	_ = os.Remove(l.path(run))
}

// drop releases the lock of a run of this store, as the end of the process would.
func (l *lockFiles) drop(run int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if lock := l.held[run]; lock != nil {
		_ = lock.Close() // closing the file releases the lock in any case
		delete(l.held, run)
	}
}

// dropAll is drop for every run of this store.
func (l *lockFiles) dropAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, lock := range l.held {
		_ = lock.Close()
	}
	clear(l.held)
}

// locked reports whether a run holds its lock. Without a file, the error is [fs.ErrNotExist]. It
// tries a shared lock, so two callers do not take each other for the holder.
func (l *lockFiles) locked(run int64) (bool, error) {
	lock := flock.New(l.path(run), flock.SetFlag(os.O_RDONLY))
	free, err := lock.TryRLock()
	err = errors.Join(err, lock.Close())
	if errors.Is(err, fs.ErrNotExist) {
		return false, fs.ErrNotExist
	}
	return !free, l.failure(err)
}

// remove removes the file of a run that no process will ask about any more.
func (l *lockFiles) remove(run int64) { _ = os.Remove(l.path(run)) }

// runs lists the runs whose files exist.
func (l *lockFiles) runs() ([]int64, error) {
	entries, err := os.ReadDir(l.folder)
	if err != nil {
		return nil, l.failure(err)
	}
	var list []int64
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".lock")
		if run, err := strconv.ParseInt(name, 10, 64); ok && err == nil {
			list = append(list, run)
		}
	}
	return list, nil
}
