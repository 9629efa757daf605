package simulator

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxSkew is the most that the clocks of client and service may differ (signature guide).
const maxSkew = 15 * time.Minute

// authenticate checks the common parameters of a call, in this order: API and version,
// format, key, time stamp, signature, nonce.
func (s *Simulator) authenticate(c *call) *refusal {
	if ref := s.checkAPI(c); ref != nil {
		return ref
	}
	if ref := s.checkKey(c); ref != nil {
		return ref
	}
	at, err := time.Parse(timeLayout, c.params["Timestamp"])
	switch {
	case err != nil:
		return refuse("InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.")
	case c.at.Sub(at).Abs() > maxSkew:
		return refuse("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
	}
	text := stringToSign(c.method, c.params)
	if !signedBy(c.params["Signature"], text, s.o.Keys[c.key]) {
		return refuse("SignatureDoesNotMatch", "Specified signature is not matched with our calculation. server string to sign is:"+text)
	}
	if !s.firstUse(c) {
		return refuse("SignatureNonceUsed", "Specified signature nonce was used already.")
	}
	return nil
}

// checkAPI refuses unknown APIs, versions and formats.
func (s *Simulator) checkAPI(c *call) *refusal {
	a, known := apis[c.api]
	switch {
	case c.api == "":
		return refuse("MissingParameter", "The input parameter Action that is mandatory for processing this request is not supplied.")
	case !known:
		return &refusal{status: http.StatusNotFound, code: "InvalidAction.NotFound", message: "Specified api is not found, please check your url and method."}
	case c.params["Version"] != a.version:
		return refuse("NoSuchVersion", "The specified version does not exist.")
	case c.params["Format"] != "JSON":
		return refuse("InvalidParameter.Format", "The simulator answers in JSON only.")
	}
	return nil
}

// checkKey refuses unknown keys, security tokens of other keys, and other signature
// methods.
func (s *Simulator) checkKey(c *call) *refusal {
	if c.key == "" || c.params["Signature"] == "" || c.params["SignatureNonce"] == "" ||
		c.params["SignatureMethod"] != "HMAC-SHA1" || c.params["SignatureVersion"] != "1.0" || c.params["SignatureType"] != "" {
		return refuse("IncompleteSignature", "The request signature does not conform to Aliyun standards.")
	}
	if _, known := s.o.Keys[c.key]; !known {
		return &refusal{status: http.StatusNotFound, code: "InvalidAccessKeyId.NotFound", message: "Specified access key is not found."}
	}
	if c.account = s.o.Accounts[c.key]; c.account == "" {
		c.account = s.o.Account
	}
	if c.params["SecurityToken"] != s.o.SecurityTokens[c.key] {
		return refuse("InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken is not matched with the AccessKey.")
	}
	return nil
}

// firstUse reports whether the nonce of a call is new for its key.
func (s *Simulator) firstUse(c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nonces.add(sha256.Sum256([]byte(c.key+"\x00"+c.params["SignatureNonce"])), c.at)
}

// maxNonces bounds the memory used under load: the oldest nonces are forgotten first.
const maxNonces = 1 << 20

// nonces remembers used nonces for as long as a time stamp with them could be valid.
type nonces struct {
	seen  map[[32]byte]bool
	queue []nonce // in order of arrival
}

type nonce struct {
	sum [32]byte
	at  time.Time
}

// add remembers a nonce and reports whether it is new.
func (n *nonces) add(sum [32]byte, at time.Time) bool {
	if n.seen == nil {
		n.seen = map[[32]byte]bool{}
	}
	for len(n.queue) > 0 && (len(n.queue) >= maxNonces || at.Sub(n.queue[0].at) > 2*maxSkew) {
		delete(n.seen, n.queue[0].sum)
		n.queue = n.queue[1:]
	}
	if n.seen[sum] {
		return false
	}
	n.seen[sum] = true
	n.queue = append(n.queue, nonce{sum, at})
	return true
}

// stringToSign returns the text that both sides of an RPC call sign: the method, the path
// and all parameters except Signature, sorted and percent-encoded. The wire format is form
// encoding, where a space is +, so params must already be decoded.
// Source: "Request syntax and signature method V2 for RPC APIs" of the Alibaba Cloud SDK guide.
func stringToSign(method string, params map[string]string) string {
	var canonical strings.Builder
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if name == "Signature" {
			continue
		}
		if canonical.Len() > 0 {
			canonical.WriteByte('&')
		}
		percentEncode(&canonical, name)
		canonical.WriteByte('=')
		percentEncode(&canonical, params[name])
	}
	var signed strings.Builder
	signed.WriteString(method)
	signed.WriteString("&%2F&")
	percentEncode(&signed, canonical.String())
	return signed.String()
}

// sign returns the signature of a text: the base64 of its HMAC-SHA1, keyed with the secret
// and an ampersand.
func sign(text, secret string) string {
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signedBy reports, in constant time, whether signature is that of text under secret.
func signedBy(signature, text, secret string) bool {
	return hmac.Equal([]byte(signature), []byte(sign(text, secret)))
}

// percentEncode writes text percent-encoded (RFC 3986 section 2): letters, digits and -_.~
// unchanged, every other byte as % and two uppercase hexadecimal digits.
func percentEncode(b *strings.Builder, text string) {
	const digits = "0123456789ABCDEF"
	for i := range len(text) {
		c := text[i]
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
}
