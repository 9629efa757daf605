package cloud

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// The bounds of the connections. The service closes idle sessions after about 10 s; a
// connection that we close first cannot be closed under a request.
const (
	idleTimeout      = 5 * time.Second
	connectTimeout   = 5 * time.Second
	handshakeTimeout = 5 * time.Second
	maxHeader        = 64 << 10 // bytes
)

var (
	errNotLoopback = errors.New("cloud: plain HTTP to an address that is not loopback")
	errProxy       = errors.New("cloud: the proxy cannot be used")
)

// newTransport makes the one transport that all workers share. Idle is how many
// connections to one host are worth keeping: as many as may be in flight.
//
// HTTP/1.1 only: one connection carries one call, so that a lost connection loses one
// answer. Bodies are asked for uncompressed, so that the bound on what is read
// is the bound on what was sent.
func newTransport(e endpoint, idle int) *http.Transport {
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: 15 * time.Second}
	if e.scheme == schemeHTTP {
		dialer.Control = loopbackOnly
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  proxyFor(e, http.ProxyFromEnvironment),
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    handshakeTimeout,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    idle,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true,
		Protocols:              protocols,
		OnProxyConnectResponse: connected,
	}
}

// proxyFor decides about proxies: the environment does, except for a loopback endpoint,
// which is never reached through one.
func proxyFor(e endpoint, env func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	if e.loopback {
		return nil
	}
	return func(r *http.Request) (*url.URL, error) {
		u, err := env(r)
		if err != nil {
			return nil, errProxy
		}
		return u, nil
	}
}

// connected refuses a proxy that did not connect us.
func connected(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return errProxy
	}
	return nil
}

// loopbackOnly refuses to dial anything but this machine, whatever a name resolves to.
func loopbackOnly(_, address string, _ syscall.RawConn) error {
	if !loopbackAddress(address) {
		return errNotLoopback
	}
	return nil
}
