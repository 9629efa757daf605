package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestNothingPersonalInErrors plants values in every request and lets servers send them
// back in every place; no error may show one, however it is printed.
func TestNothingPersonalInErrors(t *testing.T) {
	servers := map[string]http.Handler{}
	for _, a := range wireAnswers {
		servers[a.name] = a
	}
	for _, l := range lostCalls {
		servers[l.name] = l.serve
	}
	for _, value := range append([]string{""}, canaries...) {
		for _, status := range []int{200, 302, 400, 403, 429, 500} {
			servers[fmt.Sprintf("echo %q with %d", value, status)] = echo(status, value)
		}
	}
	shown := 0
	for name, h := range servers {
		_, err := dial(t, h).Submit(t.Context(), application())
		if err != nil {
			shown++
			mustHide(t, name, err)
		}
	}
	if shown < 60 {
		t.Errorf("only %d errors were looked at", shown)
	}
}

// TestNothingPersonalInDialErrors is the same for calls that reach nobody.
func TestNothingPersonalInDialErrors(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	c := cloudAt(t, "http://127.0.0.1:1")
	for _, ctx := range []context.Context{t.Context(), canceled} {
		if _, err := c.Submit(ctx, application()); err == nil {
			t.Error("no error")
		} else {
			mustHide(t, "dial", err)
		}
	}
	a := application()
	a.Key.Region = canaryName
	_, err := c.Submit(t.Context(), a)
	mustHide(t, "region", err)
}

// echo answers with the request, or one value, in every field that a client might quote.
func echo(status int, value string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := value
		if v == "" {
			v = r.URL.RequestURI()
		}
		for _, name := range []string{"Location", "X-Acs-Retry-After", "Retry-After", "X-Ratelimit-User", "X-Acs-Request-Id", "Date", "Server", "Content-Type"} {
			w.Header().Set(name, strings.Map(headerSafe, v))
		}
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]any{
			"RequestId": v, "requestId": v, "HostId": v, "Code": v, "Message": v, "Recommend": v, v: v,
		})
	})
}

func headerSafe(c rune) rune {
	if c < ' ' || c > '~' {
		return '?'
	}
	return c
}

// mustHide prints an error in every way and looks for the planted values.
func mustHide(t *testing.T, name string, err error) {
	t.Helper()
	marshalled, _ := json.Marshal(err)
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err), fmt.Sprintf("%q", err), string(marshalled)} {
		for _, canary := range canaries {
			if strings.Contains(text, canary) {
				t.Errorf("%s: %q shows %q", name, text, canary)
			}
		}
		for _, part := range []string{"http://", "https://", "PMInfo", "Signature="} {
			if strings.Contains(text, part) {
				t.Errorf("%s: %q quotes the request", name, text)
			}
		}
	}
}
