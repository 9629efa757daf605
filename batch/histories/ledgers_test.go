package histories

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/batch/ledger/sqlite/lossytest"
)

// keeper is a ledger as seen by the processes of a history.
type keeper interface {
	name() string
	// start begins a run of a process and locks its circuits, as [ledger.Store] does.
	start(*process, ledger.RunInfo, []batch.Key) (run, error)
	// gone says that a process has ended in any way: its locks are free.
	gone(*process)
	// past returns what the ledger knows.
	past(ledger.Scope, []batch.Key) (map[batch.Key]batch.Record, error)
	close()
}

// memoryKeeper is the ledger in memory. It has neither scopes nor locks.
type memoryKeeper struct{ ledger ledger.Memory }

// memoryRun is a run in it.
type memoryRun struct{ *ledger.Memory }

// End does nothing: nothing is locked.
func (memoryRun) End(context.Context, ledger.RunEnd) error { return nil }

func (k *memoryKeeper) name() string  { return "memory" }
func (k *memoryKeeper) gone(*process) {}
func (k *memoryKeeper) close()        {}

func (k *memoryKeeper) start(*process, ledger.RunInfo, []batch.Key) (run, error) {
	return memoryRun{&k.ledger}, nil
}

func (k *memoryKeeper) past(_ ledger.Scope, keys []batch.Key) (map[batch.Key]batch.Record, error) {
	return k.ledger.Past(context.Background(), batch.PlaceLOA, keys)
}

// stateKeeper keeps a [ledger.State] for each circuit, as every backend does, in memory.
type stateKeeper struct {
	mu     sync.Mutex
	states map[scopedKey]ledger.State
	locks  map[scopedKey]*stateRun
	runs   []*stateRun // run n is the n-th
}

type scopedKey struct {
	scope ledger.Scope
	key   batch.Key
}

func newStateKeeper() *stateKeeper {
	return &stateKeeper{states: map[scopedKey]ledger.State{}, locks: map[scopedKey]*stateRun{}}
}

func (k *stateKeeper) name() string { return "states" }
func (k *stateKeeper) close()       {}

func (k *stateKeeper) start(p *process, info ledger.RunInfo, keys []batch.Key) (run, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := &stateRun{keeper: k, process: p, scope: info.Scope, number: int64(len(k.runs) + 1)}
	for _, key := range keys {
		if k.locks[scopedKey{info.Scope, key}] != nil {
			return nil, &ledger.LockedError{RunID: "another"}
		}
	}
	for _, key := range keys {
		k.locks[scopedKey{info.Scope, key}] = r
	}
	k.runs = append(k.runs, r)
	return r, nil
}

func (k *stateKeeper) gone(p *process) {
	k.end(func(r *stateRun) bool { return r.process == p })
}

// end ends runs and frees their locks.
func (k *stateKeeper) end(these func(*stateRun) bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key, r := range k.locks {
		if these(r) {
			delete(k.locks, key)
		}
	}
	for _, r := range k.runs {
		if r.ended.IsZero() && these(r) {
			r.ended = time.Now().Round(0).UTC()
		}
	}
}

func (k *stateKeeper) past(scope ledger.Scope, keys []batch.Key) (map[batch.Key]batch.Record, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	past := map[batch.Key]batch.Record{}
	for _, key := range keys {
		for _, region := range regions {
			at := batch.Key{Region: region, InstanceID: key.InstanceID}
			if s, ok := k.states[scopedKey{scope, at}]; ok {
				var until time.Time
				if n := s.Current().Run; n > 0 {
					until = k.runs[n-1].ended
				}
				past[at] = s.Record("", until)
			}
		}
	}
	return past, nil
}

// stateRun is a run in a stateKeeper.
type stateRun struct {
	keeper  *stateKeeper
	process *process
	scope   ledger.Scope
	number  int64
	ended   time.Time // or killed
}

// Past implements [batch.Ledger].
func (r *stateRun) Past(_ context.Context, _ batch.Place, keys []batch.Key) (map[batch.Key]batch.Record, error) {
	return r.keeper.past(r.scope, keys)
}

// Begin implements [batch.Ledger].
func (r *stateRun) Begin(_ context.Context, a batch.Application) error {
	return r.change(a.Key, func(s ledger.State, holds bool) (ledger.State, error) {
		if !holds {
			return s, ledger.ErrNotLocked
		}
		return s.Begin(r.number, a)
	})
}

// Finish implements [batch.Ledger].
func (r *stateRun) Finish(_ context.Context, o batch.Outcome) error {
	return r.change(o.Key, func(s ledger.State, holds bool) (ledger.State, error) { return s.Finish(r.number, o, holds), nil })
}

func (r *stateRun) change(key batch.Key, to func(ledger.State, bool) (ledger.State, error)) error {
	k := r.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	at := scopedKey{r.scope, key}
	s, err := to(k.states[at], k.locks[at] == r)
	if s == (ledger.State{}) {
		delete(k.states, at)
	} else {
		k.states[at] = s
	}
	return err
}

// End implements [run].
func (r *stateRun) End(context.Context, ledger.RunEnd) error {
	r.keeper.end(func(other *stateRun) bool { return other == r })
	return nil
}

// sqliteKeeper is a SQLite file, which each process opens for itself.
type sqliteKeeper struct {
	folder         string
	dice           dice
	disk           *lossytest.Disk // beneath it; nil if the power never fails
	outages, disks uint64

	mu     sync.Mutex
	stores map[*process]*sqlite.Store // nil is the one that the checks read
}

func newSQLiteKeeper(backend string, d dice) (*sqliteKeeper, error) {
	folder, err := os.MkdirTemp("", "loabatch-histories-") // in memory: see TestMain
	if err == nil {
		err = os.Mkdir(filepath.Join(folder, "0"), 0o700)
	}
	k := &sqliteKeeper{folder: folder, dice: d, stores: map[*process]*sqlite.Store{}}
	if backend == "disk" && err == nil {
		k.disk, err = k.newDisk()
	}
	return k, err
}

func (k *sqliteKeeper) newDisk() (*lossytest.Disk, error) {
	k.disks++
	return lossytest.New(k.at(), rand.New(rand.NewPCG(uint64(k.dice), k.disks)))
}

// at is the folder of the ledger: after each power failure another one.
func (k *sqliteKeeper) at() string { return filepath.Join(k.folder, strconv.FormatUint(k.outages, 10)) }

func (k *sqliteKeeper) name() string { return "sqlite" }

func (k *sqliteKeeper) open(p *process) (*sqlite.Store, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.stores[p]; s != nil {
		return s, nil
	}
	s, err := sqlite.Open(context.Background(), filepath.Join(k.at(), "ledger.db"))
	if err == nil {
		k.stores[p] = s
	}
	return s, err
}

func (k *sqliteKeeper) start(p *process, info ledger.RunInfo, keys []batch.Key) (run, error) {
	s, err := k.open(p)
	if err != nil {
		return nil, err
	}
	return s.Start(context.Background(), info, keys)
}

func (k *sqliteKeeper) gone(p *process) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.stores[p]; s != nil {
		s.Close()
		delete(k.stores, p)
	}
}

func (k *sqliteKeeper) past(scope ledger.Scope, keys []batch.Key) (map[batch.Key]batch.Record, error) {
	s, err := k.open(nil)
	if err != nil {
		return nil, err
	}
	return s.Past(context.Background(), scope, batch.PlaceLOA, keys)
}

// crash is a power failure after which all processes are gone.
func (k *sqliteKeeper) crash() error {
	k.disk.Cut()
	k.gone(nil)
	k.outages++
	if err := os.Mkdir(k.at(), 0o700); err != nil {
		return err
	}
	if err := k.disk.PowerFailure(k.at()); err != nil {
		return err
	}
	var err error
	k.disk, err = k.newDisk()
	return err
}

func (k *sqliteKeeper) close() {
	for p := range k.stores {
		k.gone(p)
	}
	if k.disk != nil {
		k.disk.PowerFailure(k.folder) // ends the disk
	}
	os.RemoveAll(k.folder)
}
