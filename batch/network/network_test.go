package network

import (
	"errors"
	"net"
	"net/url"
	"testing"
)

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.255.255.254": true, "::1": true, "::ffff:127.0.0.1": true, "::ffff:7f00:1": true, "::1%lo": true,
		"": false, "localhost.": false, "localhost.example.com": false, "0.0.0.0": false, "::": false, "128.0.0.1": false, "10.0.0.1": false, "::127.0.0.1": false,
		"127.1": false, "127.0.0.01": false, "2130706433": false, "0x7f.0.0.1": false, "vpc.example.com": false, "[::1]": false, " 127.0.0.1": false,
	} {
		if got := IsLoopback(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
		if got := IsLoopbackAddress(net.JoinHostPort(host, "80")); got != want && host != "[::1]" {
			t.Errorf("%q with a port: %v", host, got)
		}
		if IsLoopbackAddress(host) {
			t.Errorf("%q without a port", host)
		}
	}
}

func TestProxyFailed(t *testing.T) {
	refused := errors.New("connection refused")
	for op, want := range map[string]bool{"proxyconnect": true, "socks connect": true, "socks dial": true, "dial": false, "read": false} {
		if got := ProxyFailed(&url.Error{Op: "Get", Err: &net.OpError{Op: op, Err: refused}}); got != want {
			t.Errorf("%s: %v", op, got)
		}
	}
	if ProxyFailed(refused) || ProxyFailed(nil) {
		t.Error("an error that is not about a connection")
	}
}
