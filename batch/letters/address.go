package letters

import (
	"net/netip"
	"syscall"
)

// reserved lists the addresses that are not public, except those for which net/netip has predicates
// (https://www.iana.org/assignments/iana-ipv4-special-registry and its twin for
// IPv6). 100.64.0.0/10 includes the metadata service of Alibaba Cloud, 100.100.100.200, and its
// internal endpoints.
var reserved = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10",
)

// translated lists the prefixes whose addresses contain an IPv4 address, and where: the gateway behind them
// connects to that.
var translated = []struct {
	prefix netip.Prefix
	at     int // the first of its four bytes
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // NAT64, RFC 6052
	{netip.MustParsePrefix("2002::/16"), 2},     // 6to4, RFC 3056
	{netip.MustParsePrefix("::/96"), 12},        // IPv4-compatible, RFC 4291
}

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

// isPublic reports whether an address is on the public Internet.
func isPublic(a netip.Addr) bool {
	a = a.Unmap()
	if a.Zone() != "" || !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	for _, t := range translated {
		if t.prefix.Contains(a) {
			b := a.As16()
			return isPublic(netip.AddrFrom4([4]byte(b[t.at : t.at+4])))
		}
	}
	return true
}

// reach says which addresses a request may be sent to.
type reach struct{ public, loopback bool }

func (r reach) allows(a netip.Addr) bool {
	return r.public && isPublic(a) || r.loopback && a.Unmap().IsLoopback()
}

// control refuses a connection to an address out of reach. The dialer calls it with each address to which it is
// about to connect.
func (r reach) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !r.allows(to.Addr()) {
		return refuse(codeAddress, "address", to.Addr().String())
	}
	return nil
}
