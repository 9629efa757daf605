package simulator

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestBookkeepingAddsUpUnderLoad sends applications from many clients at once, some
// circuits from several, under a random fault plan, each client again and again with its
// token until it is told yes or no.
func TestBookkeepingAddsUpUnderLoad(t *testing.T) {
	const clients, circuits = 8, 32
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 1))
		faults, err := ParseFaults(fmt.Sprintf("503:%d%%,html:5%%,drop:8%%,cut:5%%,reset:5%%,busy:5%%,hang-late=20ms:2%%,stall-after=20ms:2%%,idtype:2%%,throttle:5%%,latency:2ms±2ms", 1+r.IntN(20)))
		if err != nil {
			t.Fatal(err)
		}
		s := simulate(t, Options{Quota: -1, Faults: faults, Seed: seed, Late: 5 * time.Millisecond, AllowDuplicates: seed == 2})
		server := httptest.NewServer(s)
		var sent atomic.Int64
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				for i := range circuits {
					if i%clients != c && i%7 != 0 { // every seventh circuit belongs to all clients
						continue
					}
					params := application(fmt.Sprint("pc-", i), fmt.Sprint("token-", i))
					for range 200 {
						got := whatIsSeen(t.Context(), server.URL, params)
						sent.Add(1)
						if got.status == 200 && strings.Contains(got.body, `"RequestId":"`) && got.err == "" {
							break
						}
					}
				}
			})
		}
		wg.Wait()
		server.Close()
		s.Close()
		holds(t, s.Stats(), circuits, int(sent.Load()))
	}
}

// holds checks what holds of the statistics whatever happened.
func holds(t *testing.T, st Stats, circuits, sent int) {
	t.Helper()
	answered := 0
	for _, counts := range []map[string]int{st.Answers, st.Faults} {
		for _, n := range counts {
			answered += n
		}
	}
	if answered != st.Requests || st.Requests > sent || st.Turned != 0 || st.Throttled != 0 || st.Mismatches != 0 || st.Tokenless != 0 {
		t.Errorf("%d requests sent, %d answered: %+v", sent, answered, st)
	}
	if len(st.Circuits) != circuits || st.Accepted != circuits || st.Duplicates != 0 || st.SecondTries != 0 {
		t.Errorf("%d of %d circuits accepted, %d duplicates, %d second tries", st.Accepted, circuits, st.Duplicates, st.SecondTries)
	}
	for _, c := range st.Circuits {
		if sum := c.Accepted + c.Replays + c.Processing + c.Mismatches + c.Refused; sum != c.Applications || c.Accepted != 1 || c.Tokens != 1 || c.LOAStatus != Applying {
			t.Errorf("circuit %+v: %d applications are told of", c, sum)
		}
	}
	if l := st.Lanes[0]; l.Requests != st.Requests || l.MaxInWindow > l.Requests || l.MaxInFlight < 2 {
		t.Errorf("lane %+v of %d requests", l, st.Requests)
	}
}

func BenchmarkApply(b *testing.B) {
	s := simulate(b, Options{Quota: -1})
	queries := make([]string, b.N)
	for i := range queries {
		p := commonParams(firstApply, time.Now())
		for name, value := range application(fmt.Sprint("pc-", i), fmt.Sprint("token-", i)) {
			p[name] = value
		}
		queries[i] = "/?" + signedQuery("POST", testKey, testSecret, p)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("POST", queries[i], nil))
		if w.Code != 200 {
			b.Fatal(w.Body.String())
		}
	}
}
