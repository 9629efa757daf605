package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/batch/ledger/sqlite/lossytest"
	"github.com/loabatch/loabatch/sheet"
)

// outages returns how many ledgers TestPowerFailures subjects to power failures.
func outages(t *testing.T) uint64 {
	if text := os.Getenv("LOABATCH_OUTAGES"); text != "" {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if testing.Short() {
		return 20
	}
	return 100
}

// TestPowerFailures cuts the power at some write, again and again, and reads what the disk kept:
// everything that Begin and Finish reported as recorded, and nothing that was not asked for. A
// full disk loses nothing either.
func TestPowerFailures(t *testing.T) {
	t.Parallel()
	const shards = 8 // most of it is waiting
	n := outages(t)
	for shard := range uint64(shards) {
		t.Run(fmt.Sprint("shard ", shard), func(t *testing.T) {
			t.Parallel()
			ledgers, recorded := 0, 0
			for seed := shard; seed < n; seed += shards {
				c := newCircuitsOnDisk(t, seed)
				for range 3 {
					c.outage()
				}
				ledgers, recorded = ledgers+1, recorded+c.recorded
			}
			t.Logf("%d ledgers, %d power failures, %d recorded writes", ledgers, 3*ledgers, recorded)
		})
	}
}

// circuitsOnDisk is a ledger and what it must know about its circuits.
type circuitsOnDisk struct {
	*testing.T
	seed   uint64
	random *rand.Rand
	folder string
	keys   []batch.Key
	runs   int

	mu       sync.Mutex
	known    map[batch.Key]known
	recorded int // writes
}

// known is what was recorded about a circuit, and what may have been.
type known struct{ sure, maybe step }

// step is a write about a circuit; the zero value means no write.
type step struct {
	token string
	open  bool
	done  sheet.Result
}

func newCircuitsOnDisk(t *testing.T, seed uint64) *circuitsOnDisk {
	c := &circuitsOnDisk{T: t, seed: seed, random: rand.New(rand.NewPCG(seed, 11)), folder: t.TempDir(), known: map[batch.Key]known{}}
	for i := range 4 + c.random.IntN(8) {
		c.keys = append(c.keys, batch.Key{Region: "cn-hangzhou", InstanceID: fmt.Sprintf("pc-%06d", i)})
	}
	return c
}

// outage runs until the power fails, and reads the ledger from what is left.
func (c *circuitsOnDisk) outage() {
	disk, err := lossytest.New(c.folder, rand.New(rand.NewPCG(c.seed, uint64(c.runs))))
	if err != nil {
		c.Fatal(err)
	}
	cut := 1 + c.random.IntN(60)
	if c.random.IntN(3) == 0 {
		cut = 1 + c.random.IntN(600)
	}
	disk.FailAfter(cut)
	if c.random.IntN(4) == 0 {
		disk.Fill(c.random.IntN(200_000))
	}
	c.work(disk)
	next := c.TempDir()
	if err := disk.PowerFailure(next); err != nil {
		c.Fatal(err)
	}
	const locks = "ledger.db.locks" // durable before the run begins anything
	if err := os.CopyFS(filepath.Join(next, locks), os.DirFS(filepath.Join(c.folder, locks))); err != nil && !errors.Is(err, os.ErrNotExist) {
		c.Fatal(err)
	}
	c.folder = next
	c.check()
}

// work is a run on the disk. Each worker has its own circuits, so their writes share commits.
func (c *circuitsOnDisk) work(disk *lossytest.Disk) {
	store, err := sqlite.Open(c.Context(), filepath.Join(c.folder, "ledger.db"))
	if err != nil {
		c.expect(disk, err)
		return
	}
	defer store.Close()
	c.runs++
	run, err := store.Start(c.Context(), ledger.RunInfo{ID: fmt.Sprint("run-", c.runs), Scope: ledger.Real}, c.keys)
	if err != nil {
		c.expect(disk, err)
		return
	}
	var workers sync.WaitGroup
	for i := range 4 {
		random := rand.New(rand.NewPCG(c.seed, uint64(100*c.runs+i)))
		workers.Go(func() {
			for n := 0; n < 60 && !disk.Off(); n++ {
				own := random.IntN((len(c.keys)+3-i)/4)*4 + i
				c.expect(disk, c.write(c.Context(), run, c.keys[own], random))
				if random.IntN(20) == 0 {
					disk.Fill(-1) // somebody freed space
				}
			}
		})
	}
	workers.Wait()
}

// write begins a circuit or finishes it.
func (c *circuitsOnDisk) write(ctx context.Context, run ledger.Run, k batch.Key, random *rand.Rand) error {
	c.mu.Lock()
	was := c.known[k].sure
	c.mu.Unlock()
	next := step{token: was.token, open: false, done: []sheet.Result{sheet.Submitted, sheet.Refused, sheet.Unknown}[random.IntN(3)]}
	if !was.open {
		next = step{token: fmt.Sprintf("token-%s-%d", k.InstanceID, c.runs*1000+random.IntN(1000)), open: true}
	}
	c.set(k, known{was, next})
	var err error
	if next.open {
		err = run.Begin(ctx, batch.Application{Row: 2, Key: k, Hash: next.token, Token: next.token})
	} else {
		err = run.Finish(ctx, batch.Outcome{Row: 2, Key: k, Token: next.token, Result: next.done, Reason: batch.ReasonAccepted})
	}
	if err == nil {
		next.open = next.open || next.done == sheet.Unknown
		c.set(k, known{sure: next})
	}
	return err
}

func (c *circuitsOnDisk) set(k batch.Key, what known) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[k] = what
	if what.maybe == (step{}) {
		c.recorded++
	}
}

// expect ignores errors of a failing or full disk.
func (c *circuitsOnDisk) expect(disk *lossytest.Disk, err error) {
	var e *ledger.Error
	if err == nil || disk.Off() || errors.As(err, &e) && e.Kind == ledger.Full {
		return
	}
	c.Errorf("seed %d: %v", c.seed, err)
}

// check compares the ledger with what was recorded.
func (c *circuitsOnDisk) check() {
	store, err := sqlite.Open(c.Context(), filepath.Join(c.folder, "ledger.db"))
	if err != nil {
		c.Fatalf("seed %d, run %d: the ledger cannot be opened: %v", c.seed, c.runs, err)
	}
	defer store.Close()
	if _, err := store.Check(c.Context()); err != nil {
		c.Fatalf("seed %d, run %d: %v", c.seed, c.runs, err)
	}
	past, err := store.Past(c.Context(), ledger.Real, batch.PlaceLOA, c.keys)
	if err != nil {
		c.Fatal(err)
	}
	for _, k := range c.keys {
		found, want := past[k], c.known[k]
		is := step{token: found.Token, open: found.Open, done: found.Result}
		switch {
		case is.matches(want.sure):
			c.known[k] = known{sure: want.sure}
		case want.maybe != (step{}) && is.matches(want.maybe):
			c.known[k] = known{sure: want.maybe}
		default:
			c.Errorf("seed %d, run %d: %s is %+v, want %+v or %+v", c.seed, c.runs, k.InstanceID, is, want.sure, want.maybe)
		}
	}
}

func (s step) matches(want step) bool {
	open := want.open || want.done == sheet.Unknown
	return s.token == want.token && s.open == open && (want.open || s.done == want.done)
}
