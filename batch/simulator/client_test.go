package simulator

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	testKey    = "test-key"
	testSecret = "test-secret"
	testRegion = "cn-hangzhou"
)

var nonceCount atomic.Int64

// signedQuery returns the query of a signed call. It uses url.QueryEscape instead of the
// package's own encoding, as an independent check.
func signedQuery(method, secret string, params map[string]string) string {
	escape := func(s string) string {
		return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(s))
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		pairs = append(pairs, escape(name)+"="+escape(params[name]))
	}
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(method + "&%2F&" + escape(strings.Join(pairs, "&"))))
	v := url.Values{"Signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))}}
	for name, value := range params {
		v.Set(name, value)
	}
	return v.Encode()
}

// commonParams returns the common parameters of a call.
func commonParams(api string, at time.Time) map[string]string {
	version := vpcVersion
	if api == "GetCallerIdentity" {
		version = stsVersion
	}
	return map[string]string{
		"Action": api, "Version": version, "Format": "JSON", "RegionId": testRegion, "AccessKeyId": testKey,
		"SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "SignatureType": "",
		"SignatureNonce": fmt.Sprint("nonce-", nonceCount.Add(1)), "Timestamp": at.UTC().Format("2006-01-02T15:04:05Z"),
	}
}

// application returns the parameters of a valid application.
func application(instance, token string) map[string]string {
	p := map[string]string{
		"InstanceId": instance, "CompanyName": "示例公司 Example & Co.", "LineType": "FIBRE", "Si": "Builder* ~ Ltd",
		"ConstructionTime": "2030-01-02T03:04:05Z", "Bandwidth": "100", "PeerLocation": "Room 1",
		"PMInfo.1.PMName": "Ming Example", "PMInfo.1.PMCertificateType": "IDCard", "PMInfo.1.PMCertificateNo": "000000199001010000",
		"PMInfo.1.PMGender": "Female", "PMInfo.1.PMContactInfo": "+86 000 0000",
	}
	if token != "" {
		p["ClientToken"] = token
	}
	return p
}

// reply is an answer as received by a client.
type reply struct {
	status int
	header http.Header
	body   string
	fields map[string]any
}

func (r reply) code() string {
	s, _ := r.fields["Code"].(string)
	return s
}

func (r reply) requestID() string {
	s, _ := r.fields["RequestId"].(string)
	return s
}

// get calls an API without a network and by the simulator's own clock.
func get(t testing.TB, s *Simulator, api string, params map[string]string) reply {
	t.Helper()
	all := commonParams(api, s.o.Now())
	maps.Copy(all, params)
	return send(t, s, http.MethodPost, "/?"+signedQuery(http.MethodPost, testSecret, all), "")
}

// send sends a request to a handler.
func send(t testing.TB, h http.Handler, method, target, body string) reply {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	r := reply{status: w.Code, header: w.Header(), body: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &r.fields); err != nil && strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		t.Fatalf("answer is not a JSON object: %v: %q", err, r.body)
	}
	return r
}

// simulate returns a simulator that accepts the test's key.
func simulate(t testing.TB, o Options) *Simulator {
	o.Keys = map[string]string{testKey: testSecret}
	s := New(o)
	t.Cleanup(s.Close)
	return s
}

// seen is what a client sees of a call: a status and a body, or an error.
type seen struct {
	status int
	body   string
	err    string
}

// whatIsSeen applies over real HTTP and returns what the client sees. It calls the
// functions between the header and the body of the answer.
func whatIsSeen(ctx context.Context, url string, params map[string]string, between ...func()) seen {
	all := commonParams(firstApply, time.Now())
	maps.Copy(all, params)
	r, _ := http.NewRequestWithContext(ctx, http.MethodPost, url+"/?"+signedQuery(http.MethodPost, testSecret, all), nil)
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(r)
	if err != nil {
		return seen{err: kindOf(err)}
	}
	defer answer.Body.Close()
	for _, do := range between {
		do()
	}
	body, err := io.ReadAll(answer.Body)
	s := seen{status: answer.StatusCode, body: string(body)}
	if err != nil {
		s.err, s.body = kindOf(err), ""
	}
	return s
}

func kindOf(err error) string {
	const windowsReset = syscall.Errno(10054) // WSAECONNRESET
	if errors.Is(err, windowsReset) {
		err = syscall.ECONNRESET
	}
	for name, target := range map[string]error{"reset": syscall.ECONNRESET, "left": context.Canceled, "cut": io.ErrUnexpectedEOF, "closed": io.EOF} {
		if errors.Is(err, target) {
			return name
		}
	}
	return err.Error()
}

// waitFor waits until a condition holds.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Error("the condition never held")
			return
		}
	}
}
