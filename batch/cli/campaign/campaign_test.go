//go:build unix

package campaign_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/ledger/postgres/pgtest"
)

// silence is how long a process may be silent before another takes over its rows, and grace is what that may
// take beyond it.
const (
	silence = 10 * time.Second
	grace   = 2 * time.Second
)

// variable is the environment variable that makes TestCampaigns play: ROUNDS or ROUNDS:SEED. A round takes
// about a quarter of an hour and has three campaigns for each number of hosts.
const variable = "LOABATCH_HOSTS"

// TestThreeHosts is a campaign of about a minute.
func TestThreeHosts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a minute")
	}
	c := newCampaign(t, plan{
		hosts: 3, regions: 2, rows: 500, n: 50, window: 5 * time.Second, seed: 1,
		every: 6 * time.Second, freezes: true, crashes: 1, skewed: os.Getenv("LOABATCH_POSTGRES") == "required",
	})
	c.play()
	c.check()
}

// TestClocksAhead has hosts whose clocks are twelve minutes ahead of the database's: for River all rows have been
// in hand for longer than they may be.
func TestClocksAhead(t *testing.T) {
	t.Parallel()
	if testing.Short() || os.Getenv("LOABATCH_POSTGRES") != "required" {
		t.Skip("builds a program with another clock")
	}
	c := newCampaign(t, plan{hosts: 2, regions: 2, rows: 800, n: 50, window: 5 * time.Second, seed: 1, skewed: true, ahead: 12 * time.Minute})
	c.play()
	c.check()
}

// TestCampaigns plays campaigns with 1, 2, 4 and 8 hosts: one in which nothing dies, for the share of the
// quota that is used, one with kills, for the time until others take over, and one with kills every few
// seconds, frozen processes and two crashes of the database.
func TestCampaigns(t *testing.T) {
	text := os.Getenv(variable)
	if text == "" {
		t.Skip("set " + variable + "=ROUNDS")
	}
	rounds, seed := 0, uint64(1)
	if n, err := fmt.Sscanf(text, "%d:%d", &rounds, &seed); n == 0 {
		t.Fatalf("%s: %v", variable, err)
	}
	for round := range rounds {
		for _, hosts := range []int{1, 2, 4, 8} {
			p := plan{hosts: hosts, regions: 1 + round%3, n: 100, window: 10 * time.Second, seed: seed + uint64(round), skewed: true}
			p.rows = 420 * p.regions
			playNamed(t, p)
			p.rows, p.every = 700*p.regions, 16*time.Second/time.Duration(min(hosts, 3))
			playNamed(t, p)
			// A host needs more than a silence to find that nobody works on the batch any more.
			p.every, p.freezes, p.crashes = max(16*time.Second/time.Duration(hosts), 3*time.Second), true, 2
			if p.seed%3 == 0 {
				p.faults = "503:2%,503-after:1%,drop:1%,drop-after:1%,throttle:0.5%"
			}
			playNamed(t, p)
		}
	}
}

func playNamed(t *testing.T, p plan) {
	name := "calm"
	switch {
	case p.crashes > 0:
		name = "storm"
	case p.every > 0:
		name = "kills"
	}
	t.Run(fmt.Sprintf("%d hosts %s seed %d", p.hosts, name, p.seed), func(t *testing.T) {
		c := newCampaign(t, p)
		c.play()
		c.check()
	})
}

// plan says what happens in a campaign.
type plan struct {
	hosts   int
	regions int
	rows    int
	n       int // the quota: n requests in any window
	window  time.Duration
	faults  string
	seed    uint64
	skewed  bool          // the clocks of the hosts are up to 30 s apart from the database's
	ahead   time.Duration // and ahead of it by this

	every   time.Duration // something happens to a process about as often; 0 means never
	freezes bool          // processes are frozen too, for longer than the silence
	crashes int           // of the database
}

// String describes the plan.
func (p plan) String() string {
	text := fmt.Sprintf("%d hosts, %d rows in %d regions at %d/%v, seed %d", p.hosts, p.rows, p.regions, p.n, p.window, p.seed)
	if p.every > 0 {
		text += fmt.Sprintf(", a blow every %v, %d crashes of the database", p.every, p.crashes)
	}
	if p.faults != "" {
		text += ", faults " + p.faults
	}
	return text
}

// ideal is how long the rows take within the quota: a fifth of a window at once, the rest paced.
func (p plan) ideal() time.Duration {
	each := (p.rows + p.regions - 1) / p.regions
	return time.Duration(float64(each-p.n/5) / float64(p.n) * float64(p.window))
}

// campaign is a campaign in progress.
type campaign struct {
	*testing.T
	plan    plan
	dir     string
	program string // the path of loabatch
	ledger  string // the address of the ledger
	server  *pgtest.Server
	service *service
	hosts   []*host
	rand    *rand.Rand // of the storm

	over   atomic.Bool // the batch has ended
	waking sync.WaitGroup

	mu        sync.Mutex
	processes []*process // in the order of their numbers
	events    []event
	ended     []*process
}

// event is something that happened to a process or the database.
type event struct {
	kind    string
	process int
	at      time.Time
	until   time.Time // of what takes a while
}

const (
	killed  = "killed"
	drained = "drained"
	frozen  = "frozen"
	crashed = "crashed" // the database
)

func newCampaign(t *testing.T, p plan) *campaign {
	c := &campaign{T: t, plan: p, dir: t.TempDir(), rand: rand.New(rand.NewPCG(p.seed, 15)), program: "loabatch"}
	c.server = pgtest.Start(t)
	c.ledger = c.server.Database(t)
	c.service = newService(t, p)
	if p.skewed {
		c.program = skewedProgram(t)
	}
	book := clitest.Circuits(p.rows)
	names := []string{"cn-hangzhou", "cn-shanghai", "ap-southeast-1", "cn-beijing", "cn-shenzhen"}
	for i := range p.rows {
		book[0].Rows[i+1][1] = names[i%p.regions]
	}
	if err := os.WriteFile(c.path("book.xlsx"), clitest.Pack(book), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range p.hosts {
		h := &host{campaign: c, number: i}
		if p.skewed {
			h.skew = p.ahead + time.Duration(c.rand.IntN(61)-30)*time.Second
		}
		c.hosts = append(c.hosts, h)
	}
	return c
}

func (c *campaign) note(e event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, e)
}

func (c *campaign) end(p *process) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = append(c.ended, p)
}

// during returns the events of a kind that touch a time.
func (c *campaign) during(kind string, from, to time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.events, func(e event) bool {
		return e.kind == kind && !e.at.After(to) && (e.until.IsZero() || !e.until.Before(from))
	})
}

// away reports whether the database was away while a process started: it may then give up.
func (c *campaign) away(p *process) bool {
	return c.during(crashed, p.begun.Add(-time.Second), p.begun.Add(10*time.Second))
}

// pause is the time until somebody starts the program again.
func (c *campaign) pause() { time.Sleep(time.Duration(100+rand.IntN(2000)) * time.Millisecond) }

// play plays the campaign to its end.
func (c *campaign) play() {
	var all sync.WaitGroup
	patience := 3*c.plan.ideal() + 3*time.Minute
	giveUp := time.AfterFunc(patience, func() {
		c.over.Store(true)
		c.Errorf("not over after %v", patience)
		for _, h := range c.hosts {
			h.signal(syscall.SIGKILL, func(*process) {})
		}
	})
	defer giveUp.Stop()
	begun := time.Now()
	for _, h := range c.hosts {
		all.Go(h.work)
	}
	c.recordTakeovers()
	if c.plan.every > 0 {
		c.storm()
	}
	all.Wait()
	c.waking.Wait()
	c.Logf("%v: %v, by the quota %v", c.plan, time.Since(begun).Round(time.Second/10), c.plan.ideal())
}

// storm does things to the processes and the database until three quarters of the rows were accepted.
func (c *campaign) storm() {
	var database sync.WaitGroup
	defer database.Wait()
	crashes := 0
	for blows := 0; !c.over.Load(); blows++ {
		wait := c.plan.every/2 + time.Duration(c.rand.Int64N(int64(c.plan.every)))
		time.Sleep(wait)
		done := c.service.accepted()
		if done > c.plan.rows*3/4 {
			return
		}
		if crashes < c.plan.crashes && done > c.plan.rows*(crashes+1)/(c.plan.crashes+2) {
			crashes++
			database.Wait()
			away := time.Duration(1000+c.rand.IntN(14000)) * time.Millisecond
			database.Go(func() { c.crash(away) })
		}
		h := c.hosts[c.rand.IntN(len(c.hosts))]
		switch dice := c.rand.IntN(10); {
		case c.plan.freezes && (dice >= 7 || blows == 0):
			h.freeze(silence + grace + time.Duration(c.rand.IntN(10000))*time.Millisecond)
		case dice < 6:
			h.kill()
		case dice < 7:
			h.drain()
		}
	}
}

// crash kills the database and starts it again after a while.
func (c *campaign) crash(away time.Duration) {
	c.mu.Lock()
	i := len(c.events)
	c.events = append(c.events, event{kind: crashed, at: time.Now()})
	c.mu.Unlock()
	c.server.Crash(c.T)
	time.Sleep(away)
	c.server.Restart(c.T)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events[i].until = time.Now()
}

// check compares what the service has seen and what the copies say with our promises.
func (c *campaign) check() {
	stats := c.service.sim.Stats()
	if stats.Accepted != c.plan.rows || stats.Duplicates != 0 || stats.Mismatches != 0 {
		c.Errorf("%d applications accepted of %d rows, %d of them twice, %d tokens with other parameters", stats.Accepted, c.plan.rows, stats.Duplicates, stats.Mismatches)
	}
	var used []string
	for _, lane := range stats.Lanes {
		if lane.MaxInWindow > c.plan.n || lane.Throttled > 0 {
			c.Errorf("%s in %s: %d requests in a window of %d, %d throttled", lane.API, lane.Region, lane.MaxInWindow, c.plan.n, lane.Throttled)
		}
		if lane.API == "ApplyPhysicalConnectionLOA" {
			share := float64(c.plan.ideal()) / float64(lane.Last.Sub(lane.First))
			used = append(used, fmt.Sprintf("%s %d/%d in a window, %.1f %% used", lane.Region, lane.MaxInWindow, c.plan.n, 100*share))
			// Whatever the clocks say, the rows are handed out once the circuits have been read.
			if opening := lane.First.Sub(c.processes[0].begun); c.plan.every == 0 && opening > 15*time.Second && os.Getenv(variable) != "" {
				c.Errorf("%s: the first application came after %v", lane.Region, opening)
			}
			if c.plan.every == 0 && share < 0.97 && os.Getenv(variable) != "" {
				c.Errorf("%s: %.1f %% of burst and pace used", lane.Region, 100*share)
			}
		}
	}
	c.checkCopies()
	c.checkCalls()
	c.checkTakeovers()
	c.Logf("%s; %d starts, events %v, ends %v; accepted %d, doubles %d, replays %d", strings.Join(used, "; "), len(c.processes), c.tally(), c.codes(), stats.Accepted, stats.Duplicates, stats.Totals.Replays)
}

// tally counts the events by kind.
func (c *campaign) tally() map[string]int {
	count := map[string]int{}
	for _, e := range c.events {
		count[e.kind]++
	}
	return count
}

// codes counts the exit codes, -1 for killed.
func (c *campaign) codes() map[int]int {
	count := map[int]int{}
	for _, p := range c.ended {
		count[p.code]++
	}
	return count
}

// checkCopies checks that all copies of a batch are the same, and that it accepted all its rows. Where all hosts were
// dead for a silence, or the only one was drained, there is another batch, which finds rows of the first ALREADY there.
func (c *campaign) checkCopies() {
	batches := c.server.Query(c.T, c.database(), "SELECT count(*) FROM loabatch.runs")
	copies := map[string][]string{}
	for _, p := range c.ended {
		if p.code != 0 {
			continue
		}
		d, err := p.document()
		if err != nil {
			c.Errorf("process %d: %v\n%s", p.number, err, tail(p.stdout.Bytes()))
			continue
		}
		copies[d.RunID] = append(copies[d.RunID], p.out)
		if d.Rows != c.plan.rows || d.Results["SUBMITTED"] != c.plan.rows && (batches == "1" || d.Results["SUBMITTED"]+d.Results["ALREADY"] != c.plan.rows) {
			c.Errorf("process %d: %d rows, results %v", p.number, d.Rows, d.Results)
		}
	}
	if len(copies) != 1 {
		c.Errorf("%d batches ended: %v", len(copies), copies)
	}
	for _, paths := range copies {
		c.Logf("%d copies of one batch of %s", len(paths), batches)
		for _, path := range paths[1:] {
			sameCells(c.T, paths[0], path)
		}
		for circuit, result := range results(c.T, paths[0]) {
			if result != "SUBMITTED" && result != "ALREADY" {
				c.Errorf("%s is %s", circuit, result)
			}
		}
	}
}

// checkCalls says how soon others continued what the killed processes were working on.
func (c *campaign) checkCalls() {
	calls := c.service.recorded()
	var delays []time.Duration
	for _, e := range c.events {
		if e.kind == killed {
			delays = append(delays, resumed(calls, e)...)
		}
	}
	slices.Sort(delays)
	if len(delays) > 0 {
		c.Logf("%d rows that killed processes had in hand were asked about or sent again after %v to %v, median %v", len(delays), delays[0].Round(time.Second/10),
			delays[len(delays)-1].Round(time.Second/10), delays[len(delays)/2].Round(time.Second/10))
	}
}

// resumed returns after how long another process asked about or applied for the circuits whose applications
// a killed process had sent and got no answer to.
func resumed(calls []call, e event) (delays []time.Duration) {
	for i, mine := range calls {
		if mine.process != e.process || !mine.applies || mine.at.After(e.at) || mine.answered.Before(e.at) && !mine.answered.IsZero() {
			continue
		}
		for _, other := range calls[i+1:] {
			if other.circuit == mine.circuit && other.process != mine.process && other.at.After(e.at) {
				delays = append(delays, other.at.Sub(e.at))
				break
			}
		}
	}
	return delays
}
