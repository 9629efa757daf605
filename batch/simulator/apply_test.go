package simulator

import "testing"

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
		Region: testRegion, InstanceID: "pc-one", Applications: 4, Accepted: 1, Replays: 1, Mismatches: 1, Refused: 1, SecondTries: 1,
		Tokens: 2, Token: "token-1", RequestID: first.requestID(), AcceptedAt: got.AcceptedAt, Engineers: 1, Status: "Allocated", LOAStatus: Applying,
	}
	if got != want {
		t.Errorf("stats\n got %+v\nwant %+v", got, want)
	}
}
