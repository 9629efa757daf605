package cloud

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

func TestIdentity(t *testing.T) {
	c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(90*time.Second).UTC().Format(http.TimeFormat))
		w.Write([]byte(`{"RequestId":"REQ-1","AccountId":"1000000000000001","Arn":"acs:ram::1000000000000001:user/night","IdentityType":"RAMUser"}`))
	}))
	who, err := c.Identity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if who.Clock < 88*time.Second || who.Clock > 92*time.Second || !who.HasClock {
		t.Errorf("clock %v", who.Clock)
	}
	who.Clock = 0
	if who != (Identity{Account: "1000000000000001", ARN: "acs:ram::1000000000000001:user/night", Kind: "RAMUser", RequestID: "REQ-1", HasClock: true}) {
		t.Errorf("%+v", who)
	}
}

// A clock that is wrong makes the call fail; the answer still tells by how much.
func TestClockBesideAnError(t *testing.T) {
	c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-2*time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(400)
		w.Write([]byte(withCode("InvalidTimeStamp.Expired")))
	}))
	who, err := c.Identity(t.Context())
	if e := callError(t, err); e.Code != "InvalidTimeStamp.Expired" {
		t.Errorf("%+v", *e)
	}
	if !who.HasClock || who.Clock > -119*time.Minute {
		t.Errorf("clock %v %v", who.Clock, who.HasClock)
	}
}

func TestNoClock(t *testing.T) {
	for _, date := range []string{"", "yesterday"} {
		x := recorded(200, "")
		x.header = http.Header{"Date": {date}}
		if _, ok := x.clock(); ok {
			t.Errorf("%q is a time", date)
		}
	}
	if _, ok := recorded(0, "").clock(); ok {
		t.Error("no header is a time")
	}
}

func TestRegions(t *testing.T) {
	c := dial(t, answering(200, `{"RequestId":"REQ-1","Regions":{"Region":[{"RegionId":"eu-central-1"},{"RegionId":"cn-beijing"},{"RegionId":"cn-beijing"}]}}`))
	got, err := c.Regions(t.Context())
	if err != nil || !slices.Equal(got, []string{"cn-beijing", "eu-central-1"}) {
		t.Errorf("%q %v", got, err)
	}
}

func TestBillingEnabled(t *testing.T) {
	for body, want := range map[string]bool{
		`{"RequestId":"REQ-1","Enabled":true}`:  true,
		`{"RequestId":"REQ-1","Enabled":false}`: false,
		`{"RequestId":"REQ-1"}`:                 false,
	} {
		got, err := dial(t, answering(200, body)).BillingEnabled(t.Context(), "cn-hangzhou")
		if err != nil || got != want {
			t.Errorf("%s: %v %v", body, got, err)
		}
	}
}
