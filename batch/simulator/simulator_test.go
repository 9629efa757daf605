package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// served serves a simulator. It returns the URL, a function to stop it, and a channel with
// the result of Serve.
func served(t *testing.T, s *Simulator) (url string, stop context.CancelFunc, end <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	return "http://" + l.Addr().String(), stop, ended
}

func TestServeReportsStats(t *testing.T) {
	s := simulate(t, Options{})
	url, stop, ended := served(t, s)
	if got := whatIsSeen(t.Context(), url, application("pc-one", "token")); got.status != 200 {
		t.Fatalf("application: %+v", got)
	}
	answer, err := http.Get(url + "/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var st Stats
	if err := json.NewDecoder(answer.Body).Decode(&st); err != nil {
		t.Fatal(err)
	}
	if st.Accepted != 1 || st.Connections != 2 || len(st.Circuits) != 1 || st.Circuits[0].Token != "token" {
		t.Errorf("stats %+v", st)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Serve ends with %v", err)
	}
	if got := whatIsSeen(t.Context(), url, nil); got.err == "" {
		t.Errorf("after the end: %+v", got)
	}
}

func TestServeEndsHangingCalls(t *testing.T) {
	s := simulate(t, Options{Script: func(Request) (Fault, bool) { return Fault{Kind: "hang", When: After}, true }})
	url, stop, ended := served(t, s)
	answer := make(chan seen, 1)
	go func() { answer <- whatIsSeen(context.Background(), url, application("pc-one", "token")) }()
	waitFor(t, func() bool { return s.Stats().Accepted == 1 })
	stop()
	if got := <-answer; got.err != "closed" {
		t.Errorf("the hanging client sees %+v", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve ends with %v", err)
	}
}

func TestServeLetsCallsFinish(t *testing.T) {
	s := simulate(t, Options{Faults: Plan{Delays: []Delay{{Latency: time.Hour}}}})
	url, stop, ended := served(t, s)
	answer := make(chan seen, 1)
	go func() { answer <- whatIsSeen(context.Background(), url, application("pc-one", "token")) }()
	waitFor(t, func() bool { return len(s.Stats().Circuits) == 1 })
	stop()
	if got := <-answer; got.status != 200 {
		t.Errorf("the call in flight sees %+v", got)
	}
	if err := <-ended; err != nil || s.Stats().Accepted != 1 {
		t.Errorf("Serve ends with %v, %d applications accepted", err, s.Stats().Accepted)
	}
}

func TestServeReturnsTheListenersError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := simulate(t, Options{}).Serve(t.Context(), l); err == nil {
		t.Error("a closed listener is served")
	}
}

func TestServeBoundsWhatARequestMayHold(t *testing.T) {
	s := simulate(t, Options{})
	url, _, _ := served(t, s)
	for size, want := range map[int]int{maxURI + 1: http.StatusRequestURITooLong, 4 * maxURI: http.StatusRequestHeaderFieldsTooLarge} {
		answer, err := http.Post(url+"/?"+strings.Repeat("x", size), "text/plain", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("a URI of %d bytes: %d, want %d", size, answer.StatusCode, want)
		}
	}
}

// Nothing that identifies a person may appear anywhere but in the request.
func TestNoPersonalDataInOutput(t *testing.T) {
	var log bytes.Buffer
	first := true
	s := simulate(t, Options{
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Script: func(Request) (Fault, bool) {
			defer func() { first = false }()
			return Fault{Kind: "503", When: After}, first
		},
	})
	p := application("pc-one", "token")
	p["PMInfo.1.PMName"], p["PMInfo.1.PMCertificateNo"], p["PMInfo.1.PMContactInfo"] = "Zyxwv Example", "999999190001019999", "zyxwv@example.invalid"
	replies := get(t, s, firstApply, p).body + get(t, s, firstApply, p).body
	p["CompanyName"] = "Other"
	replies += get(t, s, firstApply, p).body
	p["PMInfo.1.PMGender"] = "?"
	replies += get(t, s, firstApply, p).body
	replies += get(t, s, "DescribePhysicalConnectionLOA", map[string]string{"InstanceId": "pc-one"}).body
	if _, err := s.Review("", "pc-one", Available); err != nil {
		t.Fatal(err)
	}
	line := completion("pc-one", "token-2")
	line["LineSPContactInfo"] = "uvwxyz@example.invalid"
	replies += get(t, s, completeAPI, line).body
	replies += get(t, s, "DescribePhysicalConnectionLOA", map[string]string{"InstanceId": "pc-one"}).body
	stats := send(t, s, "GET", "/stats?instance=pc-one", "").body
	for _, secret := range []string{"Zyxwv", "99999919", "zyxwv@", "uvwxyz", testSecret} {
		for name, text := range map[string]string{"stats": stats, "log": log.String(), "answers": replies} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: found %q:\n%s", name, secret, text)
			}
		}
	}
	for _, line := range []string{`msg=fault api=ApplyPhysicalConnectionLOA region_id=cn-hangzhou instance_id=pc-one n=1 fault=503-after`, `code=IdempotentParameterMismatch status=400`, `code=OK status=200`} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("the log has no %q:\n%s", line, log.String())
		}
	}
	if !strings.Contains(stats, `"engineers":1`) {
		t.Errorf("engineers are not counted: %s", stats)
	}
}

func TestMasked(t *testing.T) {
	for in, want := range map[string]string{"张三丰": "张****", "A": "****", "138": "13****"} {
		first := 1
		if in == "138" {
			first = 3
		}
		if got := masked(in, first); got != want {
			t.Errorf("masked(%q) = %q, want %q", in, got, want)
		}
	}
}

// A panic of the simulator, in a call or in a late effect, ends Serve with an error, without a stack trace
// and without its value.
func TestPanicEndsServe(t *testing.T) {
	var called atomic.Int64
	for name, o := range map[string]Options{
		"call": {Script: func(Request) (Fault, bool) { panic("made-up 000000199001010018") }},
		"late effect": {
			Late: 100 * time.Millisecond,
			Script: func(Request) (Fault, bool) {
				called.Store(time.Now().UnixNano())
				return Fault{Kind: "503", When: Late}, true
			},
			Now: func() time.Time {
				if at := called.Load(); at != 0 && time.Since(time.Unix(0, at)) > 50*time.Millisecond {
					panic("made-up 000000199001010018")
				}
				return time.Now()
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o.Keys = map[string]string{testKey: testSecret}
			url, _, ended := served(t, New(o))
			whatIsSeen(t.Context(), url, application("pc-one", "token"))
			if err := <-ended; err == nil || err.Error() != "the simulator panicked: string" {
				t.Errorf("Serve ends with %v", err)
			}
		})
	}
}
