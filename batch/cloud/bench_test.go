package cloud

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"
)

// accepting answers without a network, so that only the client's own cost is measured.
var accepting = roundTripper(func(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(`{"RequestId":"REQ-1"}`)), Request: r,
	}, nil
})

// BenchmarkSubmit sets a call through the rim beside the same call of the bare SDK.
func BenchmarkSubmit(b *testing.B) {
	a := application()
	b.Run("rim", func(b *testing.B) {
		c, err := New(Config{Endpoint: "http://127.0.0.1:1", Credentials: canaryCredentials()})
		if err != nil {
			b.Fatal(err)
		}
		w, err := newWorker(accepting, "")
		if err != nil {
			b.Fatal(err)
		}
		c.idle = []*worker{w}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Submit(b.Context(), a); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sdk", func(b *testing.B) {
		config := sdk.NewConfig()
		config.Transport = accepting
		holder := &keyHolder{keys: *canaryCredentials().source.fixed}
		client, err := vpc.NewClientWithOptions("cn-hangzhou", config, holder)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			r := applyQuestion(&a).request.(*vpc.ApplyPhysicalConnectionLOARequest)
			if _, err := client.ApplyPhysicalConnectionLOA(r); err != nil {
				b.Fatal(err)
			}
		}
	})
}
