package simulator

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// visible is what a client sees of each fault: status, part of the body, error.
var visible = map[string]seen{
	"500":         {500, `"Code":"InternalError"`, ""},
	"503":         {503, `"Code":"ServiceUnavailable"`, ""},
	"html":        {502, "<title>502 Bad Gateway</title>", ""},
	"504":         {504, "upstream request timeout", ""},
	"429":         {429, "too many requests", ""},
	"throttle":    {400, `"Code":"Throttling.User"`, ""},
	"busy":        {400, `"Code":"SystemBusy"`, ""},
	"conflict":    {400, `"Code":"OperationConflict"`, ""},
	"processing":  {403, `"Code":"LastTokenProcessing"`, ""},
	"drop":        {0, "", "closed"},
	"reset":       {0, "", "reset"},
	"cut":         {200, "", "cut"},
	"hang":        {0, "", "left"},
	"stall":       {200, "", "left"},
	"empty":       {200, "", ""},
	"204":         {204, "", ""},
	"null":        {200, "null", ""},
	"idless":      {200, "{}", ""},
	"code200":     {200, `"Code":"InternalError"`, ""},
	"hollow":      {200, `{"RequestId":"`, ""},
	"unlisted":    {400, `"Code":"InvalidOperation.Unlisted"`, ""},
	"unallocated": {400, `"Code":"IncorrectStatus.PhysicalConnection"`, ""},
	"spelling":    {200, `{"requestId":"`, ""},
	"types":       {500, `"Code":500`, ""},
	"idtype":      {200, `{"RequestId":17}`, ""},
	"redirect":    {307, "", ""},
	"huge":        {200, `"Padding":"xxxx`, ""},
}

func TestEveryFaultBothFailsAndHappens(t *testing.T) {
	for name := range kinds {
		for _, when := range []When{Before, After, Late} {
			f := Fault{Kind: name, When: when}
			t.Run(f.String(), func(t *testing.T) {
				s := simulate(t, Options{Late: time.Millisecond, Script: func(r Request) (Fault, bool) { return f, r.N == 1 }})
				server := httptest.NewServer(s)
				defer server.Close()
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				if name == "hang" {
					go func() {
						waitFor(t, func() bool { return s.Stats().Faults[f.String()] == 1 })
						leave()
					}()
				}
				got, want := whatIsSeen(ctx, server.URL, application("pc-one", "token"), func() {
					if name == "stall" {
						leave()
					}
				}), visible[name]
				if got.status != want.status || got.err != want.err || !strings.Contains(got.body, want.body) {
					t.Errorf("the client sees %d %.100q %s, want %d %q %s", got.status, got.body, got.err, want.status, want.body, want.err)
				}
				if when != Before {
					waitFor(t, func() bool { return s.Stats().Accepted == 1 })
				}
				st := s.Stats()
				if took := st.Accepted == 1; took != (when != Before) {
					t.Errorf("the application took effect: %t", took)
				}
				if st.Faults[f.String()] != 1 || st.Lanes[0].Requests != 1 {
					t.Errorf("stats %+v", st)
				}
				again := whatIsSeen(t.Context(), server.URL, application("pc-one", "token"))
				if st := s.Stats(); again.status != 200 || st.Accepted != 1 || st.Circuits[0].Replays != min(1, int(when)) {
					t.Errorf("the same application again: %+v, stats %+v", again, st)
				}
			})
		}
	}
}

func TestHeldAnswersArrive(t *testing.T) {
	cases := map[Fault]seen{
		{"hang", Before, time.Millisecond}:  {503, "ServiceUnavailable", ""},
		{"hang", After, time.Millisecond}:   {200, "RequestId", ""},
		{"hang", Late, time.Millisecond}:    {503, "ServiceUnavailable", ""},
		{"stall", Before, time.Millisecond}: {503, "ServiceUnavailable", ""},
		{"stall", After, time.Millisecond}:  {200, "RequestId", ""},
	}
	for f, want := range cases {
		s := simulate(t, Options{Script: func(Request) (Fault, bool) { return f, true }})
		server := httptest.NewServer(s)
		if got := whatIsSeen(t.Context(), server.URL, application("pc-one", "token")); got.status != want.status || got.err != "" || !strings.Contains(got.body, want.body) {
			t.Errorf("%v: %+v, want %+v", f, got, want)
		}
		server.Close()
	}
}

func TestThrottlingFaultsSayHowLongToWait(t *testing.T) {
	for name, header := range map[string][2]string{
		"throttle": {"x-ratelimit-user-api", "Limit:300,Remain:0,TimeLeft:200"},
		"429":      {"x-acs-retry-after", "200"},
	} {
		s := simulate(t, Options{Script: func(Request) (Fault, bool) { return Fault{Kind: name}, true }})
		if r := get(t, s, firstApply, application("pc-one", "token")); r.header.Get(header[0]) != header[1] {
			t.Errorf("%s: header %v", name, r.header)
		}
	}
}

func TestScriptSeesEveryCall(t *testing.T) {
	var got []Request
	s := simulate(t, Options{Script: func(r Request) (Fault, bool) { got = append(got, r); return Fault{}, false }})
	get(t, s, firstApply, application("pc-one", "token"))
	get(t, s, firstApply, application("pc-one", "token"))
	get(t, s, firstApply, application("pc-two", "token2"))
	get(t, s, "DescribeRegions", nil)
	want := []Request{{firstApply, testRegion, "pc-one", 1}, {firstApply, testRegion, "pc-one", 2}, {firstApply, testRegion, "pc-two", 1}, {"DescribeRegions", testRegion, "", 1}}
	if len(got) != len(want) {
		t.Fatalf("calls %v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("call %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func TestClosingDropsWhatIsStillToCome(t *testing.T) {
	s := simulate(t, Options{Late: time.Hour, Script: func(Request) (Fault, bool) { return Fault{Kind: "busy", When: Late}, true }})
	get(t, s, firstApply, application("pc-one", "token"))
	s.Close()
	get(t, s, firstApply, application("pc-two", "token2"))
	s.Close()
	if n := s.Stats().Accepted; n != 0 {
		t.Errorf("%d applications took effect", n)
	}
}
