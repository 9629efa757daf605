package cloud

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// The values that must never come out of this package. The ID numbers are invalid.
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

// application is a full application that carries every canary.
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

// quiet swallows what a test server logs about handshakes that fail on purpose.
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

// answering gives one status and body to every request.
func answering(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		w.Write([]byte(body))
	})
}

// callError takes the fields out of an error.
func callError(t *testing.T, err error) *batch.CallError {
	t.Helper()
	e, ok := errors.AsType[*batch.CallError](err)
	if !ok {
		t.Fatalf("got %T %v, want *batch.CallError", err, err)
	}
	return e
}
