package simulator

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestFaultDependsOnTheCallAlone(t *testing.T) {
	p, err := ParseFaults("503:20%,drop:20%,latency:20ms±10ms")
	if err != nil {
		t.Fatal(err)
	}
	differs := 0
	for i := range 1000 {
		c := &call{api: firstApply, region: testRegion, instance: fmt.Sprint("pc-", i/10), n: i%10 + 1}
		latency, fault := p.choose(7, c)
		again, same := p.choose(7, c)
		if latency != again || fault != same {
			t.Fatalf("call %d gets %v after %v, then %v after %v", i, fault, latency, same, again)
		}
		if latency < 10*time.Millisecond || latency > 30*time.Millisecond {
			t.Errorf("latency %v", latency)
		}
		if _, other := p.choose(8, c); other != fault {
			differs++
		}
	}
	if differs < 200 {
		t.Errorf("another seed changes the fault of %d calls in 1000", differs)
	}
}

func TestFaultsHappenAsOftenAsTheyShould(t *testing.T) {
	p, err := ParseFaults("503:10%,cut-after:5%,throttle:5%,ApplyPhysicalConnectionLOA/hang-late:1%,cn-beijing/html-before:30%")
	if err != nil {
		t.Fatal(err)
	}
	const calls = 40000
	cases := map[Scope]map[Fault]float64{
		{firstApply, testRegion}: {
			{Kind: "503"}: 5, {Kind: "503", When: After}: 5, {Kind: "cut", When: After}: 5, {Kind: "throttle"}: 5, {Kind: "hang", When: Late}: 1, {}: 79,
		},
		{"DescribePhysicalConnectionLOA", "cn-beijing"}: {
			{Kind: "503"}: 5, {Kind: "503", When: After}: 5, {Kind: "cut", When: After}: 5, {Kind: "throttle"}: 5, {Kind: "html"}: 30, {}: 50,
		},
		{"GetCallerIdentity", testRegion}: {{}: 100},
	}
	for sc, want := range cases {
		seen := map[Fault]int{}
		for i := range calls {
			_, f := p.choose(1, &call{api: sc.API, region: sc.Region, instance: fmt.Sprint("pc-", i), n: 1})
			seen[f]++
		}
		for f := range seen {
			if _, expected := want[f]; !expected {
				t.Errorf("%v: %v happens", sc, f)
			}
		}
		for f, percent := range want {
			expect := calls * percent / 100
			if spread := 5 * math.Sqrt(expect); math.Abs(float64(seen[f])-expect) > spread {
				t.Errorf("%v: %v happens %d times, want %.0f give or take %.0f", sc, f, seen[f], expect, spread)
			}
		}
	}
}

func TestNarrowestDelayCounts(t *testing.T) {
	p, err := ParseFaults("ApplyPhysicalConnectionLOA/cn-beijing/latency:4s,cn-beijing/latency:3s,ApplyPhysicalConnectionLOA/latency:2s,latency:1s")
	if err != nil {
		t.Fatal(err)
	}
	for sc, want := range map[Scope]time.Duration{
		{firstApply, "cn-beijing"}: 4 * time.Second, {secondApply, "cn-beijing"}: 3 * time.Second,
		{firstApply, testRegion}: 2 * time.Second, {secondApply, testRegion}: time.Second, {"GetCallerIdentity", testRegion}: 0,
	} {
		if got, _ := p.choose(1, &call{api: sc.API, region: sc.Region}); got != want {
			t.Errorf("%v waits %v, want %v", sc, got, want)
		}
	}
}

func TestParseFaults(t *testing.T) {
	cases := map[string]Plan{
		"":                {},
		" , ":             {},
		"503:5%":          {Shares: []Share{{Fault: Fault{Kind: "503"}, Either: true, Percent: 5}}},
		"busy:1%":         {Shares: []Share{{Fault: Fault{Kind: "busy"}, Percent: 1}}},                  // denies any effect, so before
		"spelling:1%":     {Shares: []Share{{Fault: Fault{Kind: "spelling", When: After}, Percent: 1}}}, // affirms it, so after
		"cut-before:100%": {Shares: []Share{{Fault: Fault{Kind: "cut"}, Percent: 100}}},
		"drop-after:0.5%, throttle-late:2%": {Shares: []Share{
			{Fault: Fault{Kind: "drop", When: After}, Percent: 0.5}, {Fault: Fault{Kind: "throttle", When: Late}, Percent: 2},
		}},
		"hang-after=3s:1%,stall=1m30s:2%": {Shares: []Share{
			{Fault: Fault{Kind: "hang", When: After, Hold: 3 * time.Second}, Percent: 1},
			{Fault: Fault{Kind: "stall", Hold: 90 * time.Second}, Either: true, Percent: 2},
		}},
		"ApplyPhysicalConnectionLOA/cn-beijing/html-before:60%,cn-hangzhou/html-before:60%": {Shares: []Share{
			{Fault: Fault{Kind: "html"}, Scope: Scope{firstApply, "cn-beijing"}, Percent: 60},
			{Fault: Fault{Kind: "html"}, Scope: Scope{Region: "cn-hangzhou"}, Percent: 60},
		}},
		"latency:20ms±10ms":        {Delays: []Delay{{Latency: 20 * time.Millisecond, Jitter: 10 * time.Millisecond}}},
		"latency:20ms+-10ms":       {Delays: []Delay{{Latency: 20 * time.Millisecond, Jitter: 10 * time.Millisecond}}},
		"us-east-1/latency:1m":     {Delays: []Delay{{Scope: Scope{Region: "us-east-1"}, Latency: time.Minute}}},
		"GetCallerIdentity/500:5%": {Shares: []Share{{Fault: Fault{Kind: "500"}, Either: true, Scope: Scope{API: "GetCallerIdentity"}, Percent: 5}}},
	}
	for text, want := range cases {
		got, err := ParseFaults(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q\n got %+v, %v\nwant %+v", text, got, err, want)
		}
	}
}

func TestParseFaultsErrors(t *testing.T) {
	cases := map[string]string{
		"503":                       `fault "503": missing value; write it as 503:5%`,
		"503:5":                     `fault "503:5": want a percentage above 0 and at most 100, such as 5%`,
		"503:0%":                    `fault "503:0%": want a percentage above 0`,
		"503:-1%":                   `fault "503:-1%": want a percentage above 0`,
		"503:NaN%":                  `fault "503:NaN%": want a percentage above 0`,
		"503:101%":                  `fault "503:101%": want a percentage above 0`,
		"explode:5%":                `unknown fault; want one of 204, 429, 500, 503, 504, busy, code200`,
		"503-never:5%":              `unknown fault`,
		"503=3s:5%":                 `only hang and stall take a duration, such as hang=3s`,
		"hang=3:5%":                 `only hang and stall take a duration, such as hang=3s`,
		"hang=-3s:5%":               `only hang and stall take a duration, such as hang=3s`,
		"latency:fast":              `fault "latency:fast": want a duration such as 20ms`,
		"latency:1s±2s":             `a jitter no longer than the latency`,
		"latency:-1s":               `want a duration`,
		"Nothing/503:5%":            `"Nothing" is neither a simulated API nor a region`,
		"cn-a/cn-b/503:5%":          `"cn-b" is neither a simulated API nor a region`,
		"503:60%,drop:60%":          `add up to 120%, more than 100%`,
		"503:60%,cn-a/drop:60%":     `add up to 120%, more than 100%`,
		"cn-a/503:60%,cn-a/cut:41%": `add up to 101%, more than 100%`,
	}
	for text, want := range cases {
		if p, err := ParseFaults(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, error %v, want one with %q", text, p, err, want)
		}
	}
}

// FuzzParseFaults checks that every plan that parses survives a round trip.
func FuzzParseFaults(f *testing.F) {
	f.Add("503:5%,html:5%,drop-before:5%,drop-after:5%,throttle:5%,cut:5%,hang:1%,latency:20ms±10ms")
	f.Add("ApplyPhysicalConnectionLOA/cn-beijing/stall-late=1s:0.01%,latency:1h0m0.5s+-1ns")
	f.Add("/:%,hang==:-after-before:5%")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseFaults(text)
		if err != nil {
			return
		}
		again, err := ParseFaults(p.String())
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("%q is written as %q and read as %+v, %v; was %+v", text, p.String(), again, err, p)
		}
	})
}
