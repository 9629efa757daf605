//go:build unix

package campaign_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli/clitest"
	"github.com/loabatch/loabatch/batch/simulator"
)

// mostProcesses is how many processes a campaign may start: each has a key pair of its own, all of one
// account, by which the service tells them apart.
const mostProcesses = 500

// service is the simulated service of a campaign. Nothing but the client prevents that it accepts a circuit twice.
type service struct {
	sim *simulator.Simulator
	url string

	mu    sync.Mutex
	calls []*call // in order of arrival
}

// call is a call that concerns one circuit.
type call struct {
	process  int // that sent it
	circuit  string
	applies  bool // it is an application, not a lookup
	at       time.Time
	answered time.Time // zero until then
}

func newService(t *testing.T, p plan) *service {
	faults, err := simulator.ParseFaults(p.faults + ",ApplyPhysicalConnectionLOA/latency:60ms±50ms")
	if err != nil {
		t.Fatal(err)
	}
	options := simulator.Options{
		Keys: map[string]string{}, Quota: p.n, Window: p.window, Faults: faults, Seed: p.seed, AllowDuplicates: true,
	}
	if p.faults == "" { // else a lost answer is asked for again under its token
		options.TokenLife = time.Nanosecond
	}
	for i := range mostProcesses {
		options.Keys[keyOf(i)] = "secret"
	}
	s := &service{sim: simulator.New(options)}
	s.url = clitest.Serve(t, s.sim, s.watch)
	return s
}

func keyOf(process int) string { return fmt.Sprintf("process%d", process) }

// watch records the calls that are on their way to next.
func (s *service) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the client was killed
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, _ := url.ParseQuery(string(body)) // next refuses what cannot be parsed
		get := func(name string) string { return form.Get(name) + r.URL.Query().Get(name) }
		c := &call{circuit: get("InstanceId"), applies: strings.HasSuffix(get("Action"), "ApplyPhysicalConnectionLOA"), at: time.Now()}
		if _, err := fmt.Sscanf(get("AccessKeyId"), "process%d", &c.process); err != nil || c.circuit == "" {
			next.ServeHTTP(w, r)
			return
		}
		s.mu.Lock()
		s.calls = append(s.calls, c)
		s.mu.Unlock()
		next.ServeHTTP(w, r)
		s.mu.Lock()
		c.answered = time.Now()
		s.mu.Unlock()
	})
}

// accepted returns how many applications were accepted so far.
func (s *service) accepted() int { return s.sim.Stats().Accepted }

// recorded returns a copy of the calls so far.
func (s *service) recorded() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]call, len(s.calls))
	for i, c := range s.calls {
		all[i] = *c
	}
	return all
}
