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

// signedQuery gives the query of a signed call. It is written apart from the package's
// own signing, on url.QueryEscape.
func signedQuery(method, key, secret string, params map[string]string) string {
	escape := func(s string) string {
		return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(s))
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		pairs = append(pairs, escape(name)+"="+escape(params[name]))
	}
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	io.WriteString(mac, method+"&%2F&"+escape(strings.Join(pairs, "&")))
	v := url.Values{"Signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))}}
	for name, value := range params {
		v.Set(name, value)
	}
	return v.Encode()
}

// common gives the parameters that a call of an API carries.
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

// application gives the parameters of a good application.
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

// reply is an answer as a client sees it.
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

// get calls an API of a simulator, without a network and by the simulator's own clock.
func get(t testing.TB, s *Simulator, api string, params map[string]string) reply {
	t.Helper()
	all := commonParams(api, s.o.Now())
	maps.Copy(all, params)
	return send(t, s, http.MethodPost, "/?"+signedQuery(http.MethodPost, testKey, testSecret, all), "")
}

// send sends a request to a handler.
func send(t testing.TB, h http.Handler, method, target, body string) reply {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	r := reply{status: w.Code, header: w.Header(), body: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &r.fields); err != nil && strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		t.Fatalf("answer is no JSON object: %v: %q", err, r.body)
	}
	return r
}

// simulate gives a simulator that takes the test's key.
func simulate(t testing.TB, o Options) *Simulator {
	o.Keys = map[string]string{testKey: testSecret}
	s := New(o)
	t.Cleanup(s.Close)
	return s
}

// seen is what a client sees of a fault: a status with the start of a body, or what went
// wrong instead.
type seen struct {
	status int
	body   string
	err    string
}

// whatIsSeen applies over real HTTP and tells what the client sees. What is to happen
// between header and body of the answer may be given.
func whatIsSeen(ctx context.Context, url string, params map[string]string, between ...func()) seen {
	all := commonParams(firstApply, time.Now())
	maps.Copy(all, params)
	r, _ := http.NewRequestWithContext(ctx, http.MethodPost, url+"/?"+signedQuery(http.MethodPost, testKey, testSecret, all), nil)
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
	for name, target := range map[string]error{"reset": syscall.ECONNRESET, "left": context.Canceled, "cut": io.ErrUnexpectedEOF, "closed": io.EOF} {
		if errors.Is(err, target) {
			return name
		}
	}
	return err.Error()
}

// waitFor waits until something holds that comes about on its own.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Error("it never came about")
			return
		}
	}
}
