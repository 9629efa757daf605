package cloud

import (
	"net/http"
	"testing"
	"time"
)

func TestWaitHint(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tc := range []struct {
		name, value string
		want        time.Duration
	}{
		{"x-ratelimit-user-api", "Limit:1,Remain:0,TimeLeft:2000", 2 * time.Second},
		{"x-ratelimit-user", "Limit:1,Remain:0,TimeLeft:2000", 2 * time.Second},
		{"x-ratelimit-user", " limit : 1 , timeleft : 7 ", 7 * time.Millisecond},
		{"x-ratelimit-user", "Limit:300,Remain:12,TimeLeft:2000", 0},
		{"x-ratelimit-user", "TimeLeft:2000,Remain:12", 0},
		{"x-ratelimit-user", "TimeLeft:-1", 0},
		{"x-ratelimit-user", "TimeLeft:", 0},
		{"x-ratelimit-user", "TimeLeft", 0},
		{"x-ratelimit-user", "TimeLeft:999999999999999999999999", maxWait},
		{"x-acs-retry-after", "1500", 1500 * time.Millisecond},
		{"x-acs-retry-after", "120001", maxWait},
		{"x-acs-retry-after", "1.5", 0},
		{"x-acs-retry-after", "18446744073709551615", maxWait},
		{"Retry-After", "3", 3 * time.Second},
		{"Retry-After", "86400", maxWait},
		{"Retry-After", "-3", 0},
		{"Retry-After", "soon", 0},
		{"Retry-After", "Wed, 02 Jan 2030 03:04:35 GMT", 30 * time.Second},
		{"Retry-After", "Wed, 02 Jan 2030 03:04:00 GMT", 0},
		{"Retry-After", "Wed, 02 Jan 2040 03:04:00 GMT", maxWait},
		{"Date", "Wed, 02 Jan 2040 03:04:00 GMT", 0},
	} {
		h := http.Header{}
		h.Set(tc.name, tc.value)
		if got := waitHint(h, now); got != tc.want {
			t.Errorf("%s: %s gives %v, want %v", tc.name, tc.value, got, tc.want)
		}
	}
	if got := waitHint(nil, now); got != 0 {
		t.Errorf("no header gives %v", got)
	}
	several := http.Header{
		"Retry-After":          {"1"},
		"X-Acs-Retry-After":    {"2500"},
		"X-Ratelimit-User-Api": {"Limit:1,Remain:0,TimeLeft:10", "Limit:1,Remain:0,TimeLeft:3000"},
	}
	if got := waitHint(several, now); got != 3*time.Second {
		t.Errorf("the longest of several: %v", got)
	}
}

func FuzzWaitHint(f *testing.F) {
	f.Add("Limit:1,Remain:0,TimeLeft:2000", "1500", "3")
	f.Fuzz(func(t *testing.T, limit, ms, s string) {
		h := http.Header{"X-Ratelimit-User": {limit}, "X-Acs-Retry-After": {ms}, "Retry-After": {s}}
		if got := waitHint(h, time.Unix(0, 0)); got < 0 || got > maxWait {
			t.Fatalf("%v", got)
		}
	})
}
