package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/loabatch/loabatch/batch"
)

// classify classifies the result of a call by what was seen on the wire. unread means that the SDK could
// not parse the answer, which is then not a success. The error is a *batch.CallError, or the
// caller's context error if nothing was sent because of it.
func classify(ctx context.Context, x *exchange, unread bool) (answer, error) {
	if !x.answered() {
		return answer{}, unanswered(ctx, x)
	}
	a := parseAnswer(x.body, x.private)
	e := &batch.CallError{Class: batch.MaybeReceived, Code: a.code, RequestID: a.requestID, Status: x.status, Unsettled: true}
	if x.status/100 == 2 {
		if a.parsed && a.code == "" && a.requestID != "" && !unread {
			return a, nil
		}
		e.Throttled = ruleFor(a.code).throttled
	} else {
		byRule(e)
	}
	if e.Code == codeClock {
		offset, _ := x.clock()
		e.Ahead = -offset
	}
	if e.Code == "" {
		e.Code = oddCode(x)
	}
	if e.RequestID == "" {
		e.RequestID = x.headerID()
	}
	if e.Throttled || e.Class == batch.TryLater || x.status/100 == 5 {
		e.Wait = waitHint(x.header, time.Now())
	}
	return a, e
}

// byRule classifies an answer that is not a success, by its code and status. A 5xx may
// have taken effect whatever its code, unless the quota stopped it before that.
func byRule(e *batch.CallError) {
	r := ruleFor(e.Code)
	switch {
	case r.throttled || e.Status == http.StatusTooManyRequests:
		e.Class, e.Throttled, e.Unsettled = batch.TryLater, true, false
	case e.Status/100 == 4 && e.Code != "":
		e.Class, e.Unsettled, e.Denied = r.class, r.unsettled, r.denied
	case tooLong(e.Status):
		e.Class, e.Unsettled = batch.Refused, false
	}
}

// tooLong reports whether a status says that a server did not read the request because it is
// too long (RFC 9110, sections 15.5.14 and 15.5.15; RFC 6585, section 5).
func tooLong(status int) bool {
	return status == http.StatusRequestEntityTooLarge || status == http.StatusRequestURITooLong || status == http.StatusRequestHeaderFieldsTooLarge
}

// oddCode names an answer without a code.
func oddCode(x *exchange) string {
	switch {
	case x.status == http.StatusTooManyRequests:
		return codeThrottled
	case tooLong(x.status):
		return codeTooLong
	case x.status/100 == 5:
		return codeServerError
	case x.status/100 == 3:
		return codeRedirect
	case len(x.body) == 0:
		return codeEmpty
	case isPage(x):
		return codeWebPage
	}
	return codeOddAnswer
}

// isPage reports whether an answer is a web page, which proxies, firewalls and sign-in portals send in
// place of the API's answer.
func isPage(x *exchange) bool {
	return strings.Contains(strings.ToLower(x.header.Get("Content-Type")), "html") || bytes.HasPrefix(bytes.TrimLeft(x.body, " \t\r\n\ufeff"), []byte("<"))
}

// unanswered classifies a call that got no complete answer. Without a connection nothing
// was sent; with one, anything may have been.
func unanswered(ctx context.Context, x *exchange) error {
	if tooLong(x.status) { // a server that stops reading may close before its page is through
		return &batch.CallError{Class: batch.Refused, Code: codeTooLong, RequestID: x.headerID(), Status: x.status}
	}
	if x.gotConn.Load() {
		return &batch.CallError{Class: batch.MaybeReceived, Code: lostCode(ctx, x), RequestID: x.headerID(), Status: x.status, Unsettled: true}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if x.sent == 0 {
		return &batch.CallError{Class: batch.NotSent, Code: codeClient}
	}
	e := new(batch.CallError)
	e.Class, e.Code = dialFailure(x)
	if p, _ := proxyOf(x.host); p.Host != "" || p.Malformed {
		e.Proxy = batch.Proxy{Variable: p.Variable, Host: p.Host}
	}
	return e
}

// answer holds the fields of a body.
type answer struct {
	parsed    bool // the body is a JSON object and its code, if any, is a string
	code      string
	requestID string
}

// maxField is the longest code or request ID that is accepted as one.
const maxField = 128

// parseAnswer reads the fields of a body. Only the outermost Code and RequestId (also
// spelt requestId) are looked at, never the message. A field that quotes the request is
// dropped, so no private value gets out.
func parseAnswer(body []byte, private []string) answer {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields == nil {
		return answer{}
	}
	code, ok := text(fields["Code"])
	if !ok || code != "" && !isCode(code) {
		return answer{}
	}
	id, ok := text(fields["RequestId"])
	if !ok || id == "" {
		id, _ = text(fields["requestId"])
	}
	a := answer{parsed: true, code: code}
	if quotes(a.code, private) {
		return answer{}
	}
	a.requestID = requestID(id, private)
	return a
}

// requestID returns a request ID unchanged, or nothing if it must not be shown.
func requestID(id string, private []string) string {
	if !isField(id) || quotes(id, private) {
		return ""
	}
	return id
}

// isCode reports whether a text has the shape of an error code. Some real codes hold a
// placeholder that the service forgot to fill, such as IncorrectStatus.%s.
func isCode(s string) bool { return isField(strings.ReplaceAll(s, "%s", "")) }

// text returns a JSON string's value, and "" for nothing and for null. It reports false
// for anything else.
func text(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 {
		return "", true
	}
	var s *string
	if json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	if s == nil {
		return "", true
	}
	return *s, true
}

// isField reports whether a text has the shape of a code or a request ID: only letters, digits and
// . _ -
func isField(s string) bool {
	if len(s) == 0 || len(s) > maxField {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c == '.' || c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			return false
		}
	}
	return true
}

// maxText bounds such a text, in characters: the ARN of a session has some 170.
const maxText = 256

// plain makes a text of the service other than a code, such as a status, fit to be shown: without control
// and format characters, which could rewrite a terminal, and no longer than maxText.
func plain(s string) string {
	n := 0
	return strings.Map(func(r rune) rune {
		if n++; n > maxText {
			return -1
		}
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// shortPrivate is the length from which a private value is looked for anywhere in a
// field. A shorter one, such as the name Li, occurs in genuine codes, so it counts only
// as a whole word of the field.
const shortPrivate = 6

// quotes reports whether a field repeats one of the private values.
func quotes(field string, private []string) bool {
	for _, p := range private {
		switch {
		case p == "":
		case len(p) >= shortPrivate && strings.Contains(field, p):
			return true
		case len(p) < shortPrivate && hasWord(field, p):
			return true
		}
	}
	return false
}

func hasWord(field, word string) bool {
	for w := range strings.FieldsFuncSeq(field, func(c rune) bool { return c == '.' || c == '_' || c == '-' }) {
		if w == word {
			return true
		}
	}
	return false
}

// maxWait bounds a server's hint: the quota's window is one minute, so a longer wait must
// be a mistake.
const maxWait = 2 * time.Minute

// waitHint returns how long the server asks to wait, at most maxWait; 0 if it gives no
// hint. Of several hints the longest counts. The headers are
//
//	x-ratelimit-user-api, x-ratelimit-user: Limit:1,Remain:0,TimeLeft:2000   milliseconds; counts when nothing remains
//	x-acs-retry-after: 2000                                                  milliseconds
//	Retry-After: 2, or a date                                                seconds (RFC 9110, section 10.2.3)
func waitHint(h http.Header, now time.Time) time.Duration {
	var wait time.Duration
	for _, name := range []string{"X-Ratelimit-User-Api", "X-Ratelimit-User"} {
		for _, v := range h.Values(name) {
			wait = max(wait, timeLeft(v))
		}
	}
	for _, v := range h.Values("X-Acs-Retry-After") {
		wait = max(wait, amount(v, time.Millisecond))
	}
	for _, v := range h.Values("Retry-After") {
		if at, err := http.ParseTime(v); err == nil {
			wait = max(wait, min(at.Sub(now), maxWait))
		} else {
			wait = max(wait, amount(v, time.Second))
		}
	}
	return wait
}

// timeLeft reads TimeLeft out of a list such as Limit:1,Remain:0,TimeLeft:2000.
func timeLeft(list string) time.Duration {
	var left time.Duration
	for field := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(field, ":")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "timeleft":
			left = amount(value, time.Millisecond)
		case "remain":
			if n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64); err == nil && n > 0 {
				return 0
			}
		}
	}
	return left
}

// amount reads a whole number of units, at most maxWait; 0 for anything else.
func amount(text string, unit time.Duration) time.Duration {
	text = strings.TrimSpace(text)
	n, err := strconv.ParseUint(text, 10, 63)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return maxWait
	case err != nil:
		return 0
	case n > uint64(maxWait/unit):
		return maxWait
	}
	return time.Duration(n) * unit
}
