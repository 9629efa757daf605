//go:build unix

package cloud

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/batch/simulator"
	"github.com/loabatch/loabatch/sheet"
)

// costServer names the variable that turns this test binary into a simulator, whose CPU time then does not
// count as the client's.
const costServer = "LOABATCH_COST_SERVER"

// TestCostServer is the simulator's process; without the variable it does nothing.
func TestCostServer(t *testing.T) {
	if os.Getenv(costServer) == "" {
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("http://%s\n", l.Addr())
	sim := simulator.New(simulator.Options{Keys: map[string]string{"id": "secret"}, Quota: -1})
	if err := sim.Serve(t.Context(), l); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkWholeRow compares a whole run without a limit (engine, quota, durable ledger,
// cloud) with the bare SDK, used in the only safe way, both against the same simulator
// in another process and with the same number of calls in flight. They take turns, so a
// machine whose speed drifts affects both equally; what counts is the ratio.
func BenchmarkWholeRow(b *testing.B) {
	url := startCostServer(b)
	for _, flight := range []int{8, 64} {
		b.Run(fmt.Sprintf("flight=%d", flight), func(b *testing.B) {
			var sdk, run cost
			for n := 0; b.Loop(); n++ {
				sdk.measure(func() { bareSDK(b, url, flight, costApplications(fmt.Sprintf("sdk-%d-%d-%d", flight, b.N, n))) })
				run.measure(func() { wholeRun(b, url, flight, costApplications(fmt.Sprintf("run-%d-%d-%d", flight, b.N, n))) })
			}
			b.ReportMetric(run.perSecond()/sdk.perSecond(), "rows/s-ratio")
			b.ReportMetric(run.cpu.Seconds()/sdk.cpu.Seconds(), "cpu-ratio")
			for name, c := range map[string]*cost{"sdk": &sdk, "run": &run} {
				b.ReportMetric(c.perSecond(), name+"-rows/s")
				b.ReportMetric(c.perRow(float64(c.cpu.Microseconds())), name+"-cpu-µs/row")
				b.ReportMetric(c.perRow(float64(c.allocations)), name+"-allocs/row")
			}
		})
	}
}

func startCostServer(b *testing.B) string {
	server := exec.Command(os.Args[0], "-test.run=^TestCostServer$")
	server.Env = append(os.Environ(), costServer+"=1")
	out, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// costRows is how many rows one pass has: enough to make the startup negligible.
const costRows = 4000

// cost is what passes have taken so far.
type cost struct {
	passes      int
	wall, cpu   time.Duration // cpu of this process
	allocations uint64
}

// measure adds a pass.
func (c *cost) measure(pass func()) {
	var before, after runtime.MemStats
	runtime.GC() // do not count the garbage of the other pass
	runtime.ReadMemStats(&before)
	wall, cpu := time.Now(), processorTime()
	pass()
	c.wall += time.Since(wall)
	c.cpu += processorTime() - cpu
	runtime.ReadMemStats(&after)
	c.allocations += after.Mallocs - before.Mallocs
	c.passes++
}

func (c *cost) perSecond() float64 { return float64(c.passes*costRows) / c.wall.Seconds() }

func (c *cost) perRow(n float64) float64 { return n / float64(c.passes*costRows) }

func costApplications(name string) []batch.Application {
	apps := make([]batch.Application, costRows)
	model := application()
	for i := range apps {
		apps[i] = model
		apps[i].Row = i + 2
		apps[i].Key.InstanceID = fmt.Sprintf("pc-cost%s-%d", name, i)
		apps[i].Token = fmt.Sprintf("cost-%s-%d", name, i)
	}
	return apps
}

// bareSDK sends the applications through the SDK alone: a client for each goroutine, one
// transport behind them.
func bareSDK(b *testing.B, url string, flight int, apps []batch.Application) {
	host := strings.TrimPrefix(url, "http://")
	transport := newTransport(Endpoint{Host: host}, DefaultTimeout, flight)
	defer transport.CloseIdleConnections()
	next := make(chan *batch.Application)
	var working sync.WaitGroup
	for range flight {
		config := sdk.NewConfig()
		config.Transport = roundTripper(transport.RoundTrip)
		client, err := vpc.NewClientWithOptions("cn-hangzhou", config, &keyHolder{keys: keys{id: "id", secret: "secret"}})
		if err != nil {
			b.Fatal(err)
		}
		working.Go(func() {
			for a := range next {
				r := sdkRequest(a)
				r.Domain, r.Scheme, r.RegionId = host, "HTTP", a.Key.Region
				if _, err := client.ApplyPhysicalConnectionLOA(r); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range apps {
		next <- &apps[i]
	}
	close(next)
	working.Wait()
}

// wholeRun sends them as a run does, with a ledger on disk.
func wholeRun(b *testing.B, url string, flight int, apps []batch.Application) {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, filepath.Join(b.TempDir(), "ledger.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	keys := make([]batch.Key, len(apps))
	for i := range apps {
		keys[i] = apps[i].Key
	}
	run, err := store.Start(ctx, ledger.RunInfo{ID: "cost", Scope: ledger.Simulated}, keys)
	if err != nil {
		b.Fatal(err)
	}
	c, err := New(Config{Endpoint: url, Concurrency: flight, Credentials: StaticCredentials("id", "secret", "")})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	e := batch.Engine{Submitter: c, Finder: c, Ledger: run, Concurrency: flight}
	summary, err := e.Run(ctx, nil, &batch.Plan{Applications: apps})
	if err != nil {
		b.Fatal(err)
	}
	for _, o := range summary.Outcomes {
		if o.Result != sheet.Submitted {
			b.Fatalf("%s: %s %s", o.Key.InstanceID, o.Result, o.ErrorCode)
		}
	}
	if err := run.End(ctx, ledger.RunEnd{}); err != nil {
		b.Fatal(err)
	}
}

// processorTime is the CPU time of this process, user and system.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
