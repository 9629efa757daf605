package ledger_test

import (
	"testing"

	"github.com/loabatch/loabatch/batch/ledger"
)

// TestEndpointScope lists the spellings of one service on each line.
func TestEndpointScope(t *testing.T) {
	for want, spellings := range map[ledger.Scope][]string{
		ledger.Real: {"", "vpc.aliyuncs.com", "https://vpc.aliyuncs.com", "https://vpc.aliyuncs.com/", "HTTPS://VPC.aliyuncs.com:443",
			"https://vpc.aliyuncs.com.", "vpc.aliyuncs.com.:443", "vpc.cn-beijing.aliyuncs.com", "https://vpc.eu-central-1.aliyuncs.com:0443/",
			"vpc-vpc.cn-hangzhou.aliyuncs.com", "https://VPC-VPC.ap-southeast-1.aliyuncs.com"},
		"endpoint:localhost:8080": {"http://127.0.0.1:8080", "http://127.0.0.1:8080/", "HTTP://127.0.0.1:8080", "http://localhost:8080",
			"http://LOCALHOST:08080/", "http://[::1]:8080", "http://[::ffff:127.0.0.1]:8080", "http://[0:0:0:0:0:0:0:1]:8080/",
			"https://localhost.:8080", "localhost:8080", "http://127.8.9.1:8080", "https://0.0.0.0:8080"},
		"endpoint:localhost:8081":           {"http://127.0.0.1:8081"},
		"endpoint:localhost:80":             {"http://127.0.0.1", "http://localhost/", "http://[::1]:80"},
		"endpoint:localhost:443":            {"localhost", "https://[::1]", "https://127.0.0.1:443/"},
		"endpoint:vpc.example.com:443":      {"vpc.example.com", "https://vpc.example.com/", "https://VPC.Example.com.:443"},
		"endpoint:vpc.example.com:8443":     {"vpc.example.com:8443", "https://vpc.example.com:8443/"},
		"endpoint:aliyuncs.com:443":         {"https://aliyuncs.com"},
		"endpoint:vpc-aliyuncs.com:443":     {"https://vpc-aliyuncs.com"},
		"endpoint:vpc.aliyuncs.com.cn:443":  {"https://vpc.aliyuncs.com.cn"},
		"endpoint:[2001:db8::1]:8443":       {"https://[2001:DB8:0:0::1]:8443", "https://[2001:db8::1]:8443/"},
		"endpoint:10.0.0.1:443":             {"10.0.0.1", "https://[::ffff:10.0.0.1]/"},
		"endpoint:localhost.example.com:80": {"http://localhost.example.com"},
	} {
		for _, spelling := range spellings {
			if got := ledger.EndpointScope(spelling); got != want {
				t.Errorf("%q has scope %q, want %q", spelling, got, want)
			}
		}
	}
}

// TestCanonicalScope reads the scopes of ledgers of schema 2, which end in the account.
func TestCanonicalScope(t *testing.T) {
	for _, test := range []struct {
		scope   ledger.Scope
		account string
		want    ledger.Scope
	}{
		{"real:1234567890123456", "1234567890123456", "real:1234567890123456"},
		{"real", "", "real"},
		{"simulated:1234567890123456", "1234567890123456", "simulated:1234567890123456"},
		{"endpoint:http://LocalHost:8080/:1234567890123456", "1234567890123456", "endpoint:localhost:8080:1234567890123456"},
		{"endpoint:https://vpc.aliyuncs.com:1234567890123456", "1234567890123456", "real:1234567890123456"},
		{"endpoint:vpc.example.com:8443", "", "endpoint:vpc.example.com:8443"},
		{"endpoint:localhost:8080:1234567890123456", "1234567890123456", "endpoint:localhost:8080:1234567890123456"},
	} {
		if got := test.scope.Canonical(test.account); got != test.want {
			t.Errorf("%q becomes %q, want %q", test.scope, got, test.want)
		}
	}
	if ledger.Real.ForAccount("1") == ledger.Real.ForAccount("2") {
		t.Error("two accounts share a scope")
	}
}

func TestAccountOfScope(t *testing.T) {
	here := ledger.EndpointScope("http://127.0.0.1:8080")
	for _, test := range []struct {
		scope, service ledger.Scope
		want           string
	}{
		{ledger.Real.ForAccount("1"), ledger.Real, "1"},
		{here.ForAccount("2"), here, "2"},
		{here.ForAccount("2"), ledger.Real, ""},
		{ledger.Simulated.ForAccount("1"), ledger.Real, ""},
		{ledger.Real, ledger.Real, ""},
		{"endpoint:localhost:8080:1", "endpoint:localhost", ""},
	} {
		if got, ok := test.scope.Account(test.service); ok != (test.want != "") || ok && got != test.want {
			t.Errorf("%q is the account %q of %q", test.scope, got, test.service)
		}
	}
}
