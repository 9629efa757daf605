package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

const (
	temporaryPrefix = "loabatch-ledger-"
	ownerFile       = "owner.lock"
)

// unlockedAge is how old a folder without a lock file must be before it is removed: an earlier
// version, which makes none, may still be using it.
const unlockedAge = 24 * time.Hour

// Temporary opens a ledger in a new folder, which Close removes. It behaves like any other but is
// not synced to the disk. The folder of a killed process is removed by the next one that opens a
// ledger.
func Temporary(ctx context.Context) (*Store, error) {
	removeStale(os.TempDir(), time.Now())
	folder, owner, err := temporaryFolder()
	if err != nil {
		return nil, wrapError("open", os.TempDir(), err)
	}
	s, err := open(ctx, filepath.Join(folder, "ledger.db"), false)
	if err != nil {
		return nil, errors.Join(err, owner.Close(), os.RemoveAll(folder))
	}
	s.remove = func() error { return errors.Join(owner.Close(), os.RemoveAll(folder)) }
	return s, nil
}

// temporaryFolder makes a folder and locks a file in it for as long as this process uses it.
func temporaryFolder() (string, *flock.Flock, error) {
	for {
		folder, err := os.MkdirTemp("", temporaryPrefix)
		if err != nil {
			return "", nil, err
		}
		name := filepath.Join(folder, ownerFile)
		owner := flock.New(name, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
		locked, err := owner.TryLock()
		if err != nil {
			return "", nil, errors.Join(err, owner.Close(), os.RemoveAll(folder))
		}
		// Before the file was locked, another process may have taken the folder for stale.
		if _, err := os.Lstat(name); locked && err == nil {
			return folder, owner, nil
		}
		if err := errors.Join(owner.Close(), os.RemoveAll(folder)); err != nil {
			return "", nil, err
		}
	}
}

// swept are the folders in which this process has removed temporary ledgers: there may be much else
// in them to look through.
var swept sync.Map

// removeStale removes temporary ledgers whose process was killed, once in each process. What cannot be
// read or removed is left: it may be another user's.
func removeStale(parent string, now time.Time) {
	if _, done := swept.LoadOrStore(parent, true); done {
		return
	}
	d, err := os.Open(parent)
	if err != nil {
		return
	}
	names, _ := d.Readdirnames(-1)
	_ = d.Close()
	for _, name := range names {
		if strings.HasPrefix(name, temporaryPrefix) {
			removeIfStale(filepath.Join(parent, name), now)
		}
	}
}

func removeIfStale(folder string, now time.Time) {
	if info, err := os.Lstat(folder); err != nil || !info.IsDir() {
		return
	}
	name := filepath.Join(folder, ownerFile)
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if now.Sub(latestChange(folder)) > unlockedAge {
			_ = os.RemoveAll(folder)
		}
		return
	case err != nil || !info.Mode().IsRegular():
		return
	}
	owner := flock.New(name, flock.SetFlag(os.O_RDWR))
	if free, err := owner.TryLock(); err != nil || !free {
		_ = owner.Close()
		return
	}
	_ = os.RemoveAll(folder) // before the lock is released, so nobody takes it over
	_ = owner.Close()
	_ = os.RemoveAll(folder) // Windows does not remove open files
}

// latestChange is when a folder or a file in it was last written, or now if that is not
// known.
func latestChange(folder string) time.Time {
	var latest time.Time
	err := filepath.WalkDir(folder, func(_ string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.ModTime().After(latest) {
			latest = info.ModTime()
		}
		return err
	})
	if err != nil {
		return time.Now()
	}
	return latest
}
