package cloud

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"
)

var (
	errIdle      = errors.New("cloud: a request outside of a call")
	errResend    = errors.New("cloud: a second request for one call")
	errBroken    = errors.New("cloud: no whole answer")
	errOversized = errors.New("cloud: the answer is too long")
)

// carrier is the RoundTripper of one worker. The SDK gets it as its transport, so that
// it cannot reach into the http.Transport behind it, which all workers share. It puts
// each request under the context of the call, the SDK having none of its own (see
// noTimeout), reads the answer within bounds, and records everything in the current
// exchange.
type carrier struct {
	transport http.RoundTripper
	current   *exchange // of the call in progress; nil between calls
}

// RoundTrip carries one request. A second one for the same call, be it a redirect or a
// retry, is refused: it would go past the quota, or to another host.
func (c *carrier) RoundTrip(req *http.Request) (*http.Response, error) {
	x := c.current
	if x == nil {
		return nil, errIdle
	}
	x.sent++
	if x.sent > 1 {
		return nil, errResend
	}
	ctx := httptrace.WithClientTrace(x.ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { x.gotConn.Store(true) },
	})
	x.began = time.Now()
	resp, err := c.transport.RoundTrip(req.WithContext(ctx))
	if err == nil {
		err = x.read(resp)
	}
	x.ended = time.Now()
	if err != nil {
		x.err = err
		return nil, errBroken
	}
	return replay(req, x), nil
}

// read takes in the whole answer, up to maxBody.
func (x *exchange) read(resp *http.Response) error {
	defer resp.Body.Close()
	x.status, x.header = resp.StatusCode, resp.Header
	var err error
	x.body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return err
	}
	if len(x.body) > maxBody {
		return errOversized
	}
	x.whole = true
	return nil
}

// replay gives the SDK the recorded answer without its headers, which it has no use
// for but would write out for a log that is off. Above all it has no Location:
// net/http would follow it, turning a 302 into a GET that looks like success and
// posting the signed URL of a 307 to another host.
func replay(req *http.Request, x *exchange) *http.Response {
	return &http.Response{
		Status: http.StatusText(x.status), StatusCode: x.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(x.body)), ContentLength: int64(len(x.body)),
		Request: req,
	}
}
