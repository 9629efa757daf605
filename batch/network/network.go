// Package network tells every client in the same way which hosts are this machine, and which
// failures are a proxy's.
package network

import (
	"errors"
	"net"
	"net/netip"
	"strings"
)

// IsLoopback reports whether a host name can only be this machine: localhost in any case,
// 127.0.0.0/8, ::1 (RFC 6890), and the IPv4 ones mapped into IPv6. Any other name may resolve to
// another machine, even localhost with a trailing dot. Data for this machine may be unencrypted,
// and never goes through a proxy.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// IsLoopbackAddress reports whether a host:port can only be this machine.
func IsLoopbackAddress(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && IsLoopback(host)
}

// ProxyFailed reports whether a request failed because its HTTP or SOCKS proxy could not be reached or
// did not connect us.
func ProxyFailed(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks "))
}
