package cloud

import (
	"encoding/json"
	"strings"
)

// answer is what the fields of a body say.
type answer struct {
	parsed    bool // the body is a JSON object and its code, if any, is a text
	code      string
	requestID string
}

// maxField is the longest code or request ID that is taken for one.
const maxField = 128

// parseAnswer reads the fields of a body. Only the outermost Code and RequestId (also
// spelt requestId) are looked at, never the message. A field that quotes the request
// is dropped: the text may be anything, and a private value in it must not get out.
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

// requestID gives a request ID as it stands, or nothing when it is none that may be shown.
func requestID(id string, private []string) string {
	if !isField(id) || quotes(id, private) {
		return ""
	}
	return id
}

// isCode reports whether a text has the shape of an error code. Some real codes hold a
// placeholder that the service forgot to fill, such as IncorrectStatus.%s.
func isCode(s string) bool { return isField(strings.ReplaceAll(s, "%s", "")) }

// text gives a JSON string's value; nothing and null give "". It reports false for
// anything else.
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

// isField reports whether a text has the shape of a code or of a request ID: letters,
// digits and . _ - only.
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

// shortPrivate is the length from which a private value is looked for inside of a
// field. A shorter one, such as the name Li, is part of honest codes; it must be a
// whole word of the field to count.
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
