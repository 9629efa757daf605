package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/ledgertest"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/batch/quicktest"
	"github.com/loabatch/loabatch/sheet"
)

// Roles of the test binary when started as another process.
var roles = map[string]func(path string, arg int) error{
	"write until killed":  writeUntilKilled,
	"begin a range":       beginRange,
	"open":                func(path string, _ int) error { return openOnce(path) },
	"hold":                hold,
	"run again and again": runAgainAndAgain,
}

func TestMain(m *testing.M) {
	role := os.Getenv("LEDGER_TEST_ROLE")
	if role == "" {
		os.Exit(quicktest.M{M: m}.Run())
	}
	arg, _ := strconv.Atoi(os.Getenv("LEDGER_TEST_ARG"))
	if err := roles[role](os.Getenv("LEDGER_TEST_PATH"), arg); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3) // not 1, the exit code of a killed process on Windows
	}
	os.Exit(0)
}

// play returns the command that plays a role on a ledger.
func play(role, path string, arg int) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "LEDGER_TEST_ROLE="+role, "LEDGER_TEST_PATH="+path, "LEDGER_TEST_ARG="+strconv.Itoa(arg))
	c.Stderr = os.Stderr
	return c
}

// crashRows is more rows than a process finishes before it is killed.
const crashRows = 20000

// writeUntilKilled begins and finishes rows from 32 goroutines, and reports each on
// standard output as soon as the call has returned: "b 17" and "f 17".
func writeUntilKilled(path string, n int) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	run, err := s.Start(ctx, ledger.RunInfo{ID: fmt.Sprint("run-", n), Scope: ledger.Real}, ledgertest.Keys(crashRows))
	if err != nil {
		return err
	}
	past, err := run.Past(ctx, batch.PlaceLOA, ledgertest.Keys(crashRows))
	if err != nil {
		return err
	}
	var output sync.Mutex
	next := make(chan int)
	for range 32 {
		go func() {
			for i := range next {
				if err := run.Begin(ctx, ledgertest.Application(i)); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				output.Lock()
				fmt.Println("b", i) // one write(2), which outlives the process
				output.Unlock()
				if err := run.Finish(ctx, ledgertest.Accepted(i, time.Now())); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				output.Lock()
				fmt.Println("f", i)
				output.Unlock()
			}
		}()
	}
	for i := range crashRows {
		if r, ok := past[ledgertest.Key(i)]; !ok || r.Open {
			next <- i
		}
	}
	select {}
}

// TestKilled kills a writing process again and again. The next process, which takes over its
// locks, finds everything begun or finished that it had reported as such.
func TestKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	begun, finished := map[int]bool{}, map[int]bool{}
	kills := 6
	if testing.Short() {
		kills = 2
	}
	for n := range kills {
		c := play("write until killed", path, n)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		reported := 0
		for lines := bufio.NewScanner(out); lines.Scan(); reported++ {
			if reported == 150*(n+1) {
				c.Process.Kill()
			}
			verb, number, _ := strings.Cut(lines.Text(), " ")
			i, err := strconv.Atoi(number)
			if err != nil {
				break // the line was cut off by the kill
			}
			begun[i] = true
			if verb == "f" {
				finished[i] = true
			}
		}
		c.Wait()
		if reported < 150*(n+1) {
			t.Fatalf("process %d ended by itself after %d reports", n, reported)
		}
		checkKilled(t, path, begun, finished)
	}
	t.Logf("%d kills, %d rows begun, %d finished", kills, len(begun), len(finished))
}

func checkKilled(t *testing.T, path string, begun, finished map[int]bool) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	past, err := s.Past(t.Context(), ledger.Real, batch.PlaceLOA, ledgertest.Keys(crashRows))
	if err != nil {
		t.Fatal(err)
	}
	for i := range begun {
		r, ok := past[ledgertest.Key(i)]
		switch {
		case !ok:
			t.Errorf("row %d was begun, but the ledger does not know it", i)
		case r.Token != ledgertest.Application(i).Token:
			t.Errorf("row %d has token %s", i, r.Token)
		case finished[i] && (r.Open || r.Result != sheet.Submitted):
			t.Errorf("row %d was finished, but the ledger says %+v", i, r)
		}
	}
	if _, err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// rangeRows is the number of rows that each of the concurrent processes begins.
const rangeRows = 200

// beginRange begins its own rows while other processes do the same.
func beginRange(path string, n int) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	var keys []batch.Key
	for i := range rangeRows {
		keys = append(keys, ledgertest.Key(n*rangeRows+i))
	}
	run, err := s.Start(ctx, ledger.RunInfo{ID: fmt.Sprint("range-", n), Scope: ledger.Real}, keys)
	if err != nil {
		return err
	}
	errs := make(chan error)
	for i := range rangeRows {
		go func() { errs <- run.Begin(ctx, ledgertest.Application(n*rangeRows+i)) }()
	}
	for range rangeRows {
		err = errors.Join(err, <-errs)
	}
	return errors.Join(err, run.End(ctx, ledger.RunEnd{}), s.Close())
}

// TestProcessesShareALedger lets several processes create one ledger at the same moment
// and write to it at the same time.
func TestProcessesShareALedger(t *testing.T) {
	const processes = 4
	path := filepath.Join(t.TempDir(), "fresh", "ledger.db")
	var all sync.WaitGroup
	for n := range processes {
		all.Go(func() {
			if err := play("begin a range", path, n).Run(); err != nil {
				t.Errorf("process %d: %v", n, err)
			}
		})
	}
	all.Wait()
	past, err := open(t, path).Past(t.Context(), ledger.Real, batch.PlaceLOA, ledgertest.Keys(processes*rangeRows))
	if err != nil {
		t.Fatal(err)
	}
	if len(past) != processes*rangeRows {
		t.Errorf("%d circuits are begun, want %d", len(past), processes*rangeRows)
	}
}

func openOnce(path string) error {
	s, err := sqlite.Open(context.Background(), path)
	if err != nil {
		return err
	}
	return s.Close()
}

// TestProcessesOpenAtOnce opens and closes a ledger from several processes, where the
// last to close removes the log while the next one opens it.
func TestProcessesOpenAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			for range 4 {
				if err := play("open", path, n).Run(); err != nil {
					t.Errorf("process %d: %v", n, err)
				}
			}
		})
	}
	all.Wait()
}

// hold starts a run, begins a row, says so and waits to be killed.
func hold(path string, _ int) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	// A process in a container has the same name and number after a restart.
	run, err := s.Start(ctx, ledger.RunInfo{ID: "held", Scope: ledger.Real, Host: "container", PID: 1}, ledgertest.Keys(2))
	if err != nil {
		return err
	}
	if err := run.Begin(ctx, ledgertest.Application(0)); err != nil {
		return err
	}
	fmt.Println("ready")
	select {}
}

// TestKilledHolder kills a process that holds circuits. While it lives, even if stopped, its run is
// not taken over; after SIGKILL the next run takes over at once, though it has the same host
// name and process number and the heartbeat is recent.
func TestKilledHolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	c := play("hold", path, 0)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Process.Kill()
	if !bufio.NewScanner(out).Scan() {
		t.Fatal("the process ended by itself")
	}
	s := open(t, path)
	next := func() (ledger.Run, error) {
		return s.Start(t.Context(), ledger.RunInfo{ID: "next", Scope: ledger.Real, Host: "container", PID: 1}, ledgertest.Keys(2))
	}
	stop(t, c.Process)
	var locked *ledger.LockedError
	if _, err := next(); !errors.As(err, &locked) || locked.RunID != "held" || locked.Circuits != 2 {
		t.Errorf("while it is stopped: %v, want a *LockedError", err)
	}
	c.Process.Kill()
	c.Wait()
	run, err := next()
	if err != nil {
		t.Fatalf("after it was killed: %v", err)
	}
	past, err := run.Past(t.Context(), batch.PlaceLOA, ledgertest.Keys(2))
	if err != nil || !past[ledgertest.Key(0)].Open {
		t.Errorf("%+v, %v", past, err)
	}
	if err := run.End(t.Context(), ledger.RunEnd{}); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(path + ".locks"); err != nil || len(left) != 0 {
		t.Errorf("%d lock files are left, %v", len(left), err)
	}
}

// runAgainAndAgain opens the ledger, makes a run and closes it until killed. Its circuits overlap
// those of others, so some runs do not start.
func runAgainAndAgain(path string, n int) error {
	ctx := context.Background()
	random := rand.New(rand.NewPCG(uint64(n), 11))
	for i := 0; ; i++ {
		s, err := sqlite.Open(ctx, path)
		if err != nil {
			return err
		}
		first := random.IntN(300)
		keys := ledgertest.Keys(1500)[first : first+1+random.IntN(1200)]
		run, err := s.Start(ctx, ledger.RunInfo{ID: fmt.Sprint(n, "-", i), Scope: ledger.Real}, keys)
		if _, locked := errors.AsType[*ledger.LockedError](err); err != nil && !locked {
			return err
		}
		for k := range min(len(keys), 20) {
			if err != nil {
				break
			}
			if err := run.Finish(ctx, ledgertest.Outcome(ledgertest.Application(first+k), sheet.NotAttempted)); err != nil {
				return err
			}
		}
		if err == nil && random.IntN(4) > 0 {
			if err := run.End(ctx, ledger.RunEnd{}); err != nil {
				return err
			}
		}
		if err := s.Close(); err != nil {
			return err
		}
	}
}

// TestSoundLedgerIsNeverRefused has processes open, write, seal and close a ledger at the same
// time, and kills them. None may find it damaged or fail for another reason.
func TestSoundLedgerIsNeverRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	kills := 24
	if testing.Short() {
		kills = 6
	}
	random := rand.New(rand.NewPCG(9, 12))
	var all sync.WaitGroup
	for slot := range 3 {
		lives := make([]time.Duration, kills/3)
		for i := range lives {
			lives[i] = time.Duration(50+random.IntN(400)) * time.Millisecond
		}
		all.Go(func() {
			for i, life := range lives {
				c := play("run again and again", path, slot*1000+i)
				if err := c.Start(); err != nil {
					t.Error(err)
					return
				}
				time.AfterFunc(life, func() { c.Process.Kill() })
				if c.Wait(); c.ProcessState.Exited() && (runtime.GOOS != "windows" || c.ProcessState.ExitCode() != 1) {
					t.Errorf("process %d of slot %d ended by itself: %v", i, slot, c.ProcessState)
				}
			}
		})
	}
	all.Wait()
	s := open(t, path)
	if health, err := s.Check(t.Context()); err != nil {
		t.Errorf("%+v, %v", health, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}
