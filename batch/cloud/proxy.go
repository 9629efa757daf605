package cloud

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/network"
)

// proxyError says why a call did not get through the proxy. It contains no URL, which may have a password.
type proxyError struct{ code string }

// Error returns the code.
func (e *proxyError) Error() string { return "cloud: " + e.code }

// Proxy says how the environment's proxy settings apply to the API's host.
type Proxy struct {
	Variable  string // HTTPS_PROXY or https_proxy; empty if neither is set
	Host      string // host:port of the proxy, if it is used
	Malformed bool   // the variable's value is not a valid proxy URL
	Excluded  string // NO_PROXY or no_proxy, if it excludes the API's host; otherwise empty
}

// Proxy returns the proxy of the API in a region.
func (c *Cloud) Proxy(region string) Proxy {
	host := vpcHost(region)
	if c.endpoint.Host != "" {
		host = c.endpoint.Host
	}
	p, _ := proxyOf(host)
	return p
}

// proxyOf reads the environment as net/http does, except that it does not ignore a malformed value, which
// would bypass the proxy.
func proxyOf(host string) (Proxy, *url.URL) {
	variable, value := setting("HTTPS_PROXY", "https_proxy")
	if value == "" {
		return Proxy{}, nil
	}
	p := Proxy{Variable: variable}
	config := httpproxy.FromEnvironment()
	target := &url.URL{Scheme: "https", Host: host}
	config.HTTPSProxy = "http://proxy.invalid"
	if u, _ := config.ProxyFunc()(target); u == nil {
		p.Excluded, _ = setting("NO_PROXY", "no_proxy")
		return p, nil
	}
	config.HTTPSProxy = value
	u, err := config.ProxyFunc()(target)
	if err != nil || u == nil || u.Hostname() == "" || strings.HasSuffix(u.Host, ":") || hidesPassword(u, value) {
		p.Malformed = true
		return p, nil
	}
	p.Host = u.Host
	return p, u
}

// hidesPassword reports whether an unescaped password was read as something else: an @ after the host, or
// without a user, means that the host is part of the password.
func hidesPassword(u *url.URL, value string) bool {
	return u.User == nil && strings.Contains(value, "@") || strings.Contains(u.Path+u.RawQuery+u.Fragment, "@")
}

// setting returns the first of two variables that is set, and its value.
func setting(upper, lower string) (name, value string) {
	if value := os.Getenv(upper); value != "" {
		return upper, value
	}
	if value := os.Getenv(lower); value != "" {
		return lower, value
	}
	return "", ""
}

// proxyFor returns how a proxy is chosen: by the environment, except for a loopback
// endpoint, which is never reached through one.
func proxyFor(e Endpoint) func(*http.Request) (*url.URL, error) {
	if e.Loopback {
		return nil
	}
	return func(r *http.Request) (*url.URL, error) {
		p, u := proxyOf(r.URL.Host)
		if p.Malformed {
			return nil, &proxyError{codeProxyURL}
		}
		return u, nil
	}
}

// connected fails unless the proxy connected us.
func connected(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	switch {
	case resp.StatusCode == http.StatusOK:
		return nil
	case resp.StatusCode == http.StatusProxyAuthRequired:
		return &proxyError{codeProxySignIn}
	case resp.StatusCode/100 == 3:
		return &proxyError{codeProxyRedirect}
	}
	return &proxyError{codeProxyAnswer}
}

// proxyFailure classifies a call that did not get through the proxy. What only a person can change ends the
// run; an unreachable proxy may be back in a moment.
func proxyFailure(err error) (class batch.Class, code string, ok bool) {
	if e, is := errors.AsType[*proxyError](err); is {
		if e.code == codeProxyAnswer {
			return batch.NotSent, e.code, true
		}
		return batch.RunFatal, e.code, true
	}
	if network.ProxyFailed(err) {
		return batch.NotSent, codeProxy, true
	}
	return 0, "", false
}
