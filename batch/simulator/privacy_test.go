package simulator

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// What a person could be known by must stand nowhere but in the request.
func TestNothingTellsOfPeople(t *testing.T) {
	var log bytes.Buffer
	first := true
	s := simulate(t, Options{
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Script: func(Request) (Fault, bool) {
			defer func() { first = false }()
			return Fault{Kind: "503", When: After}, first
		},
	})
	p := application("pc-one", "token")
	p["PMInfo.1.PMName"], p["PMInfo.1.PMCertificateNo"], p["PMInfo.1.PMContactInfo"] = "Zyxwv Example", "999999190001019999", "zyxwv@example.invalid"
	replies := get(t, s, firstApply, p).body + get(t, s, firstApply, p).body
	p["CompanyName"] = "Other"
	replies += get(t, s, firstApply, p).body
	p["PMInfo.1.PMGender"] = "?"
	replies += get(t, s, firstApply, p).body
	replies += get(t, s, "DescribePhysicalConnectionLOA", map[string]string{"InstanceId": "pc-one"}).body
	stats := send(t, s, "GET", "/stats", "").body
	for _, secret := range []string{"Zyxwv", "99999919", "zyxwv@", testSecret} {
		for name, text := range map[string]string{"stats": stats, "log": log.String(), "answers": replies} {
			if strings.Contains(text, secret) {
				t.Errorf("%s hold %q:\n%s", name, secret, text)
			}
		}
	}
	for _, line := range []string{`msg=fault api=ApplyPhysicalConnectionLOA region_id=cn-hangzhou instance_id=pc-one n=1 fault=503-after`, `code=IdempotentParameterMismatch status=400`, `code=OK status=200`} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("the log has no %q:\n%s", line, log.String())
		}
	}
	if !strings.Contains(stats, `"engineers":1`) {
		t.Errorf("engineers are not counted: %s", stats)
	}
}

func TestMasked(t *testing.T) {
	for in, want := range map[string]string{"张三丰": "张****", "A": "****", "138": "13****"} {
		first := 1
		if in == "138" {
			first = 3
		}
		if got := masked(in, first); got != want {
			t.Errorf("masked(%q) = %q, want %q", in, got, want)
		}
	}
}
