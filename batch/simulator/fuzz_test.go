package simulator

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzCall: whatever a signed call says, it gets an answer in the service's form, and an
// application takes effect exactly when that answer is a yes.
func FuzzCall(f *testing.F) {
	good := url.Values{}
	for name, value := range application("pc-one", "token") {
		good.Set(name, value)
	}
	f.Add(firstApply, good.Encode())
	f.Add(secondApply, good.Encode()+"&PMInfo.2.PMName=%00&PMInfo.99999999999999999999.PMName=x")
	f.Add("DescribePhysicalConnections", "PageSize=50&PageNumber=99999&Filter.1.Key=Status&Filter.1.Value.1=%ff&Filter.-1.Key=Name")
	f.Add("DescribePhysicalConnectionLOA", "InstanceId=pc-available&RegionId=cn-beijing")
	f.Add("GetCallerIdentity", "Version=2015-04-01&Format=XML")
	f.Fuzz(func(t *testing.T, api, own string) {
		values, err := url.ParseQuery(own)
		if err != nil {
			return
		}
		s := simulate(t, Options{})
		p := commonParams(api, s.o.Now())
		for name := range values {
			p[name] = values.Get(name)
		}
		if p["Signature"] != "" {
			return
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("POST", "/?"+signedQuery("POST", p["AccessKeyId"], testSecret, maps.Clone(p)), nil))
		var answer struct{ RequestId, Code, Message string }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.RequestId == "" {
			t.Fatalf("%d %q: %v", w.Code, w.Body, err)
		}
		if (w.Code == 200) != (answer.Code == "") || answer.Code == "SignatureDoesNotMatch" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		writes := strings.HasSuffix(p["Action"], "ApplyPhysicalConnectionLOA")
		if n := s.Stats().Accepted; (n == 1) != (writes && w.Code == 200) {
			t.Errorf("%d applications took effect, answer %d %s", n, w.Code, w.Body)
		}
	})
}
