package endtoend_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/simulator"
)

// countedQuota is a service that counts a quota of 20 requests in a second, strictly, and
// processes that share a ledger.
type countedQuota struct {
	*testing.T
	dir, url string
	sim      *simulator.Simulator
}

const (
	countedN    = 20
	countedRate = "20/1s"
)

func newCountedQuota(t *testing.T) *countedQuota {
	q := &countedQuota{T: t, dir: t.TempDir()}
	q.sim = simulator.New(simulator.Options{Keys: map[string]string{"id": "secret"}, Quota: countedN, Window: time.Second})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	q.url = "http://" + listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- q.sim.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		<-served
	})
	return q
}

// workbook makes a workbook of circuits that no other has, all in one region.
func (q *countedQuota) workbook(name string, rows int) string {
	book := clitest.Circuits(rows)
	for i := range rows {
		id := fmt.Sprintf("pc-%s%04d", name, i)
		book[0].Rows[i+1][0], book[0].Rows[i+1][1], book[1].Rows[i+1][0] = id, "cn-hangzhou", id
	}
	path := filepath.Join(q.dir, name+".xlsx")
	if err := os.WriteFile(path, clitest.Pack(book), 0o600); err != nil {
		q.Fatal(err)
	}
	return path
}

// command is a command of the program with the ledger that all share.
func (q *countedQuota) command(args ...string) *exec.Cmd {
	args = append(args, "--endpoint", q.url, "--rate", countedRate, "--timeout", "20s", "--ledger", filepath.Join(q.dir, "ledger.db"), "-q")
	cmd := exec.Command("loabatch", args...)
	cmd.Env = append(os.Environ(), "ALIBABA_CLOUD_ACCESS_KEY_ID=id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=secret")
	return cmd
}

func (q *countedQuota) must(cmd *exec.Cmd) {
	if out, err := cmd.CombinedOutput(); err != nil {
		q.Errorf("%v\n%s", err, out)
	}
}

// check checks that nothing was throttled. How much of the quota is used is tested by package
// quota, in virtual time.
func (q *countedQuota) check(accepted int, within time.Duration) {
	q.Helper()
	stats := q.sim.Stats()
	for _, lane := range stats.Lanes {
		if lane.Throttled != 0 || lane.MaxInWindow > countedN {
			q.Errorf("%s: %d requests throttled, %d in a window of %d", lane.API, lane.Throttled, lane.MaxInWindow, countedN)
		}
	}
	if stats.Accepted != accepted || stats.Duplicates != 0 {
		q.Errorf("%d applications accepted, %d twice, want %d", stats.Accepted, stats.Duplicates, accepted)
	}
	ideal := time.Duration(float64(accepted-countedN/5) / countedN * float64(time.Second))
	q.Logf("%d applications in %v, by the quota %v", accepted, within.Round(time.Millisecond), ideal)
}

func TestOneQuotaForAllFilesOfACommand(t *testing.T) {
	t.Parallel()
	q := newCountedQuota(t)
	args := []string{"submit", "--yes", "-o", q.dir}
	for i := range 10 {
		args = append(args, q.workbook(fmt.Sprint("file", i), 10))
	}
	begun := time.Now()
	q.must(q.command(args...))
	q.check(100, time.Since(begun))
}

func TestOneQuotaForAllProcesses(t *testing.T) {
	t.Parallel()
	q := newCountedQuota(t)
	begun := time.Now()
	var all sync.WaitGroup
	for i := range 3 {
		cmd := q.command("submit", "--yes", "-o", filepath.Join(q.dir, fmt.Sprint("out", i, ".xlsx")), q.workbook(fmt.Sprint("process", i), 33))
		all.Go(func() { q.must(cmd) })
	}
	all.Wait()
	q.check(99, time.Since(begun))
}

func TestOneQuotaForAllRestarts(t *testing.T) {
	t.Parallel()
	q := newCountedQuota(t)
	input := q.workbook("restarted", 40) // the quota held by the killed processes is released late
	for range 5 {
		cmd := q.command("submit", "--yes", "-o", filepath.Join(q.dir, "out.xlsx"), input)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(400 * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
	}
	q.must(q.command("submit", "--yes", "-o", filepath.Join(q.dir, "out.xlsx"), input))
	q.check(40, 0)
}

// Reading takes from the quotas too: an online dry run and status, with the ledger of a
// run that is sending.
func TestOneQuotaForReading(t *testing.T) {
	t.Parallel()
	q := newCountedQuota(t)
	input := q.workbook("sent", 20)
	q.must(q.command("submit", "--yes", "-o", filepath.Join(q.dir, "out.xlsx"), input))
	var all sync.WaitGroup
	for i := range 12 { // each reads a page or more
		args := []string{"status", "-o", filepath.Join(q.dir, fmt.Sprint("status", i, ".xlsx")), input}
		if i%2 == 0 {
			args = []string{"submit", "--dry-run=online", q.workbook(fmt.Sprint("dry", i), 12)}
		}
		cmd := q.command(args...)
		all.Go(func() {
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if err != nil && (!errors.As(err, &exit) || exit.ExitCode() > 5 || strings.Contains(string(out), "ledger")) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	all.Wait()
	q.check(20, 0)
}
