// Package loopback knows which hosts can only be this machine. To those, and to no others, data
// may go unencrypted; they are never reached through a proxy.
package loopback

import (
	"net"
	"net/netip"
	"strings"
)

// Host reports whether a host name can only be this machine: localhost in any case,
// 127.0.0.0/8, ::1 (RFC 6890), and the IPv4 ones mapped into IPv6. Any other name may resolve
// to another machine, even localhost with a dot behind it.
func Host(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// Address reports whether a host:port can only be this machine.
func Address(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && Host(host)
}
