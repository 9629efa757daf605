package simulator

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The worked example of the signature guide ("Request syntax and signature method V2 for
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
	v, err := url.ParseQuery(signedQuery(http.MethodGet, "testid", "testsecret", documented))
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
		query := signedQuery(http.MethodPost, testKey, testSecret, p)
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
