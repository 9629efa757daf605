package simulator

import (
	"fmt"
	"math"
	"testing"
	"time"
)

func TestFateIsTheCallsOwn(t *testing.T) {
	p, err := ParseFaults("503:20%,drop:20%,latency:20ms±10ms")
	if err != nil {
		t.Fatal(err)
	}
	differs := 0
	for i := range 1000 {
		c := &call{api: firstApply, region: testRegion, instance: fmt.Sprint("pc-", i/10), n: i%10 + 1}
		latency, fault := p.fate(7, c)
		again, same := p.fate(7, c)
		if latency != again || fault != same {
			t.Fatalf("call %d meets %v after %v, then %v after %v", i, fault, latency, same, again)
		}
		if latency < 10*time.Millisecond || latency > 30*time.Millisecond {
			t.Errorf("latency %v", latency)
		}
		if _, other := p.fate(8, c); other != fault {
			differs++
		}
	}
	if differs < 200 {
		t.Errorf("another seed changes the fate of %d calls in 1000", differs)
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
			_, f := p.fate(1, &call{api: sc.API, region: sc.Region, instance: fmt.Sprint("pc-", i), n: 1})
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
		if got, _ := p.fate(1, &call{api: sc.API, region: sc.Region}); got != want {
			t.Errorf("%v waits %v, want %v", sc, got, want)
		}
	}
}
