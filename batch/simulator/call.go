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

// Limits on the size of a request, in bytes.
const (
	maxURI  = 64 << 10
	maxBody = 1 << 20
)

// timeLayout is the format of times in requests, always UTC.
const timeLayout = "2006-01-02T15:04:05Z"

// call is one request to an API, decoded.
type call struct {
	id       string    // request ID of the answer
	at       time.Time // arrival
	host     string    // Host header
	method   string    // GET or POST
	api      string    // Action
	region   string    // RegionId
	instance string    // InstanceId or PhysicalConnectionId; empty for most read calls
	key      string    // AccessKeyId
	account  string    // that the key belongs to
	params   map[string]string
	n        int           // counts the calls of this API, region and circuit, from 1
	latency  time.Duration // between arrival and effect
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
	c.api, c.region, c.key = c.params["Action"], c.params["RegionId"], c.params["AccessKeyId"]
	c.instance = c.params[instanceParam(c.api)]
	return nil
}

// collect adds form-encoded parameters to the call. It refuses a repeated name, since
// there is no telling which of the values was signed.
func (c *call) collect(text string) *refusal {
	values, err := url.ParseQuery(text)
	if err != nil {
		return refuse("InvalidRequest.Encoding", "The parameters are not form-encoded.")
	}
	for name, all := range values {
		if _, known := c.params[name]; known || len(all) > 1 {
			return refuse("InvalidParameter.Repeated", "A parameter appears more than once in the request.")
		}
		c.params[name] = all[0]
	}
	return nil
}

// token returns the client token of the call. A call without one gets its request ID,
// which never repeats, so nothing is replayed.
func (c *call) token() (token string, given bool) {
	if t := c.params["ClientToken"]; t != "" {
		return t, true
	}
	return c.id, false
}

// The APIs that change state.
const (
	firstApply  = "ApplyPhysicalConnectionLOA"
	secondApply = "SecondApplyPhysicalConnectionLOA"
	completeAPI = "CompletePhysicalConnectionLOA"
	confirmAPI  = "ConfirmPhysicalConnection"
)

// instanceParam returns the name of an API's parameter for the circuit.
func instanceParam(api string) string {
	if api == confirmAPI {
		return "PhysicalConnectionId"
	}
	return "InstanceId"
}

// The API versions of the two products.
const (
	vpcVersion = "2016-04-28"
	stsVersion = "2015-04-01"
)

// api describes one API of the simulator.
type api struct {
	version string
	params  string // parameters of its own, separated by spaces; a trailing dot marks a list
	handle  func(*Simulator, *call) answer
}

const applyParams = "InstanceId ClientToken CompanyName LineType LineOperator Si ConstructionTime Bandwidth PeerLocation PMInfo."

// apis holds the APIs of the simulator by Action.
var apis = map[string]api{
	firstApply:                           {vpcVersion, applyParams, (*Simulator).operate},
	secondApply:                          {vpcVersion, applyParams, (*Simulator).operate},
	completeAPI:                          {vpcVersion, "InstanceId ClientToken LineCode LineLabel LineServiceProvider LineSPContactInfo FinishWork", (*Simulator).operate},
	confirmAPI:                           {vpcVersion, "PhysicalConnectionId ClientToken", (*Simulator).operate},
	"DescribePhysicalConnectionLOA":      {vpcVersion, "InstanceId ClientToken", (*Simulator).describeLOA},
	"DescribePhysicalConnections":        {vpcVersion, "PageNumber PageSize ClientToken Filter.", (*Simulator).describeCircuits},
	"DescribeRegions":                    {vpcVersion, "AcceptLanguage ProductType", (*Simulator).describeRegions},
	"GetPhysicalConnectionServiceStatus": {vpcVersion, "", (*Simulator).serviceStatus},
	"GetCallerIdentity":                  {stsVersion, "", (*Simulator).callerIdentity},
}

// common lists the parameters that every API takes.
const common = "Action Version Format RegionId AccessKeyId SecurityToken Signature SignatureMethod SignatureNonce SignatureType SignatureVersion Timestamp " +
	"OwnerId OwnerAccount ResourceOwnerId ResourceOwnerAccount"

// checkNames refuses unknown parameters. The real service ignores them; refusing them
// reveals a client's spelling mistakes.
func checkNames(c *call) *refusal {
	for name := range c.params {
		if !takes(common, name) && !takes(apis[c.api].params, name) {
			return refuse("UnsupportedParameter", "The API has no such parameter.")
		}
	}
	return nil
}

// takes reports whether names, separated by spaces, include name or the list it belongs to.
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

// answer is the service's response before any fault is injected.
type answer struct {
	status int
	code   string // the error code; empty when the call succeeded
	body   []byte // JSON
	header map[string]string
}

// refusal is an error answer without its request ID.
type refusal struct {
	status  int
	code    string
	message string
	header  map[string]string
}

// refuse returns a refusal with HTTP status 400, that of every code on the API page.
func refuse(code, message string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: code, message: message}
}

// answer returns the refusal as the gateway's JSON answer to c.
func (r *refusal) answer(c *call) answer {
	return answer{status: r.status, code: r.code, header: r.header, body: marshal(map[string]any{
		"RequestId": c.id,
		"HostId":    c.host,
		"Code":      r.code,
		"Message":   r.message,
		"Recommend": "https://api.alibabacloud.com/troubleshoot?q=" + r.code,
	})}
}

// accept returns the answer to a successful call, with its fields.
func accept(c *call, fields map[string]any) answer {
	body := map[string]any{"RequestId": c.id}
	for name, value := range fields {
		body[name] = value
	}
	return answer{status: http.StatusOK, body: marshal(body)}
}

// marshal encodes v, which must be encodable, as JSON.
func marshal(v any) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // all values come from this package
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// requestID returns the UUID-shaped ID of the n-th request under a seed.
func requestID(seed, n uint64) string {
	r := rand.New(rand.NewPCG(seed, n))
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], r.Uint64())
	binary.BigEndian.PutUint64(b[8:], r.Uint64())
	h := strings.ToUpper(hex.EncodeToString(b[:]))
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}
