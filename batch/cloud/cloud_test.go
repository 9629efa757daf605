package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// Values that this package must never repeat. The ID numbers are invalid.
const (
	canaryKeyID  = "LTAIcanarykeyid0001"
	canarySecret = "canarysecret0002"
	canaryToken  = "canarysessiontoken0003"
	canaryName   = "Canary Name Four"
	canaryCert   = "999999190001010005"
	canaryPhone  = "canary-phone-0006"
	canaryClient = "canary-client-token-0007"
)

var canaries = []string{canaryKeyID, canarySecret, canaryToken, canaryName, canaryCert, canaryPhone, canaryClient, "Canary+Name", "Canary%20Name"}

// application is a complete application that contains every canary value.
func application() batch.Application {
	return batch.Application{
		Row: 2,
		Key: batch.Key{Region: "cn-hangzhou", InstanceID: "pc-test0001"},
		Circuit: &sheet.Circuit{
			Row: 2, InstanceID: "pc-test0001", RegionID: "cn-hangzhou", CompanyName: "示例公司", LineType: "FIBRE", Si: "Example & Sons",
			ConstructionTime: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), Bandwidth: 100, PeerLocation: "Floor 3 *~+",
		},
		Engineers: []*sheet.Engineer{{
			Name: canaryName, CertificateType: "Passport", CertificateNo: canaryCert, Gender: "Female", Contact: canaryPhone,
		}},
		Token: canaryClient,
	}
}

// quiet discards a test server's log about handshakes that fail on purpose.
var quiet = log.New(io.Discard, "", 0)

func canaryCredentials() Credentials {
	return StaticCredentials(canaryKeyID, canarySecret, canaryToken)
}

// dial makes a Cloud that talks to a test server.
func dial(t *testing.T, h http.Handler) *Cloud {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return cloudAt(t, s.URL)
}

func cloudAt(t *testing.T, url string) *Cloud {
	t.Helper()
	c, err := New(Config{Endpoint: url, Timeout: 5 * time.Second, Credentials: canaryCredentials()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// answering answers every request with one status and body.
func answering(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		w.Write([]byte(body))
	})
}

// callError returns the fields of an error.
func callError(t *testing.T, err error) *batch.CallError {
	t.Helper()
	e, ok := errors.AsType[*batch.CallError](err)
	if !ok {
		t.Fatalf("got %T %v, want *batch.CallError", err, err)
	}
	return e
}

// accepting answers without a network, to measure only the client's own cost.
var accepting = roundTripper(func(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(`{"RequestId":"REQ-1"}`)), Request: r,
	}, nil
})

// BenchmarkSubmit compares a call through this package with the same call of the bare SDK.
func BenchmarkSubmit(b *testing.B) {
	a := application()
	b.Run("cloud", func(b *testing.B) {
		c, err := New(Config{Endpoint: "http://127.0.0.1:1", Credentials: canaryCredentials()})
		if err != nil {
			b.Fatal(err)
		}
		w, err := newWorker(accepting, "")
		if err != nil {
			b.Fatal(err)
		}
		c.idle = []*worker{w}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Submit(b.Context(), a); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sdk", func(b *testing.B) {
		config := sdk.NewConfig()
		config.Transport = accepting
		holder := &keyHolder{keys: *canaryCredentials().source.fixed}
		client, err := vpc.NewClientWithOptions("cn-hangzhou", config, holder)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			r := sdkRequest(&a)
			if _, err := client.ApplyPhysicalConnectionLOA(r); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestNothingPersonalInErrors plants values in every request and has servers send them back in every place;
// no error may show one, however it is printed.
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
		t.Errorf("only %d errors were checked", shown)
	}
}

// TestNothingPersonalInDialErrors is the same for calls that reach no server.
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

// mustHide formats an error in every way and looks for the planted values.
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
