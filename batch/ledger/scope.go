package ledger

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/loabatch/loabatch/batch/network"
)

// Scope separates submissions to different services and by different accounts. Accounts never
// share circuits, so an accepted application counts only for its own account.
type Scope string

// The scopes of services. A service at another address has a scope of its own, see
// [EndpointScope].
const (
	Real      Scope = "real"      // the VPC API at its own address
	Simulated Scope = "simulated" // the embedded simulator
)

// officialDomain holds every host of the VPC API: vpc.aliyuncs.com, vpc.REGION.aliyuncs.com
// and, within a VPC, vpc-vpc.REGION.aliyuncs.com. All of them serve the same circuits.
const officialDomain = ".aliyuncs.com"

// EndpointScope is the scope of the service at an endpoint, however the endpoint is
// spelled: case, a trailing slash or dot and a default port make no difference. An
// official endpoint is [Real], and so is an empty one. All addresses of this machine count
// as one: at most one service answers at a port, by whatever name and scheme. If two do, they
// share a scope, which can only withhold an application and never cause a second one.
func EndpointScope(endpoint string) Scope {
	if endpoint == "" {
		return Real
	}
	text := endpoint
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return Scope("endpoint:" + endpoint)
	}
	host := canonicalHost(u.Hostname())
	if strings.HasSuffix(host, officialDomain) {
		return Real
	}
	port := strings.TrimLeft(u.Port(), "0")
	switch {
	case port != "":
	case u.Scheme == "http":
		port = "80"
	default:
		port = "443"
	}
	return Scope("endpoint:" + net.JoinHostPort(host, port))
}

// canonicalHost spells a host in one way, and every address of this machine as localhost.
func canonicalHost(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	addr = addr.Unmap()
	if network.IsLoopback(host) || addr.IsUnspecified() {
		return "localhost"
	}
	return addr.String()
}

// ForAccount is the part of a service's scope that belongs to one account.
func (s Scope) ForAccount(account string) Scope { return s + Scope(":"+account) }

// Account returns the account to which this part of a service's scope belongs, and reports whether
// it is a part of that scope at all.
func (s Scope) Account(service Scope) (account string, ok bool) {
	account, ok = strings.CutPrefix(string(s), string(service)+":")
	return account, ok && account != "" && !strings.Contains(account, ":")
}

// Canonical spells the scope of an account as this version does. Versions up to schema 2 kept
// endpoints as the user had typed them.
func (s Scope) Canonical(account string) Scope {
	service, own := strings.CutSuffix(string(s), ":"+account)
	endpoint, custom := strings.CutPrefix(service, "endpoint:")
	switch {
	case !custom:
		return s
	case own:
		return EndpointScope(endpoint).ForAccount(account)
	}
	return EndpointScope(endpoint)
}
