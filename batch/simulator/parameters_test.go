package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestApplyChecksEveryParameter(t *testing.T) {
	gone := "\x00" // removes the parameter
	long := strings.Repeat("例", maxText+1)
	engineer := func(i int) map[string]string {
		at := fmt.Sprintf("PMInfo.%d.", i)
		return map[string]string{at + "PMName": "A", at + "PMCertificateType": "Passport", at + "PMCertificateNo": "E0", at + "PMGender": "Male", at + "PMContactInfo": "0"}
	}
	upTo := func(n int) map[string]string {
		all := map[string]string{}
		for i := 1; i <= n; i++ {
			maps.Copy(all, engineer(i))
		}
		return all
	}
	cases := []struct {
		change map[string]string
		status int
		code   string
	}{
		{nil, 200, ""},
		{map[string]string{"RegionId": gone}, 400, "MissingParam.RegionNo"},
		{map[string]string{"RegionId": "cn-atlantis"}, 404, "InvalidRegionId.NotFound"},
		{map[string]string{"InstanceId": gone}, 400, "MissingParam.InstanceId"},
		{map[string]string{"InstanceId": "vbr-one"}, 400, "InvalidInstanceId.NotFound"},
		{map[string]string{"InstanceId": "pc-"}, 400, "InvalidInstanceId.NotFound"},
		{map[string]string{"InstanceId": "pc-one "}, 400, "InvalidInstanceId.NotFound"},
		{map[string]string{"InstanceId": "pc-" + strings.Repeat("a", 62)}, 400, "InvalidInstanceId.NotFound"},
		{map[string]string{"CompanyName": gone}, 400, "IllegalParam.CompanyName"},
		{map[string]string{"CompanyName": " x"}, 400, "IllegalParam.CompanyName"},
		{map[string]string{"CompanyName": "a\nb"}, 400, "IllegalParam.CompanyName"},
		{map[string]string{"CompanyName": "a\xffb"}, 400, "IllegalParam.CompanyName"},
		{map[string]string{"CompanyName": long}, 400, "IllegalParam.CompanyName"},
		{map[string]string{"CompanyName": strings.Repeat("例", maxText)}, 200, ""},
		{map[string]string{"LineType": gone}, 400, "IllegalParam.LineType"},
		{map[string]string{"LineType": "fibre"}, 400, "IllegalParam.LineType"},
		{map[string]string{"LineType": "SDH"}, 400, "IllegalParam.LineType"},
		{map[string]string{"LineType": "MSTP"}, 200, ""},
		{map[string]string{"LineType": "MPLSVPN"}, 200, ""},
		{map[string]string{"LineType": "Other"}, 200, ""},
		{map[string]string{"LineOperator": "Other"}, 400, "IllegalParam.LineOperator"},
		{map[string]string{"Si": gone}, 400, "IllegalParam.Si"},
		{map[string]string{"Si": "x\u00a0"}, 400, "IllegalParam.Si"},
		{map[string]string{"ConstructionTime": gone}, 400, "InvalidConstructionTime.Malformed"},
		{map[string]string{"ConstructionTime": "2030-01-02"}, 400, "InvalidConstructionTime.Malformed"},
		{map[string]string{"ConstructionTime": "2030-02-30T00:00:00Z"}, 400, "InvalidConstructionTime.Malformed"},
		{map[string]string{"ConstructionTime": "2030-01-02T03:04:05+00:00"}, 400, "InvalidConstructionTime.Malformed"},
		{map[string]string{"ConstructionTime": "2030-01-02T03:04:05.5Z"}, 400, "InvalidConstructionTime.Malformed"},
		{map[string]string{"ConstructionTime": "2030-01-02 03:04:05"}, 400, "InvalidConstructionTime.Malformed"},
		{map[string]string{"ConstructionTime": "2020-01-02T03:04:05Z"}, 200, ""}, // the page does not ask for the future
		{map[string]string{"Bandwidth": gone}, 200, ""},
		{map[string]string{"Bandwidth": ""}, 400, "IllegalParam.Bandwidth"},
		{map[string]string{"Bandwidth": "1"}, 400, "IllegalParam.Bandwidth"},
		{map[string]string{"Bandwidth": "2"}, 200, ""},
		{map[string]string{"Bandwidth": "10240"}, 200, ""},
		{map[string]string{"Bandwidth": "10241"}, 400, "IllegalParam.Bandwidth"},
		{map[string]string{"Bandwidth": "0100"}, 400, "IllegalParam.Bandwidth"},
		{map[string]string{"Bandwidth": "+100"}, 400, "IllegalParam.Bandwidth"},
		{map[string]string{"Bandwidth": "100.0"}, 400, "IllegalParam.Bandwidth"},
		{map[string]string{"PeerLocation": gone}, 200, ""},
		{map[string]string{"PeerLocation": " "}, 400, "IllegalParam.PeerLocation"},
		{map[string]string{"ClientToken": strings.Repeat("t", 64)}, 200, ""},
		{map[string]string{"ClientToken": strings.Repeat("t", 65)}, 400, "InvalidClientToken.Malformed"},
		{map[string]string{"ClientToken": "tökén"}, 400, "InvalidClientToken.Malformed"},
		{map[string]string{"ClientToken": "a b"}, 400, "InvalidClientToken.Malformed"},
		{map[string]string{"PMInfo.1.PMName": gone}, 400, "IllegalParam.PmName"},
		{map[string]string{"PMInfo.1.PMCertificateType": "Other"}, 400, "IllegalParam.PmCertificateType"},
		{map[string]string{"PMInfo.1.PMCertificateType": "idcard"}, 400, "IllegalParam.PmCertificateType"},
		{map[string]string{"PMInfo.1.PMCertificateNo": gone}, 400, "IllegalParam.PmCertificateNo"},
		{map[string]string{"PMInfo.1.PMCertificateNo": "000 000"}, 400, "IllegalParam.PmCertificateNo"},
		{map[string]string{"PMInfo.1.PMGender": "F"}, 400, "IllegalParam.PmGender"},
		{map[string]string{"PMInfo.1.PMContactInfo": gone}, 400, "IllegalParam.PmContactInfo"},
		{upTo(16), 200, ""},
		{upTo(17), 400, "IllegalParam.PMInfo"},
		{engineer(3), 400, "IllegalParam.PmName"}, // 2 is missing
		{map[string]string{"PMInfo.1.PMAge": "30"}, 400, "IllegalParam.PMInfo"},
		{map[string]string{"PMInfo.one.PMName": "x"}, 400, "IllegalParam.PMInfo"},
		{map[string]string{
			"PMInfo.1.PMName": gone, "PMInfo.1.PMCertificateType": gone, "PMInfo.1.PMCertificateNo": gone, "PMInfo.1.PMGender": gone, "PMInfo.1.PMContactInfo": gone,
		}, 400, "MissingParam.PMInfo"},
		{map[string]string{"Colour": "blue"}, 400, "UnsupportedParameter"},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%.60q", fmt.Sprint(c.change)), func(t *testing.T) {
			s := simulate(t, Options{})
			p := commonParams(firstApply, s.o.Now())
			maps.Copy(p, application("pc-one", "token"))
			maps.Copy(p, c.change)
			maps.DeleteFunc(p, func(_, v string) bool { return v == gone })
			r := send(t, s, "POST", "/?"+signedQuery("POST", testSecret, p), "")
			if r.status != c.status || r.code() != c.code {
				t.Fatalf("got %d %s, want %d %s", r.status, r.body, c.status, c.code)
			}
			if n := s.Stats().Accepted; (n == 1) != (c.status == 200) {
				t.Errorf("%d applications took effect", n)
			}
		})
	}
}

func TestReadingAPIsRefuse(t *testing.T) {
	filter := func(i, values int) map[string]string {
		p := map[string]string{fmt.Sprintf("Filter.%d.Key", i): "PhysicalConnectionId"}
		for j := 1; j <= values; j++ {
			p[fmt.Sprintf("Filter.%d.Value.%d", i, j)] = fmt.Sprint("pc-", j)
		}
		return p
	}
	cases := []struct {
		api    string
		params map[string]string
		status int
		code   string
	}{
		{"DescribePhysicalConnectionLOA", nil, 400, "MissingParam.InstanceId"},
		{"DescribePhysicalConnectionLOA", map[string]string{"InstanceId": "pc-notfound"}, 400, "InvalidInstanceId.NotFound"},
		{"DescribePhysicalConnectionLOA", map[string]string{"InstanceId": "pc-a", "RegionId": "xx-1"}, 404, "InvalidRegionId.NotFound"},
		{"GetPhysicalConnectionServiceStatus", map[string]string{"RegionId": ""}, 400, "MissingParam.RegionNo"},
		{"DescribePhysicalConnections", map[string]string{"PageSize": "51"}, 400, "IllegalParam.PageSize"},
		{"DescribePhysicalConnections", map[string]string{"PageSize": "0"}, 400, "IllegalParam.PageSize"},
		{"DescribePhysicalConnections", map[string]string{"PageNumber": "0"}, 400, "IllegalParam.PageNumber"},
		{"DescribePhysicalConnections", map[string]string{"PageNumber": "one"}, 400, "IllegalParam.PageNumber"},
		{"DescribePhysicalConnections", map[string]string{"Filter.1.Key": "Colour"}, 400, "InvalidFilterKey.ValueNotSupported"},
		{"DescribePhysicalConnections", filter(1, 6), 400, "InvalidFilterValue.ExceedLimit"},
		{"DescribePhysicalConnections", filter(2, 1), 400, "InvalidFilterValue.ExceedLimit"}, // there is no first one
		{"DescribePhysicalConnections", filter(1, 5), 200, ""},
	}
	for _, c := range cases {
		s := simulate(t, Options{})
		if r := get(t, s, c.api, c.params); r.status != c.status || r.code() != c.code {
			t.Errorf("%s %v: got %d %s, want %d %s", c.api, c.params, r.status, r.body, c.status, c.code)
		}
	}
}

// FuzzCall checks that every signed call gets an answer in the service's format, and that
// one that changes state takes effect exactly if the answer is a success.
func FuzzCall(f *testing.F) {
	good := url.Values{}
	for name, value := range application("pc-one", "token") {
		good.Set(name, value)
	}
	f.Add(firstApply, good.Encode())
	f.Add(secondApply, good.Encode()+"&PMInfo.2.PMName=%00&PMInfo.99999999999999999999.PMName=x")
	f.Add(completeAPI, "InstanceId=pc-available&ClientToken=t&LineCode=A1&LineServiceProvider=%E4%B8%AD%E5%9B%BD%E5%85%B6%E4%BB%96&FinishWork=true")
	f.Add(completeAPI, "InstanceId=pc-inservice&LineCode=&FinishWork=False")
	f.Add(confirmAPI, "PhysicalConnectionId=pc-completing&ClientToken=t")
	f.Add(confirmAPI, "InstanceId=pc-completing&RegionId=nowhere")
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
		s.ServeHTTP(w, httptest.NewRequest("POST", "/?"+signedQuery("POST", testSecret, maps.Clone(p)), nil))
		var answer struct{ RequestId, Code, Message string }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.RequestId == "" {
			t.Fatalf("%d %q: %v", w.Code, w.Body, err)
		}
		if (w.Code == 200) != (answer.Code == "") || answer.Code == "SignatureDoesNotMatch" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		_, writes := operations[p["Action"]]
		st := s.Stats()
		if n := st.Accepted + st.Completions.Accepted + st.Confirmations.Accepted; (n == 1) != (writes && w.Code == 200) {
			t.Errorf("%d calls took effect, answer %d %s", n, w.Code, w.Body)
		}
	})
}
