package cloud

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"
)

// The schemes, as the SDK spells them.
const (
	schemeHTTPS = "HTTPS"
	schemeHTTP  = "HTTP"
)

// stsHost serves GetCallerIdentity for every region
// (https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-endpoint).
const stsHost = "sts.aliyuncs.com"

// identityRegion is the RegionId of calls that concern the account and no region.
const identityRegion = "cn-hangzhou"

// endpoint is an override of the API's hosts: it serves every region and every API.
// The zero value is no override.
type endpoint struct {
	host     string // host or host:port
	scheme   string
	loopback bool
}

// EndpointError says what is wrong with an endpoint override.
type EndpointError struct {
	Code string // endpoint-malformed or endpoint-not-https: the catalogue's keys
}

// Error gives the code; it never repeats the URL, which may hold a password.
func (e *EndpointError) Error() string { return "endpoint override: " + e.Code }

// parseEndpoint reads an override such as https://vpc.example.com, vpc.example.com:8443
// or http://127.0.0.1:8080. Without a scheme it is HTTPS. Plain HTTP is accepted for a
// loopback address or localhost only. Empty means no override.
func parseEndpoint(text string) (endpoint, error) {
	if text == "" {
		return endpoint{}, nil
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || !bareHost(u) {
		return endpoint{}, &EndpointError{Code: "endpoint-malformed"}
	}
	e := endpoint{host: u.Host, loopback: isLoopback(u.Hostname())}
	switch {
	case u.Scheme == "https":
		e.scheme = schemeHTTPS
	case u.Scheme == "http" && e.loopback:
		e.scheme = schemeHTTP
	case u.Scheme == "http":
		return endpoint{}, &EndpointError{Code: "endpoint-not-https"}
	default:
		return endpoint{}, &EndpointError{Code: "endpoint-malformed"}
	}
	return e, nil
}

// bareHost reports whether a URL is a scheme and a host with an optional port, and
// nothing that would be lost or that would not belong into the host name.
func bareHost(u *url.URL) bool {
	if u.Opaque != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
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

// isLoopback reports whether a host name is this machine: localhost, 127.0.0.0/8 or ::1.
func isLoopback(name string) bool {
	if strings.EqualFold(name, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback()
}

// loopbackAddress reports whether a dialled address such as 127.0.0.1:80 is loopback.
func loopbackAddress(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && isLoopback(host)
}

// vpcHost is the host that serves the VPC API of a region. The region must be
// well formed (see [sheet.ValidRegionID]): it becomes part of the name.
func vpcHost(region string) string {
	if host := vpcHosts[region]; host != "" {
		return host
	}
	return "vpc." + region + ".aliyuncs.com"
}

// vpcHosts are the regions whose host does not follow the pattern. The SDK fills this
// map on first use, without a lock; taking it once, while the package is initialised,
// is what makes later reads safe.
var vpcHosts = vpc.GetEndpointMap()
