package cloud

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
)

// authority serves session keys at /keys that claim to be valid for an hour, and an API that accepts what
// accepts says.
type authority struct {
	mu      sync.Mutex
	fetched int // sessions given out
	calls   int
	accepts func(id string) string // the code of the refusal, or ""
	same    bool                   // it always gives the same keys
	down    bool
}

// ServeHTTP implements http.Handler.
func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.URL.Path == "/keys" {
		if a.down {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		a.fetched++
		n := a.fetched
		if a.same {
			n = 1
		}
		_ = json.NewEncoder(w).Encode(map[string]string{
			"Code": "Success", "AccessKeyId": fmt.Sprint("id-", n), "AccessKeySecret": "secret", "SecurityToken": fmt.Sprint("token-", n),
			"Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
		})
		return
	}
	a.calls++
	code := a.accepts(r.URL.Query().Get("AccessKeyId"))
	if code == "" {
		_, _ = io.WriteString(w, `{"RequestId":"REQ-1"}`)
		return
	}
	w.WriteHeader(http.StatusForbidden)
	_, _ = io.WriteString(w, withCode(code))
}

func only(id, code string) func(string) string {
	return func(got string) string {
		if got == id {
			return ""
		}
		return code
	}
}

// cloud makes a Cloud whose credentials come from the authority.
func (a *authority) cloud(t *testing.T) *Cloud {
	t.Helper()
	alone(t)
	s := httptest.NewServer(a)
	t.Cleanup(s.Close)
	t.Setenv("ALIBABA_CLOUD_CREDENTIALS_URI", s.URL+"/keys")
	found, err := FindCredentials("")
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{Endpoint: s.URL, Credentials: found})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Keys that the API rejects are fetched again once; if there are others, the call may be made again.
func TestRejectedKeysAreFetchedAnew(t *testing.T) {
	for _, code := range []string{"InvalidSecurityToken.Expired", "InvalidAccessKeyId.NotFound", "InvalidAccessKeyId.Inactive", "SignatureDoesNotMatch"} {
		a := &authority{accepts: only("id-1", code)}
		c := a.cloud(t)
		if _, err := c.Submit(t.Context(), application()); err != nil {
			t.Fatal(err)
		}
		a.accepts = only("id-2", code)
		_, err := c.Submit(t.Context(), application())
		if e := callError(t, err); e.Class != batch.TryLater || e.Code != code || e.Unsettled {
			t.Errorf("%s: the first call with old keys: %+v", code, *e)
		}
		if _, err := c.Submit(t.Context(), application()); err != nil || a.fetched != 2 {
			t.Errorf("%s: %v after %d fetches", code, err, a.fetched)
		}
		a.accepts = only("id-3", code) // the same at the next expiry
		_, _ = c.Submit(t.Context(), application())
		if _, err := c.Submit(t.Context(), application()); err != nil || a.fetched != 3 {
			t.Errorf("%s: %v after %d fetches", code, err, a.fetched)
		}
	}
}

// A source that gives the same keys, always new bad ones, or none, is asked once.
func TestRejectedKeysAreNoLoop(t *testing.T) {
	for name, a := range map[string]*authority{
		"the same keys":  {same: true},
		"others, as bad": {},
		"none":           {down: true},
	} {
		down := a.down
		a.down = false
		a.accepts = only("id-1", "")
		c := a.cloud(t)
		if _, err := c.Submit(t.Context(), application()); err != nil {
			t.Fatal(err)
		}
		a.down, a.accepts = down, only("nobody", "InvalidSecurityToken.Expired")
		fatal := 0
		for range 6 {
			_, err := c.Submit(t.Context(), application())
			if callError(t, err).Class == batch.RunFatal {
				fatal++
			}
		}
		if fatal < 5 || a.fetched > 2 {
			t.Errorf("%s: %d of 6 calls end the run, the source was asked %d times", name, fatal, a.fetched)
		}
	}
}

// Calls in flight whose keys are rejected together fetch new ones once.
func TestRejectedKeysAreFetchedOnceForAll(t *testing.T) {
	a := &authority{accepts: only("id-1", "InvalidSecurityToken.Expired")}
	c := a.cloud(t)
	if _, err := c.Submit(t.Context(), application()); err != nil {
		t.Fatal(err)
	}
	a.accepts = only("id-2", "InvalidSecurityToken.Expired")
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			_, err := c.Submit(t.Context(), application())
			if err != nil && callError(t, err).Class != batch.TryLater {
				t.Errorf("%+v", err)
			}
		})
	}
	wait.Wait()
	if a.fetched != 2 {
		t.Errorf("fetched %d times, want 2", a.fetched)
	}
}

// Other refusals, and static keys, do not cause the source to be asked.
func TestOtherRefusalsKeepTheKeys(t *testing.T) {
	for _, code := range []string{"Forbidden.RAM", "IllegalParam.Si", "InvalidTimeStamp.Expired", "IncompleteSignature"} {
		a := &authority{accepts: func(string) string { return code }}
		c := a.cloud(t)
		_, _ = c.Submit(t.Context(), application())
		if a.fetched != 1 {
			t.Errorf("%s: fetched %d times", code, a.fetched)
		}
	}
	_, err := dial(t, answering(403, withCode("InvalidSecurityToken.Expired"))).Submit(t.Context(), application())
	if e := callError(t, err); e.Class != batch.RunFatal {
		t.Errorf("static keys: %+v", *e)
	}
}

// A profile whose keys were rotated in its file is read again.
func TestRotatedProfile(t *testing.T) {
	home := alone(t)
	write(t, home, ".aliyun/config.json", cliConfig)
	found, err := FindCredentials("day")
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{accepts: only("id-new", "InvalidAccessKeyId.NotFound")}
	s := httptest.NewServer(a)
	defer s.Close()
	c, err := New(Config{Endpoint: s.URL, Credentials: found})
	if err != nil {
		t.Fatal(err)
	}
	write(t, home, filepath.FromSlash(".aliyun/config.json"), `{"current":"day","profiles":[{"name":"day","mode":"AK","access_key_id":"id-new","access_key_secret":"s"}]}`)
	_, _ = c.Submit(t.Context(), application())
	if _, err := c.Submit(t.Context(), application()); err != nil {
		t.Error(err)
	}
}
