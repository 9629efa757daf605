package cloud

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

func TestSubmitSendsEveryParameter(t *testing.T) {
	var got url.Values
	var method string
	c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, method = r.URL.Query(), r.Method
		w.Write([]byte(`{"RequestId":"REQ-1"}`))
	}))
	before := time.Now().Add(-time.Second)
	receipt, err := c.Submit(t.Context(), application())
	if err != nil {
		t.Fatal(err)
	}
	if receipt.RequestID != "REQ-1" || receipt.At.Before(before) || receipt.At.Location() != time.UTC {
		t.Errorf("receipt %+v", receipt)
	}
	want := map[string]string{
		"Action": "ApplyPhysicalConnectionLOA", "Version": "2016-04-28", "Format": "JSON",
		"RegionId": "cn-hangzhou", "InstanceId": "pc-test0001", "CompanyName": "示例公司", "LineType": "FIBRE", "Si": "Example & Sons",
		"ConstructionTime": "2030-01-02T03:04:05Z", "Bandwidth": "100", "PeerLocation": "Floor 3 *~+", "ClientToken": canaryClient,
		"PMInfo.1.PMName": canaryName, "PMInfo.1.PMCertificateType": "Passport", "PMInfo.1.PMCertificateNo": canaryCert,
		"PMInfo.1.PMGender": "Female", "PMInfo.1.PMContactInfo": canaryPhone,
		"AccessKeyId": canaryKeyID, "SecurityToken": canaryToken,
	}
	for name, value := range want {
		if got.Get(name) != value {
			t.Errorf("%s = %q, want %q", name, got.Get(name), value)
		}
	}
	if method != http.MethodPost {
		t.Errorf("method %s", method)
	}
}

func TestSubmitLeavesOutWhatIsEmpty(t *testing.T) {
	var got url.Values
	c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.Query()
		w.Write([]byte(`{"RequestId":"REQ-1"}`))
	}))
	a := application()
	a.Circuit.Bandwidth, a.Circuit.PeerLocation = 0, ""
	if _, err := c.Submit(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Bandwidth", "PeerLocation"} {
		if got.Has(name) {
			t.Errorf("%s was sent", name)
		}
	}
}

func TestReapplyGoesThroughSecondApply(t *testing.T) {
	var first, second url.Values
	c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first, second = second, r.URL.Query()
		w.Write([]byte(`{"RequestId":"REQ-1"}`))
	}))
	a := application()
	for _, a.Operation = range []batch.Operation{batch.Apply, batch.Reapply} {
		if _, err := c.Submit(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if second.Get("Action") != "SecondApplyPhysicalConnectionLOA" {
		t.Errorf("action %s", second.Get("Action"))
	}
	for _, changes := range []string{"Action", "Timestamp", "SignatureNonce", "Signature"} {
		first.Del(changes)
		second.Del(changes)
	}
	if first.Encode() != second.Encode() {
		t.Error("the parameters of the two differ")
	}
}

// A request of the SDK that is used again keeps the engineers of a longer list.
func TestEngineersOfAnEarlierCallDoNotStay(t *testing.T) {
	var got url.Values
	c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.Query()
		w.Write([]byte(`{"RequestId":"REQ-1"}`))
	}))
	a := application()
	one := a.Engineers
	a.Engineers = append([]*sheet.Engineer{}, one[0], one[0], one[0])
	if _, err := c.Submit(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if !got.Has("PMInfo.3.PMName") {
		t.Fatal("three engineers were not sent")
	}
	a.Engineers = one
	if _, err := c.Submit(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if got.Has("PMInfo.2.PMName") {
		t.Error("an engineer of the call before was sent again")
	}
}
