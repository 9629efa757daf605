package quota

import (
	"testing"
	"time"
)

func TestParseRate(t *testing.T) {
	for text, want := range map[string]Rate{
		"300/1m": {300, time.Minute}, " 60 / 6s ": {60, 6 * time.Second}, "5/s": {5, time.Second}, "1/1h30m": {1, 90 * time.Minute},
	} {
		got, err := ParseRate(text)
		if err != nil || got != want {
			t.Errorf("ParseRate(%q) = %v, %v", text, got, err)
			continue
		}
		if again, err := ParseRate(got.String()); err != nil || again != want {
			t.Errorf("%q is written as %q, which reads as %v, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"", "300", "/1m", "0/1m", "-1/1m", "1.5/1m", "300/", "300/0s", "300/-1m", "300/1x", "300/1us", "9999999/1m", "1/2/3s"} {
		if got, err := ParseRate(text); err == nil {
			t.Errorf("ParseRate(%q) = %v, want an error", text, got)
		}
	}
	for want, r := range map[string]Rate{"300/1m": {300, time.Minute}, "1/1h": {1, time.Hour}, "60/6s": {60, 6 * time.Second}, "unlimited": {}} {
		if got := r.String(); got != want {
			t.Errorf("%#v is written as %q, want %q", r, got, want)
		}
	}
}
