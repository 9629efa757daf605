package cloud

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"
	"github.com/loabatch/loabatch/batch/network"
)

// The schemes, as the SDK spells them.
const (
	schemeHTTPS = "HTTPS"
	schemeHTTP  = "HTTP"
)

// stsHost serves GetCallerIdentity for every region
// (https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-endpoint).
const stsHost = "sts.aliyuncs.com"

// identityRegion is the RegionId of calls that concern the account rather than a region.
const identityRegion = "cn-hangzhou"

// Endpoint is an override of the API's hosts: it serves every region and every API. The
// zero value means no override.
type Endpoint struct {
	Host     string // host or host:port, as given
	Plain    bool   // plain HTTP; then the host is loopback
	Loopback bool   // the host is this machine
}

// scheme is the endpoint's, as the SDK spells it.
func (e Endpoint) scheme() string {
	if e.Plain {
		return schemeHTTP
	}
	return schemeHTTPS
}

// EndpointError says what is wrong with an endpoint override.
type EndpointError struct {
	Code string // EndpointMalformed, EndpointNotHTTPS or EndpointUser
}

// The codes of an EndpointError: the catalogue's keys.
const (
	EndpointMalformed = "endpoint-value" // not a scheme and a host with an optional port
	EndpointNotHTTPS  = "endpoint-plain" // plain HTTP to a host that is not loopback
	EndpointUser      = "endpoint-user"  // contains a user name or a password
)

// Error returns the code; it never repeats the URL, which may hold a password.
func (e *EndpointError) Error() string { return "endpoint override: " + e.Code }

// ParseEndpoint reads an override such as https://vpc.example.com, vpc.example.com:8443
// or http://127.0.0.1:8080. Without a scheme it is HTTPS. Plain HTTP is accepted only
// for a loopback address or localhost, since signed requests carry personal data in their URL. Empty means no override. Its errors are *EndpointError.
func ParseEndpoint(text string) (Endpoint, error) {
	if text == "" {
		return Endpoint{}, nil
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	switch {
	case strings.Contains(text, "@"): // also finds an unescaped password, which url.Parse does not recognise
		return Endpoint{}, &EndpointError{EndpointUser}
	case err != nil || !bareHost(u) || u.Scheme != "https" && u.Scheme != "http":
		return Endpoint{}, &EndpointError{EndpointMalformed}
	}
	e := Endpoint{Host: u.Host, Plain: u.Scheme == "http", Loopback: network.IsLoopback(u.Hostname())}
	if e.Plain && !e.Loopback {
		return Endpoint{}, &EndpointError{EndpointNotHTTPS}
	}
	return e, nil
}

// bareHost reports whether a URL is only a scheme and a host with an optional port, with nothing that would
// be lost or does not belong in a host name.
func bareHost(u *url.URL) bool {
	if u.Opaque != "" || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return false
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return false
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return false
	}
	name := u.Hostname()
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return !(c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')
	})
}

// vpcHost is the host that serves the VPC API of a region. The region must be
// well formed (see [sheet.ValidRegionID]): it becomes part of the name.
func vpcHost(region string) string {
	if host := vpcHosts[region]; host != "" {
		return host
	}
	return "vpc." + region + ".aliyuncs.com"
}

// vpcHosts lists the regions whose host does not follow the pattern. The SDK fills this map on first use
// without a lock; reading it once during package initialisation makes later reads safe.
var vpcHosts = vpc.GetEndpointMap()

// knownRegions are the regions in which the VPC API is offered to customers, from
// https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-endpoint,
// with the finance and government clouds. The SDK's own map is useless for this: it lists internal test
// regions but not most public ones.
var knownRegions = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-3", "ap-southeast-5",
	"ap-southeast-6", "ap-southeast-7", "ap-southeast-8",
	"cn-beijing", "cn-beijing-finance-1", "cn-chengdu", "cn-fuzhou", "cn-guangzhou", "cn-hangzhou",
	"cn-hangzhou-finance", "cn-heyuan", "cn-heyuan-acdr-1", "cn-hongkong", "cn-huhehaote", "cn-nanjing",
	"cn-north-2-gov-1", "cn-qingdao", "cn-shanghai", "cn-shanghai-finance-1", "cn-shenzhen",
	"cn-shenzhen-finance-1", "cn-wuhan-lr", "cn-wulanchabu", "cn-zhangjiakou", "cn-zhengzhou-jva",
	"eu-central-1", "eu-west-1",
	"me-central-1", "me-east-1",
	"na-south-1",
	"us-east-1", "us-southeast-1", "us-west-1",
}

// KnownRegions lists the region IDs that this version knows, sorted. New regions open, so a region that is
// not listed may exist: call [Cloud.Regions] to find out.
func KnownRegions() []string { return slices.Clone(knownRegions) }

// The bounds of the connections. The service closes idle connections after about 10 s; one that we close
// first cannot be closed during a request.
const (
	idleTimeout    = 5 * time.Second
	connectTimeout = 5 * time.Second // at least; also of the TLS handshake
	maxHeader      = 64 << 10        // bytes
)

var errNotLoopback = errors.New("cloud: plain HTTP to an address that is not loopback")

// newTransport makes the one transport that all workers share. timeout is that of an attempt: connecting may take a
// third of it, and so may the handshake. idle is how many connections to one host are worth keeping: as many as may be
// in flight.
//
// HTTP/1.1 only: one connection carries one call at a time, so a lost connection loses
// one answer. Bodies are requested uncompressed, so the bound on what is read bounds
// what was sent.
func newTransport(e Endpoint, timeout time.Duration, idle int) *http.Transport {
	connecting := max(timeout/3, connectTimeout)
	dialer := &net.Dialer{Timeout: connecting, KeepAlive: 15 * time.Second}
	if e.Plain {
		dialer.Control = loopbackOnly
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  proxyFor(e),
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    connecting,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    idle,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true,
		Protocols:              protocols,
		OnProxyConnectResponse: connected,
	}
}

// loopbackOnly refuses to dial any other machine, whatever a name resolves to.
func loopbackOnly(_, address string, _ syscall.RawConn) error {
	if !network.IsLoopbackAddress(address) {
		return errNotLoopback
	}
	return nil
}
