//go:build unix

package campaign_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// host is a machine on which people start the program again whenever it has ended before the batch.
type host struct {
	*campaign
	number int
	skew   time.Duration // of its clock

	mu      sync.Mutex
	current *process // nil between two
}

// process is one start of the program.
type process struct {
	host   *host
	number int // of all in the campaign
	cmd    *exec.Cmd
	out    string // its copy
	begun  time.Time

	stdout, stderr bytes.Buffer
	ended          chan struct{} // closed when it has, and then:
	at             time.Time
	code           int

	killed, frozen, drained bool // it was, at least once; guarded by host.mu, as the next one is
	stopped                 bool // it is frozen now
}

// command is the program as everybody starts it: nothing differs but the place of the copy.
func (h *host) command(number int) *process {
	p := &process{host: h, number: number, out: h.path(fmt.Sprintf("out-%d-%d.xlsx", h.number, number)), ended: make(chan struct{})}
	p.cmd = exec.Command(h.program, "submit", "--endpoint", h.service.url, "--yes", "--json",
		"--rate", fmt.Sprintf("%d/%s", h.plan.n, h.plan.window), "--max-attempts", "20", "-o", p.out, "--report", "csv", h.path("book.xlsx"))
	p.cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+h.path("state"), "LOABATCH_LEDGER="+h.ledger, "ALIBABA_CLOUD_ACCESS_KEY_ID="+keyOf(number), "ALIBABA_CLOUD_ACCESS_KEY_SECRET=secret",
		fmt.Sprintf("%s=%d", clockVariable, int(h.skew.Seconds())))
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	return p
}

// start starts the program.
func (h *host) start() *process {
	h.campaign.mu.Lock()
	p := h.command(len(h.processes))
	p.begun = time.Now()
	err := p.cmd.Start()
	if err == nil {
		h.processes = append(h.processes, p)
	}
	h.campaign.mu.Unlock()
	if err != nil {
		h.Errorf("%v", err)
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.current = p
	go func() {
		_ = p.cmd.Wait() // the code says it
		h.mu.Lock()
		defer h.mu.Unlock()
		h.current = nil
		p.at, p.code = time.Now(), p.cmd.ProcessState.ExitCode()
		close(p.ended)
	}()
	return p
}

// The exit codes of processes that were drained, and of those that did not find the database.
const (
	exitTerminated = 143
	exitUsage      = 2
)

// work starts the program until it has ended with the batch.
func (h *host) work() {
	for !h.over.Load() {
		p := h.start()
		if p == nil {
			return
		}
		<-p.ended
		h.end(p)
		switch {
		case p.code == 0:
			h.over.Store(true)
			return
		case p.killed || p.drained || p.frozen || h.away(p):
			if p.code != -1 && p.code != exitTerminated && p.code != exitUsage {
				h.Logf("process %d on host %d ended with %d\n%s", p.number, h.number, p.code, tail(p.stderr.Bytes()))
			}
		default:
			h.over.Store(true)
			h.Errorf("process %d on host %d ended with %d after %v\n%s\n%s", p.number, h.number, p.code, p.at.Sub(p.begun), tail(p.stdout.Bytes()), tail(p.stderr.Bytes()))
			return
		}
		h.pause()
	}
}

// signal sends a signal to the process that runs now, if any.
func (h *host) signal(signal syscall.Signal, note func(*process)) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.current == nil || h.current.stopped && signal != syscall.SIGKILL {
		return false
	}
	note(h.current)
	return h.current.cmd.Process.Signal(signal) == nil
}

// kill kills the process, as a power cut does.
func (h *host) kill() bool {
	return h.signal(syscall.SIGKILL, func(p *process) {
		p.killed = true
		h.note(event{kind: killed, process: p.number, at: time.Now()})
	})
}

// drain asks the process to end.
func (h *host) drain() bool {
	return h.signal(syscall.SIGTERM, func(p *process) {
		p.drained = true
		h.note(event{kind: drained, process: p.number, at: time.Now()})
	})
}

// freeze stops the process for a while.
func (h *host) freeze(d time.Duration) bool {
	var p *process
	since := time.Now()
	if !h.signal(syscall.SIGSTOP, func(current *process) { p, current.frozen, current.stopped = current, true, true }) {
		return false
	}
	h.waking.Go(func() {
		time.Sleep(d)
		h.note(event{kind: frozen, process: p.number, at: since, until: time.Now()})
		p.cmd.Process.Signal(syscall.SIGCONT)
		h.mu.Lock()
		defer h.mu.Unlock()
		p.stopped = false
	})
	return true
}

// document is what the tests read of the program's JSON document.
type document struct {
	RunID   string         `json:"run_id"`
	Rows    int            `json:"rows"`
	Results map[string]int `json:"results"`
}

func (p *process) document() (d document, err error) {
	err = json.Unmarshal(p.stdout.Bytes(), &d)
	return d, err
}

// tail returns the end of what a process printed.
func tail(text []byte) string { return string(text[max(0, len(text)-1500):]) }

func (c *campaign) path(name string) string { return filepath.Join(c.dir, name) }
