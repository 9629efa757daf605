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

// TestWindowCountsAsTheDefinitionDoes compares the window with its definition: the number
// of arrivals in (t-length, t], recounted for every t.
func TestWindowCountsAsTheDefinitionDoes(t *testing.T) {
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 0))
		w := window{limit: 1 + r.IntN(8), length: time.Duration(1+r.IntN(20)) * time.Second}
		count := func(times []time.Time, at time.Time) (n int) {
			for _, x := range times {
				if x.After(at.Add(-w.length)) && !x.After(at) {
					n++
				}
			}
			return n
		}
		var arrived, admitted []time.Time
		at, most := start, 0
		for range 200 {
			at = at.Add(time.Duration(r.IntN(4)) * time.Second) // whole seconds, to hit the edges
			arrived = append(arrived, at)
			most = max(most, count(arrived, at))
			wait, ok := w.arrive(at)
			if want := count(admitted, at) < w.limit; ok != want {
				t.Fatalf("seed %d: admitted %t, want %t", seed, ok, want)
			}
			if ok {
				admitted = append(admitted, at)
				continue
			}
			if wait <= 0 || count(admitted, at.Add(wait)) >= w.limit || count(admitted, at.Add(wait-1)) < w.limit {
				t.Fatalf("seed %d: wait %v is not when the next request fits", seed, wait)
			}
		}
		if w.most != most {
			t.Fatalf("seed %d: most in a window %d, want %d", seed, w.most, most)
		}
		for _, x := range admitted {
			if n := count(admitted, x); n > w.limit {
				t.Fatalf("seed %d: %d admitted in a window of %d", seed, n, w.limit)
			}
		}
	}
}

func TestQuotaIsOfEachRegionAndAPI(t *testing.T) {
	now := time.Now()
	s := simulate(t, Options{Quota: 2, Window: 10 * time.Second, Now: func() time.Time { return now }})
	call := func(api, region string) reply {
		return get(t, s, api, map[string]string{"RegionId": region})
	}
	for i, want := range []string{"", "", "Throttling.User"} {
		if i == 1 {
			now = now.Add(4 * time.Second)
		}
		if r := call("DescribeRegions", "cn-hangzhou"); r.code() != want {
			t.Fatalf("call %d: %d %s, want %q", i, r.status, r.body, want)
		}
	}
	r := call("DescribeRegions", "cn-hangzhou")
	if got := r.header.Get("x-ratelimit-user-api"); r.status != 400 || got != "Limit:2,Remain:0,TimeLeft:6001" {
		t.Errorf("throttled: status %d, header %q", r.status, got)
	}
	if r := call("DescribeRegions", "cn-beijing"); r.status != 200 {
		t.Errorf("another region: %d %s", r.status, r.body)
	}
	if r := call("GetPhysicalConnectionServiceStatus", "cn-hangzhou"); r.status != 200 {
		t.Errorf("another API: %d %s", r.status, r.body)
	}
	now = now.Add(6 * time.Second)
	if r := call("DescribeRegions", "cn-hangzhou"); r.status != 200 {
		t.Errorf("when the first one has left the window: %d %s", r.status, r.body)
	}
	st := s.Stats()
	want := LaneStats{Account: "1000000000000001", Region: "cn-hangzhou", API: "DescribeRegions", Requests: 5, Throttled: 2, MaxInWindow: 4, MaxInFlight: 1, First: now.Add(-10 * time.Second).UTC(), Last: now.UTC()}
	if len(st.Lanes) != 3 || st.Lanes[1] != want || st.Throttled != 2 || st.Answers["Throttling.User"] != 2 {
		t.Errorf("stats %+v", st)
	}
}

func TestQuotaDefaultsToTheDocumentedOne(t *testing.T) {
	now := time.Now()
	at := func() time.Time { return now }
	s, unlimited := simulate(t, Options{Now: at}), simulate(t, Options{Now: at, Quota: -1})
	for i := range 301 {
		want := 200
		if i == 300 {
			want = 400
		}
		if r := get(t, s, "DescribeRegions", nil); r.status != want {
			t.Fatalf("call %d of a window: %d %s", i+1, r.status, r.body)
		}
		if r := get(t, unlimited, "DescribeRegions", nil); r.status != 200 {
			t.Fatalf("call %d without a limit: %d %s", i+1, r.status, r.body)
		}
	}
	if l := unlimited.Stats().Lanes[0]; l.MaxInWindow != 301 {
		t.Errorf("without a limit the most in a window is %d", l.MaxInWindow)
	}
}

func TestThrottledCallHasNoEffect(t *testing.T) {
	s := simulate(t, Options{Quota: 1})
	for i := range 3 {
		get(t, s, firstApply, application(fmt.Sprint("pc-", i), fmt.Sprint("t", i)))
	}
	if st := s.Stats(); st.Accepted != 1 || st.Throttled != 2 || len(st.Circuits) != 1 {
		t.Errorf("stats %+v", st)
	}
}

// TestStatsAddUpUnderLoad sends applications from many clients at once under a random
// fault plan, some of them for the same circuits. Each client repeats a call with its
// token until it succeeds.
func TestStatsAddUpUnderLoad(t *testing.T) {
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
		checkStats(t, s.Stats(), circuits, int(sent.Load()))
	}
}

// checkStats checks the invariants of the statistics.
func checkStats(t *testing.T, st Stats, circuits, sent int) {
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
			t.Errorf("circuit %+v: %d applications are accounted for", c, sum)
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
		queries[i] = "/?" + signedQuery("POST", testSecret, p)
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
