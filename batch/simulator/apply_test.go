package simulator

import (
	"maps"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestApplyIsAcceptedOnceAndReplayed(t *testing.T) {
	s := simulate(t, Options{})
	first := get(t, s, firstApply, application("pc-one", "token-1"))
	if first.status != 200 || first.code() != "" || first.requestID() == "" {
		t.Fatalf("first application: %d %s", first.status, first.body)
	}
	again := get(t, s, firstApply, application("pc-one", "token-1"))
	if again.body != first.body {
		t.Errorf("replay answers %s, the first answer was %s", again.body, first.body)
	}
	other := application("pc-one", "token-1")
	other["CompanyName"] = "Another"
	if r := get(t, s, firstApply, other); r.status != 400 || r.code() != "IdempotentParameterMismatch" {
		t.Errorf("same token, other parameters: %d %s", r.status, r.body)
	}
	if r := get(t, s, firstApply, application("pc-one", "token-2")); r.code() != "IncorrectStatus.PhysicalConnectionLOA" {
		t.Errorf("second application: %d %s", r.status, r.body)
	}
	got := s.Stats().Circuits[0]
	want := CircuitStats{
		Account: "1000000000000001", Region: testRegion, InstanceID: "pc-one", Applications: 4,
		OperationStats: OperationStats{
			Accepted: 1, Replays: 1, Mismatches: 1, Refused: 1, SecondTries: 1,
			Tokens: 2, Token: "token-1", RequestID: first.requestID(), AcceptedAt: got.AcceptedAt,
		},
		Engineers: 1, Status: "Allocated", LOAStatus: Applying,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("stats\n got %+v\nwant %+v", got, want)
	}
}

func TestTokenHoldsOverRegionsAndAPIs(t *testing.T) {
	s := simulate(t, Options{})
	if r := get(t, s, firstApply, application("pc-one", "token")); r.status != 200 {
		t.Fatalf("first: %d %s", r.status, r.body)
	}
	elsewhere := application("pc-one", "token")
	elsewhere["RegionId"] = "cn-beijing"
	if r := get(t, s, firstApply, elsewhere); r.code() != "IdempotentParameterMismatch" {
		t.Errorf("another region: %d %s", r.status, r.body)
	}
	if r := get(t, s, secondApply, application("pc-one", "token")); r.code() != "IdempotentParameterMismatch" {
		t.Errorf("another API: %d %s", r.status, r.body)
	}
	if r := get(t, s, firstApply, application("pc-two", "Token")); r.status != 200 {
		t.Errorf("tokens differ by case: %d %s", r.status, r.body)
	}
	if st := s.Stats(); st.Mismatches != 2 || st.Accepted != 2 {
		t.Errorf("stats %+v", st)
	}
}

func TestTokenMeetsEveryChangedParameter(t *testing.T) {
	for name := range application("pc-one", "") {
		s := simulate(t, Options{})
		get(t, s, firstApply, application("pc-one", "token"))
		changed := application("pc-one", "token")
		changed[name] = map[string]string{
			"InstanceId": "pc-two", "LineType": "MSTP", "Bandwidth": "200", "ConstructionTime": "2031-01-01T00:00:00Z",
			"PMInfo.1.PMCertificateType": "Passport", "PMInfo.1.PMGender": "Male",
		}[name]
		if changed[name] == "" {
			changed[name] = "other"
		}
		if r := get(t, s, firstApply, changed); r.code() != "IdempotentParameterMismatch" {
			t.Errorf("%s changed: %d %s", name, r.status, r.body)
		}
	}
}

func TestWithoutATokenNothingIsReplayed(t *testing.T) {
	s := simulate(t, Options{})
	get(t, s, firstApply, application("pc-one", ""))
	if r := get(t, s, firstApply, application("pc-one", "")); r.code() != "IncorrectStatus.PhysicalConnectionLOA" {
		t.Errorf("again: %d %s", r.status, r.body)
	}
	if st := s.Stats(); st.Tokenless != 2 || st.SecondTries != 1 {
		t.Errorf("stats %+v", st)
	}
}

func TestRefusalIsRememberedUnderItsToken(t *testing.T) {
	for _, forget := range []bool{false, true} {
		s := simulate(t, Options{ForgetRefusals: forget})
		get(t, s, firstApply, application("pc-rejected", "token"))
		first := get(t, s, firstApply, application("pc-rejected", "token"))
		if _, err := s.Review("", "pc-rejected", Deleted); err != nil {
			t.Fatal(err)
		}
		again := get(t, s, firstApply, application("pc-rejected", "token"))
		if forget && again.status != 200 {
			t.Errorf("refusals forgotten: %d %s", again.status, again.body)
		}
		if !forget && again.body != first.body {
			t.Errorf("refusals remembered: %s, first %s", again.body, first.body)
		}
	}
}

func TestIllegalParametersLeaveNoTraceUnderTheToken(t *testing.T) {
	s := simulate(t, Options{})
	wrong := application("pc-one", "token")
	wrong["LineType"] = "SDH"
	if r := get(t, s, firstApply, wrong); r.code() != "IllegalParam.LineType" {
		t.Fatalf("wrong: %d %s", r.status, r.body)
	}
	if r := get(t, s, firstApply, application("pc-one", "token")); r.status != 200 {
		t.Errorf("corrected: %d %s", r.status, r.body)
	}
}

func TestTokenIsAtWorkUntilTheEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulate(t, Options{Faults: Plan{Delays: []Delay{{Latency: 10 * time.Second}}}})
		var wg sync.WaitGroup
		var first reply
		wg.Go(func() { first = get(t, s, firstApply, application("pc-one", "token")) })
		synctest.Wait()
		if loa := s.Stats().Circuits[0].LOAStatus; loa != "" {
			t.Errorf("the LOA is %s before the effect", loa)
		}
		if r := get(t, s, firstApply, application("pc-one", "token")); r.status != 403 || r.code() != "LastTokenProcessing" {
			t.Errorf("meanwhile: %d %s", r.status, r.body)
		}
		wg.Wait()
		if r := get(t, s, firstApply, application("pc-one", "token")); first.status != 200 || r.body != first.body {
			t.Errorf("first %d %s, then %d %s", first.status, first.body, r.status, r.body)
		}
		c := s.Stats().Circuits[0]
		if c.Applications != 3 || c.Accepted != 1 || c.Processing != 1 || c.Replays != 1 {
			t.Errorf("stats %+v", c)
		}
	})
}

func TestTokenLife(t *testing.T) {
	now := time.Now()
	s := simulate(t, Options{TokenLife: time.Minute, Now: func() time.Time { return now }})
	first := get(t, s, firstApply, application("pc-one", "token"))
	now = now.Add(time.Minute - 1)
	if r := get(t, s, firstApply, application("pc-one", "token")); r.body != first.body {
		t.Errorf("within its life: %d %s", r.status, r.body)
	}
	now = now.Add(1)
	if r := get(t, s, firstApply, application("pc-one", "token")); r.code() != "IncorrectStatus.PhysicalConnectionLOA" {
		t.Errorf("after its life: %d %s", r.status, r.body)
	}
}

func TestFingerprintIsOfTheParametersAlone(t *testing.T) {
	a := &call{params: commonParams(firstApply, time.Now())}
	maps.Copy(a.params, application("pc-one", "token"))
	b := &call{params: maps.Clone(a.params)}
	b.params["SignatureNonce"], b.params["Timestamp"], b.params["Signature"], b.params["AccessKeyId"] = "n", "t", "s", "k"
	if a.fingerprint([16]byte{}) != b.fingerprint([16]byte{}) {
		t.Error("a new nonce, time, key or signature changes the fingerprint")
	}
	if a.fingerprint([16]byte{}) == a.fingerprint([16]byte{1}) {
		t.Error("the salt does not change the fingerprint")
	}
}
