package cloud

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

func TestParseEndpoint(t *testing.T) {
	for _, tc := range []struct {
		text string
		want Endpoint
		code string
	}{
		{"", Endpoint{}, ""},
		{"vpc.example.com", Endpoint{"vpc.example.com", false, false}, ""},
		{"vpc.example.com:8443", Endpoint{"vpc.example.com:8443", false, false}, ""},
		{"http://LOCALHOST:1", Endpoint{"LOCALHOST:1", true, true}, ""},
		{"https://vpc.example.com:8443/", Endpoint{"vpc.example.com:8443", false, false}, ""},
		{"https://127.0.0.1:8443", Endpoint{"127.0.0.1:8443", false, true}, ""},
		{"http://127.0.0.1:8080", Endpoint{"127.0.0.1:8080", true, true}, ""},
		{"http://127.8.9.1", Endpoint{"127.8.9.1", true, true}, ""},
		{"http://[::1]:8080", Endpoint{"[::1]:8080", true, true}, ""},
		{"http://LocalHost:8080", Endpoint{"LocalHost:8080", true, true}, ""},
		{"http://vpc.example.com", Endpoint{}, EndpointNotHTTPS},
		{"http://10.0.0.1", Endpoint{}, EndpointNotHTTPS},
		{"http://localhost.example.com", Endpoint{}, EndpointNotHTTPS},
		{"http://0.0.0.0:80", Endpoint{}, EndpointNotHTTPS},
		{"http://127.0.0.1.example.com", Endpoint{}, EndpointNotHTTPS},
		{"ftp://127.0.0.1", Endpoint{}, EndpointMalformed},
		{"https://", Endpoint{}, EndpointMalformed},
		{"https://a b", Endpoint{}, EndpointMalformed},
		{"https://vpc.example.com/path", Endpoint{}, EndpointMalformed},
		{"https://vpc.example.com?x=1", Endpoint{}, EndpointMalformed},
		{"https://vpc.example.com#x", Endpoint{}, EndpointMalformed},
		{"https://user:secret@vpc.example.com", Endpoint{}, EndpointUser},
		{"user:secret@vpc.example.com:8443", Endpoint{}, EndpointUser},
		{"http://user@10.0.0.1", Endpoint{}, EndpointUser},
		{"https://vpc.example.com:0", Endpoint{}, EndpointMalformed},
		{"https://vpc.example.com:65536", Endpoint{}, EndpointMalformed},
		{"https://vpc.example.com:", Endpoint{}, EndpointMalformed},
		{"https://vpc_x.example.com", Endpoint{}, EndpointMalformed},
		{"https://例.example.com", Endpoint{}, EndpointMalformed},
	} {
		got, err := ParseEndpoint(tc.text)
		code := ""
		if e, ok := errors.AsType[*EndpointError](err); ok {
			code = e.Code
			if strings.Contains(e.Error(), "secret") {
				t.Errorf("%q: the error repeats the URL", tc.text)
			}
		}
		if got != tc.want || code != tc.code {
			t.Errorf("%q: got %+v %q, want %+v %q", tc.text, got, code, tc.want, tc.code)
		}
	}
}

// dialled makes a Cloud without an override that records which addresses it would dial.
func dialled(t *testing.T) (*Cloud, *[]string) {
	t.Helper()
	c := cloudAt(t, "")
	var addresses []string
	c.transport.Proxy = nil
	c.transport.DialContext = func(_ context.Context, _, address string) (net.Conn, error) {
		addresses = append(addresses, address)
		return nil, errors.New("dialled")
	}
	return c, &addresses
}

// TestOfficialHostsAreOneScope checks that any host of the API, given as an override, has the scope of a run
// without one.
func TestOfficialHostsAreOneScope(t *testing.T) {
	hosts := slices.Collect(maps.Values(vpcHosts))
	for _, region := range knownRegions {
		hosts = append(hosts, vpcHost(region), "vpc-vpc."+region+".aliyuncs.com")
	}
	for _, host := range hosts {
		if got := ledger.EndpointScope("https://" + host); got != ledger.Real {
			t.Errorf("%s has scope %s", host, got)
		}
	}
}

// A call without an override uses HTTPS, whatever the SDK's default is.
func TestHostsAndHTTPS(t *testing.T) {
	for region, want := range map[string]string{
		"cn-hangzhou":           "vpc.aliyuncs.com:443",
		"cn-shanghai-finance-1": "vpc.aliyuncs.com:443",
		"cn-beijing":            "vpc.cn-beijing.aliyuncs.com:443",
		"eu-central-1":          "vpc.eu-central-1.aliyuncs.com:443",
		"zz-nowhere-9":          "vpc.zz-nowhere-9.aliyuncs.com:443",
	} {
		c, addresses := dialled(t)
		a := application()
		a.Key.Region = region
		_, err := c.Submit(t.Context(), a)
		if e := callError(t, err); e.Class != batch.NotSent || !slices.Equal(*addresses, []string{want}) {
			t.Errorf("%s: dialled %q, want %s; %+v", region, *addresses, want, *e)
		}
	}
	c, addresses := dialled(t)
	c.Identity(t.Context())
	if !slices.Equal(*addresses, []string{"sts.aliyuncs.com:443"}) {
		t.Errorf("identity: dialled %q", *addresses)
	}
}

// A region that is not a plain label never becomes part of a host name.
func TestBadRegionNeverReachesTheSDK(t *testing.T) {
	for _, region := range []string{
		"", "cn hangzhou", "CN-hangzhou", "cn_hangzhou", "evil.example.com/", "evil.example.com#", "cn-hangzhou.evil.example.com",
		"-cn", "cn-", "cn-hangzhou\n", "杭州", "a@b", strings.Repeat("a", 64),
	} {
		c, addresses := dialled(t)
		a := application()
		a.Key.Region = region
		_, err := c.Submit(t.Context(), a)
		if e := callError(t, err); *e != (batch.CallError{Class: batch.RegionFatal, Code: codeBadRegion}) || len(*addresses) != 0 {
			t.Errorf("%q: %+v, dialled %q", region, *e, *addresses)
		}
	}
}

func TestKnownRegions(t *testing.T) {
	regions := KnownRegions()
	if !slices.IsSorted(regions) || len(slices.Compact(regions)) != len(KnownRegions()) {
		t.Error("not sorted, or a region appears twice")
	}
	for _, region := range regions {
		if !sheet.ValidRegionID(region) {
			t.Errorf("%q is not well formed", region)
		}
	}
	regions[0] = "changed"
	if KnownRegions()[0] == "changed" {
		t.Error("the caller can change the list")
	}
}

// One override serves every region and STS.
func TestOverrideServesEverything(t *testing.T) {
	var actions []string
	c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		actions = append(actions, r.URL.Query().Get("Action")+" "+r.URL.Query().Get("RegionId"))
		w.Write([]byte(`{"RequestId":"REQ-1"}`))
	}))
	for _, region := range []string{"cn-hangzhou", "eu-central-1"} {
		if _, err := c.BillingEnabled(t.Context(), region); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Identity(t.Context()); err != nil {
		t.Error(err)
	}
	want := []string{"GetPhysicalConnectionServiceStatus cn-hangzhou", "GetPhysicalConnectionServiceStatus eu-central-1", "GetCallerIdentity cn-hangzhou"}
	if !slices.Equal(actions, want) {
		t.Errorf("got %q", actions)
	}
}

// Redirects are not followed, either as a GET or with the signed URL.
func TestRedirectsAreNotFollowed(t *testing.T) {
	followed := false
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		followed = true
		w.Write([]byte(`{"RequestId":"REQ-1"}`))
	}))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", other.URL+r.URL.RequestURI())
			w.WriteHeader(status)
		}))
		_, err := c.Submit(t.Context(), application())
		if e := callError(t, err); *e != odd(status, codeRedirect) || followed {
			t.Errorf("%d: %+v, followed %v", status, *e, followed)
		}
	}
}

// A handshake may take a third of an attempt: 5 s of the default, and more where somebody allows for a slow network.
func TestSlowHandshake(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{2 * time.Second: 2 * time.Second, DefaultTimeout: 5 * time.Second, time.Minute: 20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			transport := newTransport(Endpoint{Host: "vpc.example.com"}, timeout, 1)
			ours, theirs := net.Pipe()
			defer theirs.Close()
			transport.DialContext = func(context.Context, string, string) (net.Conn, error) { return ours, nil }
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			request, _ := http.NewRequestWithContext(ctx, http.MethodGet, "https://vpc.example.com", nil)
			start := time.Now()
			if _, err := transport.RoundTrip(request); err == nil || time.Since(start) != want {
				t.Errorf("%v: %v after %v, want %v", timeout, err, time.Since(start), want)
			}
		})
	}
}

func TestDialFailures(t *testing.T) {
	c := cloudAt(t, "http://127.0.0.1:1")
	_, err := c.Submit(t.Context(), application())
	if e := callError(t, err); *e != (batch.CallError{Class: batch.NotSent, Code: codeRefused}) {
		t.Errorf("refused: %+v", *e)
	}
	proxy := &net.OpError{Op: "proxyconnect", Err: &net.DNSError{IsNotFound: true}}
	for _, tc := range []struct {
		name string
		err  error
		want batch.CallError
	}{
		{"no such host", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "vpc.zz.aliyuncs.com", IsNotFound: true}}, batch.CallError{Class: batch.RegionFatal, Code: codeNoSuchHost}},
		{"name server", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}, batch.CallError{Class: batch.NotSent, Code: codeDNS}},
		{"proxy's host", proxy, batch.CallError{Class: batch.NotSent, Code: codeProxy}},
		{"other", errors.New("other"), batch.CallError{Class: batch.NotSent, Code: codeNetwork}},
	} {
		c := cloudAt(t, "")
		c.transport.Proxy = nil
		c.transport.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, tc.err }
		_, err := c.Submit(t.Context(), application())
		if e := callError(t, err); *e != tc.want {
			t.Errorf("%s: got %+v, want %+v", tc.name, *e, tc.want)
		}
	}
}

// Plain HTTP never leaves the machine, whatever a name resolves to.
func TestLoopbackOnly(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:80": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true, "10.0.0.1:80": false, "[2001:db8::1]:80": false, "nonsense": false,
	} {
		if got := loopbackOnly("tcp", address, nil) == nil; got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	plain := newTransport(Endpoint{"localhost:1", true, true}, DefaultTimeout, 1)
	if _, err := plain.DialContext(t.Context(), "tcp", "192.0.2.1:80"); !errors.Is(err, errNotLoopback) {
		t.Errorf("dialling another machine: %v", err)
	}
}

// The SDK must not read these variables itself: it compiles NO_PROXY as regular
// expressions and fails on values such as these, quoting them.
func TestSDKIgnoresProxyVariables(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		t.Setenv(name, "http://user:proxysecret@bad host:port")
	}
	t.Setenv("NO_PROXY", "(,*.example.com,[")
	t.Setenv("no_proxy", "(")
	c := dial(t, answering(200, `{"RequestId":"REQ-1"}`))
	if _, err := c.Submit(t.Context(), application()); err != nil {
		t.Error(err)
	}
}
