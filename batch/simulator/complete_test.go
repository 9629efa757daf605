package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

// completion returns the parameters of a valid completion.
func completion(instance, token string) map[string]string {
	return map[string]string{
		"InstanceId": instance, "ClientToken": token, "LineCode": "SH-0001", "LineLabel": "标签 1",
		"LineServiceProvider": "中国电信", "LineSPContactInfo": "+86 000 0000", "FinishWork": "true",
	}
}

// confirmation returns the parameters of a valid confirmation.
func confirmation(instance, token string) map[string]string {
	return map[string]string{"PhysicalConnectionId": instance, "ClientToken": token}
}

// described returns what both Describe APIs report of a circuit: its LOA and its row.
func described(t testing.TB, s *Simulator, id string) (loa, row map[string]any) {
	t.Helper()
	loa = get(t, s, "DescribePhysicalConnectionLOA", map[string]string{"InstanceId": id}).fields["PhysicalConnectionLOAType"].(map[string]any)
	all := get(t, s, "DescribePhysicalConnections", map[string]string{"Filter.1.Key": "PhysicalConnectionId", "Filter.1.Value.1": id})
	row = all.fields["PhysicalConnectionSet"].(map[string]any)["PhysicalConnectionType"].([]any)[0].(map[string]any)
	if status, _ := loa["Status"].(string); row["LoaStatus"] != status {
		t.Errorf("the LOA of %s is %q and %q", id, status, row["LoaStatus"])
	}
	return loa, row
}

// TestEveryCallInEveryState calls every API that changes state in every state of the LOA and of the circuit,
// and checks the answer and the resulting state.
func TestEveryCallInEveryState(t *testing.T) {
	params := map[string]map[string]string{
		firstApply: application("pc-one", "token"), secondApply: application("pc-one", "token"),
		completeAPI: completion("pc-one", "token"), confirmAPI: confirmation("pc-one", "token"),
	}
	const lineState, skipped = "OperationDenied.LOAStatusNotAllowComplete", "OperationUnsupported.SkipConstruction"
	// For each state of the LOA: the answers of the four APIs for a circuit that is Allocated.
	answers := map[string][4]string{
		"":         {"", codeLOAExists, codeLOAExists, skipped},
		Applying:   {codeLOAExists, codeLOAExists, lineState, skipped},
		Accept:     {codeLOAExists, codeLOAExists, lineState, skipped},
		Available:  {codeLOAExists, codeLOAExists, "", skipped},
		Rejected:   {codeLOAExists, "", lineState, skipped},
		Completing: {codeLOAExists, codeLOAExists, lineState, ""},
		Complete:   {codeLOAExists, codeLOAExists, "", ""},
		Deleted:    {"", codeLOAExists, lineState, skipped},
	}
	after := map[string][2]string{firstApply: {Applying, "Allocated"}, secondApply: {Applying, "Allocated"}, completeAPI: {Completing, "Allocated"}, confirmAPI: {Complete, "Confirmed"}}
	for loa, row := range answers {
		for _, status := range circuitStates {
			for i, api := range []string{firstApply, secondApply, completeAPI, confirmAPI} {
				want, then := row[i], after[api]
				if status != "Allocated" {
					if then = [2]string{loa, status}; api != completeAPI {
						want = "IncorrectStatus.PhysicalConnection"
					}
				}
				if want != "" {
					then = [2]string{loa, status}
				}
				s := simulate(t, Options{Circuits: []Circuit{{Region: testRegion, InstanceID: "pc-one", LOA: loa, Status: status}}})
				r := get(t, s, api, params[api])
				if r.code() != want || want != "" && r.status != 400 {
					t.Errorf("%s with LOA %q and circuit %s: %d %s, want %q", api, loa, status, r.status, r.body, want)
				}
				if c := s.Stats().Circuits[0]; c.LOAStatus != then[0] || c.Status != then[1] {
					t.Errorf("%s with LOA %q and circuit %s leaves %q and %s, want %v", api, loa, status, c.LOAStatus, c.Status, then)
				}
				described(t, s, "pc-one")
				if again := get(t, s, api, params[api]); again.body != r.body {
					t.Errorf("%s with LOA %q and circuit %s: first %s, again %s", api, loa, status, r.body, again.body)
				}
			}
		}
	}
}

func TestCompletionAndConfirmationCheckParameters(t *testing.T) {
	gone := "\x00" // removes the parameter
	long := strings.Repeat("例", maxText+1)
	cases := []struct {
		api    string
		change map[string]string
		status int
		code   string
	}{
		{completeAPI, nil, 200, ""},
		{completeAPI, map[string]string{"LineCode": gone, "LineLabel": gone, "LineServiceProvider": gone, "LineSPContactInfo": gone, "FinishWork": gone}, 200, ""},
		{completeAPI, map[string]string{"RegionId": gone}, 400, "MissingParam.RegionNo"},
		{completeAPI, map[string]string{"RegionId": "cn-atlantis"}, 404, "InvalidRegionId.NotFound"},
		{completeAPI, map[string]string{"InstanceId": gone}, 400, "MissingParam.InstanceId"},
		{completeAPI, map[string]string{"InstanceId": "vbr-one"}, 400, "InvalidInstanceId.NotFound"},
		{completeAPI, map[string]string{"InstanceId": "pc-notfound"}, 400, "InvalidInstanceId.NotFound"},
		{completeAPI, map[string]string{"LineCode": ""}, 400, "IllegalParam.LineCode"},
		{completeAPI, map[string]string{"LineCode": "a\nb"}, 400, "IllegalParam.LineCode"},
		{completeAPI, map[string]string{"LineCode": long}, 400, "IllegalParam.LineCode"},
		{completeAPI, map[string]string{"LineLabel": " x"}, 400, "IllegalParam.LineLabel"},
		{completeAPI, map[string]string{"LineSPContactInfo": ""}, 400, "IllegalParam.LineSPContactInfo"},
		{completeAPI, map[string]string{"LineServiceProvider": "China Tietong"}, 400, "IllegalParam.LineServiceProvider"},
		{completeAPI, map[string]string{"LineServiceProvider": "China Unicom"}, 200, ""},
		{completeAPI, map[string]string{"FinishWork": "yes"}, 400, "IllegalParam.FinishWork"},
		{completeAPI, map[string]string{"FinishWork": "True"}, 400, "IllegalParam.FinishWork"},
		{completeAPI, map[string]string{"ClientToken": strings.Repeat("t", 65)}, 400, "InvalidClientToken.Malformed"},
		{completeAPI, map[string]string{"PhysicalConnectionId": "pc-available"}, 400, "UnsupportedParameter"},
		{completeAPI, map[string]string{"CompanyName": "x"}, 400, "UnsupportedParameter"},
		{confirmAPI, nil, 200, ""},
		{confirmAPI, map[string]string{"RegionId": gone}, 400, "MissingParam.RegionNo"},
		{confirmAPI, map[string]string{"RegionId": "cn-atlantis"}, 400, "InvalidRegionId.NotFound"},
		{confirmAPI, map[string]string{"PhysicalConnectionId": gone}, 400, "MissingParam.PhysicalConnectionId"},
		{confirmAPI, map[string]string{"PhysicalConnectionId": "vbr-one"}, 400, "InvalidPhysicalConnectionId.NotFound"},
		{confirmAPI, map[string]string{"PhysicalConnectionId": "pc-notfound"}, 400, "ResourceNotFound.PhysicalConnectionId"},
		{confirmAPI, map[string]string{"PhysicalConnectionId": gone, "InstanceId": "pc-completing"}, 400, "UnsupportedParameter"},
		{confirmAPI, map[string]string{"ClientToken": "例"}, 400, "InvalidClientToken.Malformed"},
	}
	for _, c := range cases {
		p := completion("pc-available", "token")
		if c.api == confirmAPI {
			p = confirmation("pc-completing", "token")
		}
		p["RegionId"] = testRegion
		maps.Copy(p, c.change)
		s := simulate(t, Options{})
		all := commonParams(c.api, s.o.Now())
		maps.Copy(all, p)
		maps.DeleteFunc(all, func(_, v string) bool { return v == gone })
		r := send(t, s, "POST", "/?"+signedQuery("POST", testSecret, all), "")
		if r.status != c.status || r.code() != c.code {
			t.Errorf("%s %.60v: got %d %s, want %d %s", c.api, c.change, r.status, r.body, c.status, c.code)
		}
		if st := s.Stats(); st.Completions.Accepted+st.Confirmations.Accepted != map[bool]int{true: 1}[c.status == 200] {
			t.Errorf("%s %.60v: %+v", c.api, c.change, st)
		}
	}
}

func TestCircuitFromApplicationToService(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 0, 0, 0, time.UTC)
	s := simulate(t, Options{Review: 48 * time.Hour, Now: func() time.Time { return now }})
	step := func(api string, p map[string]string) {
		t.Helper()
		if r := get(t, s, api, p); r.status != 200 {
			t.Fatalf("%s: %d %s", api, r.status, r.body)
		}
		now = now.Add(time.Hour)
	}
	step(firstApply, application("pc-rejectonce", "1"))
	now = now.Add(48 * time.Hour)
	if _, row := described(t, s, "pc-rejectonce"); row["LoaStatus"] != Rejected {
		t.Fatalf("after the first review: %v", row)
	}
	step(secondApply, application("pc-rejectonce", "2"))
	now = now.Add(48 * time.Hour)
	if loa, _ := described(t, s, "pc-rejectonce"); loa["Status"] != Available || loa["LoaUrl"] == "" || loa["LineCode"] != "" {
		t.Fatalf("after the second review: %v", loa)
	}
	step(completeAPI, completion("pc-rejectonce", "3"))
	loa, row := described(t, s, "pc-rejectonce")
	if loa["LineCode"] != "SH-0001" || loa["LineLabel"] != "标签 1" || loa["LineServiceProvider"] != "中国电信" || loa["LineSPContactInfo"] != "+86****" || row["CircuitCode"] != "SH-0001" {
		t.Errorf("the line is reported as %v and %v", loa, row)
	}
	if r := get(t, s, confirmAPI, confirmation("pc-rejectonce", "3")); r.code() != "IdempotentParameterMismatch" {
		t.Errorf("the token of the completion: %s", r.body)
	}
	step(confirmAPI, confirmation("pc-rejectonce", "4"))
	if n, err := s.SetStatus("", "pc-rejectonce", "Enabled"); n != 1 || err != nil {
		t.Errorf("SetStatus sets %d circuits: %v", n, err)
	}
	var life []string
	for _, c := range s.Life("pc-rejectonce")[0].Life {
		life = append(life, fmt.Sprintf("%s %s %s/%s", c.At.Format("02T15"), c.By, c.LOAStatus, c.Status))
	}
	want := []string{
		"01T00  /Allocated", "02T03 ApplyPhysicalConnectionLOA Applying/Allocated", "04T03 review Rejected/Allocated",
		"04T04 SecondApplyPhysicalConnectionLOA Applying/Allocated", "06T04 review Available/Allocated",
		"06T05 CompletePhysicalConnectionLOA Completing/Allocated", "06T06 ConfirmPhysicalConnection Complete/Confirmed",
		"06T07 review Complete/Enabled",
	}
	if got := strings.Join(life, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("life:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
	st := s.Stats()
	if st.Accepted != 2 || st.Completions != (Totals{Calls: 1, Accepted: 1}) || st.Confirmations != (Totals{Calls: 2, Accepted: 1, Mismatches: 1}) || st.LOAs[Complete] != 1 || st.Statuses["Enabled"] != 1 {
		t.Errorf("stats %+v", st)
	}
}

// TestUnfinishedConstruction reports the line, but not that it is finished.
func TestUnfinishedConstruction(t *testing.T) {
	s := simulate(t, Options{})
	p := completion("pc-available", "1")
	p["FinishWork"] = "false"
	if r := get(t, s, completeAPI, p); r.status != 200 {
		t.Fatalf("unfinished: %d %s", r.status, r.body)
	}
	if loa, _ := described(t, s, "pc-available"); loa["Status"] != Available || loa["LineCode"] != "SH-0001" {
		t.Errorf("unfinished: %v", loa)
	}
	get(t, s, completeAPI, completion("pc-available", "2"))
	if loa, _ := described(t, s, "pc-available"); loa["Status"] != Completing {
		t.Errorf("finished: %v", loa)
	}
	if _, err := s.Review("", "pc-available", Rejected); err != nil {
		t.Fatal(err)
	}
	if loa, _ := described(t, s, "pc-available"); loa["LineCode"] != "" || loa["LoaUrl"] != "" {
		t.Errorf("rejected: %v", loa)
	}
}

func TestReviewByMarkers(t *testing.T) {
	now := time.Now()
	s := simulate(t, Options{Review: time.Hour, ApplyAgain: true, Now: func() time.Time { return now }})
	want := map[string][]string{
		"pc-plain":       {Available, Available, Available},
		"pc-willreject":  {Rejected, Rejected, Rejected},
		"pc-rejectonce":  {Rejected, Available, Available},
		"pc-rejecttwice": {Rejected, Rejected, Available},
		"pc-slowletter":  {Accept, Available, Available},
		"pc-hasloa":      {Applying, Applying, Applying}, // nobody knows since when
	}
	for id := range want {
		get(t, s, firstApply, application(id, id))
	}
	for i := range 3 {
		now = now.Add(time.Hour)
		for id, states := range want {
			if loa, _ := described(t, s, id); loa["Status"] != states[i] {
				t.Errorf("%s after review %d: %v, want %s", id, i+1, loa["Status"], states[i])
			}
			get(t, s, firstApply, application(id, fmt.Sprint(id, i)))
		}
	}
	// On command, by the same decisions.
	s = simulate(t, Options{})
	for id := range want {
		get(t, s, firstApply, application(id, id))
	}
	if r := send(t, s, "POST", "/review", ""); r.body != "6\n" {
		t.Errorf("POST /review: %d %q", r.status, r.body)
	}
	if r := send(t, s, "POST", "/review?instance=pc-slowletter&region="+testRegion, ""); r.body != "1\n" {
		t.Errorf("POST /review of one: %d %q", r.status, r.body)
	}
	if r := send(t, s, "POST", "/review?instance=pc-plain&status=Enabled", ""); r.body != "1\n" {
		t.Errorf("POST /review of a circuit's status: %d %q", r.status, r.body)
	}
	for id, states := range map[string][2]string{"pc-plain": {Available, "Enabled"}, "pc-rejecttwice": {Rejected, "Allocated"}, "pc-slowletter": {Available, "Allocated"}, "pc-hasloa": {Available, "Allocated"}} {
		if loa, row := described(t, s, id); loa["Status"] != states[0] || row["Status"] != states[1] {
			t.Errorf("%s on command: %v and %v, want %v", id, loa["Status"], row["Status"], states)
		}
	}
}

func TestDescribeLagsBehindEveryChange(t *testing.T) {
	start := time.Now()
	now := start
	s := simulate(t, Options{Lag: time.Minute, Now: func() time.Time { return now }})
	get(t, s, completeAPI, completion("pc-available", "1"))
	now = start.Add(30 * time.Second)
	get(t, s, confirmAPI, confirmation("pc-available", "2"))
	for after, want := range map[time.Duration][3]string{
		59 * time.Second: {Available, "Allocated", ""}, 60 * time.Second: {Completing, "Allocated", "SH-0001"},
		89 * time.Second: {Completing, "Allocated", "SH-0001"}, 90 * time.Second: {Complete, "Confirmed", "SH-0001"},
	} {
		now = start.Add(after)
		loa, row := described(t, s, "pc-available")
		if got := [3]string{loa["Status"].(string), row["Status"].(string), row["CircuitCode"].(string)}; got != want {
			t.Errorf("after %s: %v, want %v", after, got, want)
		}
		filter := map[string]string{"Filter.1.Key": "Status", "Filter.1.Value.1": want[1]}
		if r := get(t, s, "DescribePhysicalConnections", filter); r.fields["TotalCount"] != 1.0 {
			t.Errorf("after %s, circuits that are %s: %s", after, want[1], r.body)
		}
	}
}

func TestOperationsAreRefusedForTheAccount(t *testing.T) {
	cases := []struct {
		o                          Options
		id                         string
		applied, complete, confirm string
	}{
		{Options{BillingOff: true}, "completing", "OperationFailed.PconnTrafficNotEnable", codeNotAvailable, "OperationFailed.PconnTrafficNotEnable"},
		{Options{Denied: []string{completeAPI}}, "completing", codeLOAExists, "Forbidden.RAM", ""},
		{Options{Denied: []string{"7/" + confirmAPI}, Account: "7"}, "available", codeLOAExists, "", "Forbidden.RAM"},
		{Options{}, "forbidden", "Forbidden.RAM", "Forbidden.RAM", "Forbidden.RAM"},
		{Options{}, "locked", codeNotAllocated, codeLOAExists, codeNotAllocated},
	}
	for _, c := range cases {
		s := simulate(t, c.o)
		for api, want := range map[string]string{firstApply: c.applied, completeAPI: c.complete, confirmAPI: c.confirm} {
			p := map[string]map[string]string{firstApply: application("pc-"+c.id, api), completeAPI: completion("pc-"+c.id+"-2", api), confirmAPI: confirmation("pc-"+c.id+"-3", api)}[api]
			if r := get(t, s, api, p); r.code() != want && !(api == confirmAPI && want == "" && r.status == 200) {
				t.Errorf("%+v: %s answers %d %s, want %q", c.o, api, r.status, r.body, want)
			}
		}
	}
}

func TestDoublesAreCountedForEachOperation(t *testing.T) {
	s := simulate(t, Options{AllowDuplicates: true})
	for i := range 3 {
		for _, id := range []string{"pc-a", "pc-available"} {
			get(t, s, firstApply, application("pc-a", fmt.Sprint("apply", i)))
			get(t, s, completeAPI, completion(id, fmt.Sprint("complete", id, i/2)))
		}
		get(t, s, confirmAPI, confirmation("pc-available", fmt.Sprint("confirm", i)))
	}
	st := s.Stats()
	if st.Duplicates != 2 || st.Completions.Duplicates != 1 || st.Confirmations.Duplicates != 2 || st.Completions.Replays != 2 {
		t.Errorf("stats %+v, %+v, %+v", st.Totals, st.Completions, st.Confirmations)
	}
	s = simulate(t, Options{})
	for i := range 3 {
		get(t, s, completeAPI, completion("pc-available", fmt.Sprint("complete", i)))
		get(t, s, confirmAPI, confirmation("pc-available", fmt.Sprint("confirm", i)))
	}
	// The page lets a completion of a confirmed circuit change the details of its line.
	if st := s.Stats(); st.Completions != (Totals{Calls: 3, Accepted: 3, Duplicates: 2}) || st.Confirmations != (Totals{Calls: 3, Accepted: 1, Refused: 2, SecondTries: 2}) {
		t.Errorf("without duplicates: %+v, %+v", st.Completions, st.Confirmations)
	}
}

func TestFaultsOfCompletionAndConfirmation(t *testing.T) {
	for _, api := range []string{completeAPI, confirmAPI} {
		for _, when := range []When{Before, After, Late} {
			plan, err := ParseFaults(api + "/503-" + when.String() + ":100%")
			if err != nil {
				t.Fatal(err)
			}
			s := simulate(t, Options{Faults: plan, Late: time.Millisecond, Circuits: []Circuit{{Region: testRegion, InstanceID: "pc-one", LOA: map[string]string{completeAPI: Available, confirmAPI: Completing}[api]}}})
			p := map[string]map[string]string{completeAPI: completion("pc-one", "t"), confirmAPI: confirmation("pc-one", "t")}[api]
			if r := get(t, s, api, p); r.status != 503 {
				t.Errorf("%s: %d %s", plan, r.status, r.body)
			}
			accepted := func() int { st := s.Stats(); return st.Completions.Accepted + st.Confirmations.Accepted }
			if when == Late {
				waitFor(t, func() bool { return accepted() == 1 })
			}
			if n := accepted(); (n == 1) != (when != Before) {
				t.Errorf("%s: %d calls took effect", plan, n)
			}
		}
	}
}

func TestStatsOfThousandsOfCircuits(t *testing.T) {
	s := simulate(t, Options{Quota: -1})
	for i := range 120 {
		get(t, s, firstApply, application(fmt.Sprintf("pc-%03d", i), fmt.Sprint(i)))
	}
	read := func(query string) Stats {
		t.Helper()
		var st Stats
		if r := send(t, s, "GET", "/stats"+query, ""); json.Unmarshal([]byte(r.body), &st) != nil {
			t.Errorf("%s: %d %s", query, r.status, r.body)
		}
		if st.Known != 120 || st.Accepted != 120 || st.LOAs[Applying] != 120 || st.Statuses["Allocated"] != 120 {
			t.Errorf("%s: the counts are not of all circuits: %+v", query, st)
		}
		return st
	}
	for query, want := range map[string]string{
		"?circuits=none": "0 ", "?page=2&size=50": "50 pc-050", "?page=3&size=50": "20 pc-100", "?page=4&size=50": "0 ",
		"?instance=pc-007": "1 pc-007", "?region=cn-beijing": "0 ", "": "120 pc-000",
	} {
		circuits := read(query).Circuits
		first := ""
		if len(circuits) > 0 {
			first = circuits[0].InstanceID
		}
		if got := fmt.Sprint(len(circuits), " ", first); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
		if len(circuits) == 1 && len(circuits[0].Life) != 2 {
			t.Errorf("%s: the life is %+v", query, circuits[0].Life)
		}
	}
	for _, query := range []string{"?page=0", "?size=x", "?size=-1"} {
		if r := send(t, s, "GET", "/stats"+query, ""); r.status != 400 {
			t.Errorf("%s: %d %s", query, r.status, r.body)
		}
	}
}
