package simulator

import (
	"io"
	"net/http"
	"net/url"
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
