package loopback

import (
	"net"
	"testing"
)

func TestHost(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.255.255.254": true, "::1": true, "::ffff:127.0.0.1": true, "::ffff:7f00:1": true, "::1%lo": true,
		"": false, "localhost.": false, "localhost.example.com": false, "0.0.0.0": false, "::": false, "128.0.0.1": false, "10.0.0.1": false, "::127.0.0.1": false,
		"127.1": false, "127.0.0.01": false, "2130706433": false, "0x7f.0.0.1": false, "vpc.example.com": false, "[::1]": false, " 127.0.0.1": false,
	} {
		if got := Host(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
		if got := Address(net.JoinHostPort(host, "80")); got != want && host != "[::1]" {
			t.Errorf("%q with a port: %v", host, got)
		}
		if Address(host) {
			t.Errorf("%q without a port", host)
		}
	}
}
