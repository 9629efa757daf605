package simulator

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strings"
)

// answer is what the service would say, before a fault bends it.
type answer struct {
	status int
	code   string // the error code; empty when the call succeeded
	body   []byte // JSON
	header map[string]string
}

// refusal is an error answer that has no request ID yet.
type refusal struct {
	status  int
	code    string
	message string
	header  map[string]string
}

// refuse gives a refusal with HTTP status 400, as every code of the API page has.
func refuse(code, message string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: code, message: message}
}

// answer gives the refusal as JSON, as the gateway does for a call.
func (r *refusal) answer(c *call) answer {
	return answer{status: r.status, code: r.code, header: r.header, body: marshal(map[string]any{
		"RequestId": c.id,
		"HostId":    c.host,
		"Code":      r.code,
		"Message":   r.message,
		"Recommend": "https://api.alibabacloud.com/troubleshoot?q=" + r.code,
	})}
}

// accept gives the answer of a call that succeeded, with the fields it returns.
func accept(c *call, fields map[string]any) answer {
	body := map[string]any{"RequestId": c.id}
	for name, value := range fields {
		body[name] = value
	}
	return answer{status: http.StatusOK, body: marshal(body)}
}

// marshal gives JSON of values that always have one.
func marshal(v any) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // a value of this package that JSON cannot hold
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// requestID gives the UUID-shaped ID of the n-th request under a seed.
func requestID(seed, n uint64) string {
	r := rand.New(rand.NewPCG(seed, n))
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], r.Uint64())
	binary.BigEndian.PutUint64(b[8:], r.Uint64())
	h := strings.ToUpper(hex.EncodeToString(b[:]))
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}
