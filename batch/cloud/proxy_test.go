package cloud

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch"
)

// noProxies removes every proxy setting from the environment.
func noProxies(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"} {
		t.Setenv(name, "")
	}
}

// The environment chooses the proxy, but never for a loopback endpoint. A malformed value is not ignored.
func TestProxySettings(t *testing.T) {
	const host = "vpc.aliyuncs.com"
	for _, tc := range []struct {
		env  string
		want Proxy
	}{
		{"", Proxy{}},
		{"HTTP_PROXY=http://proxy.example.com:3128", Proxy{}},
		{"HTTPS_PROXY=http://proxy.example.com:3128", Proxy{Variable: "HTTPS_PROXY", Host: "proxy.example.com:3128"}},
		{"https_proxy=proxy.example.com:3128", Proxy{Variable: "https_proxy", Host: "proxy.example.com:3128"}},
		{"HTTPS_PROXY=http://user:proxysecret@proxy.example.com:3128", Proxy{Variable: "HTTPS_PROXY", Host: "proxy.example.com:3128"}},
		{"HTTPS_PROXY=user:proxysecret@proxy.example.com:3128", Proxy{Variable: "HTTPS_PROXY", Host: "proxy.example.com:3128"}},
		{"HTTPS_PROXY=socks5://user:proxysecret@proxy.example.com:1080", Proxy{Variable: "HTTPS_PROXY", Host: "proxy.example.com:1080"}},
		{"HTTPS_PROXY=http://proxy.example.com:3128 NO_PROXY=.aliyuncs.com", Proxy{Variable: "HTTPS_PROXY", Excluded: "NO_PROXY"}},
		{"HTTPS_PROXY=http://proxy.example.com:3128 no_proxy=*", Proxy{Variable: "HTTPS_PROXY", Excluded: "no_proxy"}},
		{"HTTPS_PROXY=http://user:proxysecret@:port no_proxy=*", Proxy{Variable: "HTTPS_PROXY", Excluded: "no_proxy"}},
		{"HTTPS_PROXY=http://user:proxysecret@proxy.example.com:port", Proxy{Variable: "HTTPS_PROXY", Malformed: true}},
		{"HTTPS_PROXY=http://user:proxy#secret@proxy.example.com:3128", Proxy{Variable: "HTTPS_PROXY", Malformed: true}},
		{"HTTPS_PROXY=http://proxysecret#x@proxy.example.com:3128", Proxy{Variable: "HTTPS_PROXY", Malformed: true}},
		{"HTTPS_PROXY=http://user:p@proxysecret/word@proxy.example.com:3128", Proxy{Variable: "HTTPS_PROXY", Malformed: true}},
		{"HTTPS_PROXY=http://", Proxy{Variable: "HTTPS_PROXY", Malformed: true}},
	} {
		t.Run(strings.ReplaceAll(tc.env, "/", "|"), func(t *testing.T) {
			noProxies(t)
			for setting := range strings.FieldsSeq(tc.env) {
				name, value, _ := strings.Cut(setting, "=")
				t.Setenv(name, value)
			}
			if runtime.GOOS == "windows" { // where one variable has both names
				tc.want.Variable, tc.want.Excluded = strings.ToUpper(tc.want.Variable), strings.ToUpper(tc.want.Excluded)
			}
			got := cloudAt(t, "").Proxy("cn-hangzhou")
			if got != tc.want || strings.Contains(got.Host, "proxysecret") {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			u, err := proxyFor(Endpoint{})(httptest.NewRequest("POST", "https://"+host+"/", nil))
			if (err != nil) != tc.want.Malformed || err == nil && (u != nil) != (tc.want.Host != "") {
				t.Errorf("%v %v", u, err)
			}
			if proxyFor(Endpoint{"127.0.0.1:80", true, true}) != nil {
				t.Error("a proxy for a loopback endpoint")
			}
			if p := cloudAt(t, "http://127.0.0.1:80").Proxy("cn-hangzhou"); p.Host != "" || p.Malformed {
				t.Errorf("loopback: %+v", p)
			}
		})
	}
}

// Whatever a proxy does instead of connecting has its own code, and its error names the variable and the
// host but never the password. Nothing was sent.
func TestProxyFailures(t *testing.T) {
	const dead = "127.0.0.1:1"
	answers := func(status int) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodConnect {
				t.Errorf("the proxy got %s", r.Method)
			}
			w.Header().Set("Location", "http://sign-in.example.com/")
			w.WriteHeader(status)
		}))
		t.Cleanup(s.Close)
		u, _ := url.Parse(s.URL)
		return u.Host
	}
	for _, tc := range []struct {
		name, host string
		class      batch.Class
		code       string
	}{
		{"dead port", dead, batch.NotSent, codeProxy},
		{"407", answers(407), batch.RunFatal, codeProxySignIn},
		{"302", answers(302), batch.RunFatal, codeProxyRedirect},
		{"403", answers(403), batch.NotSent, codeProxyAnswer},
		{"502", answers(502), batch.NotSent, codeProxyAnswer},
		{"malformed", "proxy.example.com:port", batch.RunFatal, codeProxyURL},
	} {
		t.Run(tc.name, func(t *testing.T) {
			noProxies(t)
			t.Setenv("HTTPS_PROXY", "http://user:proxysecret@"+tc.host)
			_, err := cloudAt(t, "").Submit(t.Context(), application())
			want := batch.CallError{Class: tc.class, Code: tc.code, Proxy: batch.Proxy{Variable: "HTTPS_PROXY", Host: tc.host}}
			if tc.code == codeProxyURL {
				want.Proxy.Host = ""
			}
			if e := callError(t, err); *e != want {
				t.Errorf("got %+v, want %+v", *e, want)
			}
			if text := fmt.Sprintf("%v %+v", err, *callError(t, err)); strings.Contains(text, "proxysecret") {
				t.Error(text)
			}
		})
	}
}
