package simulator

import (
	"fmt"
	"strings"
	"testing"
)

// The answers hold exactly the fields and nesting that the SDK's structs read.
func TestReadingAPIsAnswerByTheBook(t *testing.T) {
	s := simulate(t, Options{Account: "1000000000000009", Regions: []string{"cn-hangzhou"}})
	get(t, s, firstApply, application("pc-one", "token"))
	if _, err := s.Age("", "", Available); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		api    string
		params map[string]string
		want   string
	}{
		{"DescribePhysicalConnectionLOA", map[string]string{"InstanceId": "pc-one"}, `{"PhysicalConnectionLOAType":{"CompanyLocalizedName":"示例公司 Example & Co.","CompanyName":"示例公司 Example & Co.",` +
			`"ConstructionTime":"2030-01-02T03:04:05Z","InstanceId":"pc-one","LineCode":"","LineLabel":"","LineSPContactInfo":"","LineServiceProvider":"","LineType":"FIBRE",` +
			`"LoaUrl":"http://loa.example.invalid/pc-one.pdf","PMInfo":{"PMInfo":[{"PMCertificateNo":"0****","PMCertificateType":"IDCard","PMContactInfo":"+86****","PMGender":"Female","PMName":"M****"}]},` +
			`"SI":"Builder* ~ Ltd","Status":"Available"},"RequestId":"ID"}`},
		{"DescribePhysicalConnectionLOA", map[string]string{"InstanceId": "pc-two"}, `{"PhysicalConnectionLOAType":{},"RequestId":"ID"}`},
		{"DescribePhysicalConnectionLOA", map[string]string{"InstanceId": "pc-hasloa"}, `{"PhysicalConnectionLOAType":{"CompanyLocalizedName":"Somebody Else Ltd","CompanyName":"Somebody Else Ltd",` +
			`"ConstructionTime":"2020-01-02T03:04:05Z","InstanceId":"pc-hasloa","LineCode":"","LineLabel":"","LineSPContactInfo":"","LineServiceProvider":"","LineType":"Other","LoaUrl":"",` +
			`"PMInfo":{"PMInfo":[{"PMCertificateNo":"*","PMCertificateType":"Other","PMContactInfo":"*","PMGender":"Male","PMName":"*"}]},"SI":"Other Builders Ltd","Status":"Applying"},"RequestId":"ID"}`},
		{"DescribePhysicalConnections", map[string]string{"Filter.1.Key": "PhysicalConnectionId", "Filter.1.Value.1": "pc-one"}, `{"PageNumber":1,"PageSize":10,"PhysicalConnectionSet":{"PhysicalConnectionType":[` +
			`{"AccessPointId":"ap-cn-hangzhou-simulated","Bandwidth":100,"BusinessStatus":"Normal","ChargeType":"Prepaid","Description":"","LineOperator":"Other","LoaStatus":"Available","Name":"pc-one",` +
			`"ParentPhysicalConnectionAliUid":0,"PeerLocation":"Room 1","PhysicalConnectionId":"pc-one","PortType":"10GBase-LR","Status":"Allocated","Type":"VPC","VirtualPhysicalConnectionCount":0}]},"RequestId":"ID","TotalCount":1}`},
		{"DescribePhysicalConnections", map[string]string{"RegionId": "cn-hangzhou", "Filter.1.Key": "Status", "Filter.1.Value.1": "Enabled"}, `{"PageNumber":1,"PageSize":10,"PhysicalConnectionSet":{"PhysicalConnectionType":[]},"RequestId":"ID","TotalCount":0}`},
		{"DescribeRegions", nil, `{"Regions":{"Region":[{"LocalName":"cn-hangzhou","RegionEndpoint":"vpc.cn-hangzhou.aliyuncs.com","RegionId":"cn-hangzhou"}]},"RequestId":"ID"}`},
		{"GetPhysicalConnectionServiceStatus", nil, `{"Data":true,"Enabled":true,"RequestId":"ID"}`},
		{"GetCallerIdentity", nil, `{"AccountId":"1000000000000009","Arn":"acs:ram::1000000000000009:root","IdentityType":"Account","PrincipalId":"1000000000000009","RequestId":"ID","RoleId":"","UserId":"1000000000000009"}`},
	}
	for _, c := range cases {
		r := get(t, s, c.api, c.params)
		if got := strings.Replace(r.body, r.requestID(), "ID", 1); r.status != 200 || got != c.want {
			t.Errorf("%s\n got %d %s\nwant %s", c.api, r.status, got, c.want)
		}
		if r.header.Get("x-acs-request-id") != r.requestID() || r.header.Get("Content-Type") != "application/json;charset=utf-8" || r.header.Get("Date") == "" {
			t.Errorf("%s: header %v", c.api, r.header)
		}
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

func TestPagesHoldEveryCircuitOnce(t *testing.T) {
	var declared []Circuit
	for i := range 123 {
		declared = append(declared, Circuit{Region: testRegion, InstanceID: fmt.Sprintf("pc-%03d", i), Status: []string{"", "Enabled"}[i%2]})
	}
	declared = append(declared, Circuit{Region: "cn-beijing", InstanceID: "pc-elsewhere"})
	s := simulate(t, Options{Circuits: declared})
	seen := map[string]int{}
	for page := 1; page <= 4; page++ {
		r := get(t, s, "DescribePhysicalConnections", map[string]string{"PageSize": "50", "PageNumber": fmt.Sprint(page)})
		if r.fields["TotalCount"] != 123.0 {
			t.Errorf("page %d: total %v", page, r.fields["TotalCount"])
		}
		rows := r.fields["PhysicalConnectionSet"].(map[string]any)["PhysicalConnectionType"].([]any)
		if want := []int{50, 50, 23, 0}[page-1]; len(rows) != want {
			t.Errorf("page %d holds %d circuits, want %d", page, len(rows), want)
		}
		for _, row := range rows {
			seen[row.(map[string]any)["PhysicalConnectionId"].(string)]++
		}
	}
	if len(seen) != 123 {
		t.Errorf("%d circuits on all pages, want 123", len(seen))
	}
	r := get(t, s, "DescribePhysicalConnections", map[string]string{"Filter.1.Key": "Status", "Filter.1.Value.1": "Enabled", "Filter.2.Key": "Name", "Filter.2.Value.1": "pc-000", "Filter.2.Value.2": "pc-001"})
	if r.fields["TotalCount"] != 1.0 {
		t.Errorf("both filters: %s", r.body)
	}
}
