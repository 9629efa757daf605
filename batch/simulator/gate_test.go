package simulator

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestGateTurnsAwayWhatIsNotACall(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	gone := "\x00" // removes the parameter
	cases := []struct {
		name   string
		change map[string]string
		secret string
		status int
		code   string
	}{
		{"as it should be", nil, testSecret, 200, ""},
		{"no action", map[string]string{"Action": gone}, testSecret, 400, "MissingParameter"},
		{"unknown action", map[string]string{"Action": "DeletePhysicalConnection"}, testSecret, 404, "InvalidAction.NotFound"},
		{"no version", map[string]string{"Version": gone}, testSecret, 400, "NoSuchVersion"},
		{"version of another product", map[string]string{"Version": stsVersion}, testSecret, 400, "NoSuchVersion"},
		{"XML", map[string]string{"Format": "XML"}, testSecret, 400, "InvalidParameter.Format"},
		{"no key", map[string]string{"AccessKeyId": gone}, testSecret, 400, "IncompleteSignature"},
		{"unknown key", map[string]string{"AccessKeyId": "other"}, testSecret, 404, "InvalidAccessKeyId.NotFound"},
		{"wrong secret", nil, "other", 400, "SignatureDoesNotMatch"},
		{"other method", map[string]string{"SignatureMethod": "HMAC-SHA256"}, testSecret, 400, "IncompleteSignature"},
		{"other signature version", map[string]string{"SignatureVersion": "2.0"}, testSecret, 400, "IncompleteSignature"},
		{"bearer token", map[string]string{"SignatureType": "BEARERTOKEN"}, testSecret, 400, "IncompleteSignature"},
		{"no nonce", map[string]string{"SignatureNonce": gone}, testSecret, 400, "IncompleteSignature"},
		{"security token of no key", map[string]string{"SecurityToken": "x"}, testSecret, 400, "InvalidSecurityToken.MismatchWithAccessKey"},
		{"no time", map[string]string{"Timestamp": gone}, testSecret, 400, "InvalidTimeStamp.Format"},
		{"local time", map[string]string{"Timestamp": "2030-01-01T12:00:00+01:00"}, testSecret, 400, "InvalidTimeStamp.Format"},
		{"15 minutes slow", map[string]string{"Timestamp": "2030-01-01T11:45:00Z"}, testSecret, 200, ""},
		{"more than 15 minutes slow", map[string]string{"Timestamp": "2030-01-01T11:44:59Z"}, testSecret, 400, "InvalidTimeStamp.Expired"},
		{"15 minutes fast", map[string]string{"Timestamp": "2030-01-01T12:15:00Z"}, testSecret, 200, ""},
		{"more than 15 minutes fast", map[string]string{"Timestamp": "2030-01-01T12:15:01Z"}, testSecret, 400, "InvalidTimeStamp.Expired"},
		{"a parameter of another API", map[string]string{"InstanceId": "pc-a"}, testSecret, 400, "UnsupportedParameter"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := simulate(t, Options{Now: func() time.Time { return now }})
			p := commonParams("DescribeRegions", now)
			maps.Copy(p, c.change)
			maps.DeleteFunc(p, func(_, v string) bool { return v == gone })
			r := send(t, s, http.MethodPost, "/?"+signedQuery(http.MethodPost, c.secret, p), "")
			if r.status != c.status || r.code() != c.code {
				t.Fatalf("got %d %s, want %d %s", r.status, r.body, c.status, c.code)
			}
			if c.status == 200 {
				return
			}
			for _, field := range []string{"RequestId", "HostId", "Message"} {
				if text, _ := r.fields[field].(string); text == "" {
					t.Errorf("the answer has no %s: %s", field, r.body)
				}
			}
			if st := s.Stats(); st.Turned != 1 || len(st.Lanes) != 0 {
				t.Errorf("stats of a call turned away: %+v", st)
			}
		})
	}
}

func TestNonceIsTakenOnce(t *testing.T) {
	s := simulate(t, Options{})
	query := "/?" + signedQuery(http.MethodPost, testSecret, commonParams("DescribeRegions", time.Now()))
	if r := send(t, s, http.MethodPost, query, ""); r.status != 200 {
		t.Fatalf("first: %d %s", r.status, r.body)
	}
	if r := send(t, s, http.MethodPost, query, ""); r.status != 400 || r.code() != "SignatureNonceUsed" {
		t.Errorf("replayed: %d %s", r.status, r.body)
	}
}

func TestNoncesAreForgottenWithTheirTime(t *testing.T) {
	var n nonces
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 100 {
		if !n.add(sha256.Sum256([]byte(fmt.Sprint(i))), start.Add(time.Duration(i)*time.Minute)) {
			t.Fatalf("nonce %d counts as used", i)
		}
	}
	if len(n.seen) != 31 || len(n.queue) != 31 { // those of the last 30 minutes
		t.Errorf("%d nonces in the set and %d in the queue", len(n.seen), len(n.queue))
	}
}

func TestSecurityTokenBelongsToItsKey(t *testing.T) {
	s := simulate(t, Options{SecurityTokens: map[string]string{testKey: "temporary"}})
	if r := get(t, s, "DescribeRegions", map[string]string{"SecurityToken": "temporary"}); r.status != 200 {
		t.Errorf("right token: %d %s", r.status, r.body)
	}
	if r := get(t, s, "DescribeRegions", nil); r.code() != "InvalidSecurityToken.MismatchWithAccessKey" {
		t.Errorf("no token: %d %s", r.status, r.body)
	}
}

func TestParametersInQueryOrBody(t *testing.T) {
	s := simulate(t, Options{})
	form := func(method string) string {
		return signedQuery(method, testSecret, commonParams("DescribeRegions", time.Now()))
	}
	long := "/?" + form(http.MethodPost) + "&AcceptLanguage=" + strings.Repeat("x", maxURI)
	cases := []struct {
		name, method, target, body string
		status                     int
		code                       string
	}{
		{"query of a GET", http.MethodGet, "/?" + form(http.MethodGet), "", 200, ""},
		{"body of a POST", http.MethodPost, "/", form(http.MethodPost), 200, ""},
		{"signed for another method", http.MethodGet, "/?" + form(http.MethodPost), "", 400, "SignatureDoesNotMatch"},
		{"PUT", http.MethodPut, "/?" + form(http.MethodPut), "", 405, "UnsupportedHTTPMethod"},
		{"in both", http.MethodPost, "/?" + form(http.MethodPost), "Action=DescribeRegions", 400, "InvalidParameter.Repeated"},
		{"twice in the query", http.MethodPost, "/?" + form(http.MethodPost) + "&Action=DescribeRegions", "", 400, "InvalidParameter.Repeated"},
		{"broken encoding", http.MethodPost, "/?Action=%zz", "", 400, "InvalidRequest.Encoding"},
		{"more than 64 KB", http.MethodPost, long, "", 414, "InvalidRequest.URITooLong"},
		{"more than 1 MB", http.MethodPost, "/", strings.Repeat("x", maxBody+1), 413, "InvalidRequest.BodyTooLong"},
		{"nothing", http.MethodPost, "/", "", 400, "MissingParameter"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if r := send(t, s, c.method, c.target, c.body); r.status != c.status || r.code() != c.code {
				t.Errorf("got %d %.200s, want %d %s", r.status, r.body, c.status, c.code)
			}
		})
	}
}

func TestOtherPathsAreNotFound(t *testing.T) {
	s := simulate(t, Options{})
	for target, want := range map[string]int{"/other": 404, "/stats": 405, "/review?state=Approved": 400, "/review?status=Available": 400} {
		if r := send(t, s, http.MethodPost, target, ""); r.status != want {
			t.Errorf("POST %s: %d, want %d", target, r.status, want)
		}
	}
}

// documented is the worked example of the signature guide ("Request syntax and signature method V2 for
// RPC APIs"): key testid, secret testsecret.
var documented = map[string]string{
	"Timestamp": "2016-02-23T12:46:24Z", "Format": "XML", "AccessKeyId": "testid", "Action": "DescribeRegions",
	"SignatureMethod": "HMAC-SHA1", "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf", "Version": "2014-05-26",
	"SignatureVersion": "1.0",
}

func TestSignatureIsThatOfTheGuide(t *testing.T) {
	const text = "GET&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeRegions%26Format%3DXML%26SignatureMethod%3DHMAC-SHA1" +
		"%26SignatureNonce%3D3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf%26SignatureVersion%3D1.0" +
		"%26Timestamp%3D2016-02-23T12%253A46%253A24Z%26Version%3D2014-05-26"
	if got := stringToSign(http.MethodGet, documented); got != text {
		t.Errorf("string to sign\n got %s\nwant %s", got, text)
	}
	const signature = "OLeaidS1JvxuMvnyHOwuJ+uX5qY="
	if got := sign(text, "testsecret"); got != signature {
		t.Errorf("signature %s, want %s", got, signature)
	}
	v, err := url.ParseQuery(signedQuery(http.MethodGet, "testsecret", documented))
	if err != nil || v.Get("Signature") != signature {
		t.Errorf("the tests' own signer gives %s, want %s", v.Get("Signature"), signature)
	}
}

func TestSignatureCoversEveryParameterWhateverItsText(t *testing.T) {
	s := simulate(t, Options{Quota: -1})
	alphabet := []rune("aZ09-_.~ +*%&=/?:;#'\"()!,\\\t示例\U0001F600é")
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var b strings.Builder
		for range r.IntN(20) {
			b.WriteRune(alphabet[r.IntN(len(alphabet))])
		}
		p := commonParams("DescribeRegions", time.Now())
		p["AcceptLanguage"] = b.String()
		query := signedQuery(http.MethodPost, testSecret, p)
		if got := send(t, s, http.MethodPost, "/?"+query, ""); got.status != 200 {
			t.Fatalf("signed %q: %d %s", b.String(), got.status, got.body)
		}
		changed := maps.Clone(p)
		changed["SignatureNonce"] += "x"
		v, _ := url.ParseQuery(query)
		v.Set("SignatureNonce", changed["SignatureNonce"])
		if got := send(t, s, http.MethodPost, "/?"+v.Encode(), ""); got.code() != "SignatureDoesNotMatch" {
			t.Fatalf("changed after signing: %d %s", got.status, got.body)
		}
	}
}
