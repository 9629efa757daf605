package simulator

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The sizes that a request may have, in bytes.
const (
	maxURI  = 64 << 10
	maxBody = 1 << 20
)

// call is one request to an API, decoded.
type call struct {
	id       string    // the request ID of its answer
	at       time.Time // when it arrived
	host     string    // the Host it named
	method   string    // GET or POST
	api      string    // Action
	region   string    // RegionId
	instance string    // InstanceId; empty for most reading calls
	key      string    // AccessKeyId
	params   map[string]string
	n        int           // the how many-th of its API, region and circuit; decides its fate
	latency  time.Duration // between its arrival and its effect
}

// decode reads the parameters of a request from its query and its form body.
func decode(r *http.Request, c *call) *refusal {
	c.host, c.method = r.Host, r.Method
	if len(r.RequestURI) > maxURI {
		return &refusal{status: http.StatusRequestURITooLong, code: "InvalidRequest.URITooLong", message: "The request URI is longer than 64 KB."}
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return &refusal{status: http.StatusMethodNotAllowed, code: "UnsupportedHTTPMethod", message: "This http method is not supported."}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return refuse("InvalidRequest.Body", "The request body could not be read.")
	case len(body) > maxBody:
		return &refusal{status: http.StatusRequestEntityTooLarge, code: "InvalidRequest.BodyTooLong", message: "The request body is longer than 1 MB."}
	}
	c.params = map[string]string{}
	for _, text := range []string{r.URL.RawQuery, string(body)} {
		if ref := c.collect(text); ref != nil {
			return ref
		}
	}
	c.api, c.region, c.instance, c.key = c.params["Action"], c.params["RegionId"], c.params["InstanceId"], c.params["AccessKeyId"]
	return nil
}

// collect adds form-encoded parameters to the call. A name that stands twice is refused:
// which of the two was signed cannot be known.
func (c *call) collect(text string) *refusal {
	values, err := url.ParseQuery(text)
	if err != nil {
		return refuse("InvalidRequest.Encoding", "The parameters are not form-encoded.")
	}
	for name, all := range values {
		if _, known := c.params[name]; known || len(all) > 1 {
			return refuse("InvalidParameter.Repeated", "A parameter stands twice in the request.")
		}
		c.params[name] = all[0]
	}
	return nil
}

// token gives the client token of the call; without one the request ID is taken, so
// that nothing is ever replayed.
func (c *call) token() (token string, given bool) {
	if t := c.params["ClientToken"]; t != "" {
		return t, true
	}
	return c.id, false
}

// The APIs that write.
const (
	firstApply  = "ApplyPhysicalConnectionLOA"
	secondApply = "SecondApplyPhysicalConnectionLOA"
)

// The versions of the products.
const (
	vpcVersion = "2016-04-28"
	stsVersion = "2015-04-01"
)

// api is one API that the simulator answers.
type api struct {
	version string
	params  string // its own parameters, separated by blanks; one that ends in a point stands for a list
	handle  func(*Simulator, *call) answer
}

const applyParams = "InstanceId ClientToken CompanyName LineType LineOperator Si ConstructionTime Bandwidth PeerLocation PMInfo."

// apis are the APIs that the simulator answers, by Action.
var apis = map[string]api{
	firstApply:                           {vpcVersion, applyParams, (*Simulator).apply},
	secondApply:                          {vpcVersion, applyParams, (*Simulator).apply},
	"DescribePhysicalConnectionLOA":      {vpcVersion, "InstanceId ClientToken", (*Simulator).describeLOA},
	"DescribePhysicalConnections":        {vpcVersion, "PageNumber PageSize ClientToken Filter.", (*Simulator).describeCircuits},
	"DescribeRegions":                    {vpcVersion, "AcceptLanguage ProductType", (*Simulator).describeRegions},
	"GetPhysicalConnectionServiceStatus": {vpcVersion, "", (*Simulator).serviceStatus},
	"GetCallerIdentity":                  {stsVersion, "", (*Simulator).callerIdentity},
}

// common are the parameters that every API takes.
const common = "Action Version Format RegionId AccessKeyId SecurityToken Signature SignatureMethod SignatureNonce SignatureType SignatureVersion Timestamp " +
	"OwnerId OwnerAccount ResourceOwnerId ResourceOwnerAccount"

// checkNames refuses parameters that the API does not have. The real service passes over
// them; here they tell that the client misspelt something.
func checkNames(c *call) *refusal {
	for name := range c.params {
		if !takes(common, name) && !takes(apis[c.api].params, name) {
			return refuse("UnsupportedParameter", "The API has no such parameter.")
		}
	}
	return nil
}

// takes reports whether names separated by blanks hold the name or the list it belongs to.
func takes(names, name string) bool {
	if list, _, ok := strings.Cut(name, "."); ok {
		name = list + "."
	}
	for {
		known, rest, more := strings.Cut(names, " ")
		if known == name || !more {
			return known == name
		}
		names = rest
	}
}

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
