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
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/simulator"
	"github.com/loabatch/loabatch/sheet"
)

// costServer names the variable that turns this test binary into a simulator, so that
// its processor time does not count as the client's.
const costServer = "LOABATCH_COST_SERVER"

// TestCostServer is the simulator's process; without the variable it is nothing.
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

// BenchmarkWholeRow sets a whole run without a limit (engine, quota, durable ledger, rim)
// beside the bare SDK in its one sound shape, both against the same simulator in another
// process, with as many calls in flight. The ratios are what counts: rows/s of run to
// sdk, and cpu-µs/row of run to sdk.
func BenchmarkWholeRow(b *testing.B) {
	url := startCostServer(b)
	lap := 0
	for _, flight := range []int{8, 64} {
		b.Run(fmt.Sprintf("sdk/flight=%d", flight), func(b *testing.B) {
			lap++
			measure(b, func(apps []batch.Application) { bareSDK(b, url, flight, apps) }, lap)
		})
		b.Run(fmt.Sprintf("run/flight=%d", flight), func(b *testing.B) {
			lap++
			measure(b, func(apps []batch.Application) { wholeRun(b, url, flight, apps) }, lap)
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

// costRows is how many rows one pass has: enough that starting up does not show.
const costRows = 4000

// measure times passes over fresh circuits and reports rows/s and processor time a row.
func measure(b *testing.B, pass func([]batch.Application), lap int) {
	b.ReportAllocs()
	n, began := 0, time.Now()
	before := processorTime()
	for b.Loop() {
		pass(costApplications(fmt.Sprintf("%d-%d", lap, n)))
		n += costRows
	}
	b.ReportMetric(float64(n)/time.Since(began).Seconds(), "rows/s")
	b.ReportMetric(float64((processorTime()-before).Microseconds())/float64(n), "cpu-µs/row")
}

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
	transport := newTransport(endpoint{host: host, scheme: "http"}, flight)
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
				r := applyQuestion(a).request.(*vpc.ApplyPhysicalConnectionLOARequest)
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
	store, err := ledger.Open(ctx, filepath.Join(b.TempDir(), "ledger.db"))
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

// processorTime is what this process has used, user and system.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
