package simulator

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
)

// stringToSign gives what both sides of an RPC call sign: the method, the path and all
// parameters but Signature, sorted and encoded. What came over the wire is form-encoded
// (a space is +), so parameters are decoded first and encoded again here.
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

// sign gives the signature of a string to sign: base64 of its HMAC-SHA1 under the secret
// and an ampersand.
func sign(text, secret string) string {
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signedBy reports whether the signature is that of the text under the secret, in
// constant time.
func signedBy(signature, text, secret string) bool {
	return hmac.Equal([]byte(signature), []byte(sign(text, secret)))
}

// percentEncode writes text as RFC 3986 section 2 encodes it: letters, digits and -_.~
// stand as they are, every other byte as % and two capital hexadecimal digits.
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
