package batch

import "testing"

func TestParseLimit(t *testing.T) {
	for text, want := range map[string]Limit{"": {}, "25": {N: 25}, "5%": {Percent: 5}, " 2.5 %": {Percent: 2.5}, "100%": {Percent: 100}} {
		got, err := ParseLimit(text)
		if err != nil || got != want {
			t.Errorf("ParseLimit(%q) = %v, %v", text, got, err)
		}
		if again, err := ParseLimit(got.String()); err != nil || again != want {
			t.Errorf("%q is written as %q", text, got)
		}
	}
	for _, text := range []string{"0", "-1", "0%", "101%", "x", "%", "1.5", "NaN%"} {
		if got, err := ParseLimit(text); err == nil {
			t.Errorf("ParseLimit(%q) = %v, want an error", text, got)
		}
	}
}
