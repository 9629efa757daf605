package simulator

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestMarkersSetTheStateOfCircuits(t *testing.T) {
	cases := map[string]struct {
		first, second string // what Apply and SecondApply answer
		status, loa   string // before
	}{
		"pc-plain":             {"", "IncorrectStatus.PhysicalConnectionLOA", "Allocated", ""},
		"pc-Demo-NotFound-1":   {"InvalidInstanceId.NotFound", "InvalidInstanceId.NotFound", "NotFound", ""},
		"pc-notallocated7":     {"IncorrectStatus.PhysicalConnection", "IncorrectStatus.PhysicalConnection", "Approved", ""},
		"pc-locked":            {"IncorrectStatus.PhysicalConnection", "IncorrectStatus.PhysicalConnection", "Allocated", ""},
		"pc-hasloa":            {"IncorrectStatus.PhysicalConnectionLOA", "IncorrectStatus.PhysicalConnectionLOA", "Allocated", Applying},
		"pc-available":         {"IncorrectStatus.PhysicalConnectionLOA", "IncorrectStatus.PhysicalConnectionLOA", "Allocated", Available},
		"pc-rejected":          {"IncorrectStatus.PhysicalConnectionLOA", "", "Allocated", Rejected},
		"pc-deleted":           {"", "IncorrectStatus.PhysicalConnectionLOA", "Allocated", Deleted},
		"pc-forbidden":         {"Forbidden.RAM", "Forbidden.RAM", "Allocated", ""},
		"pc-willreject":        {"", "IncorrectStatus.PhysicalConnectionLOA", "Allocated", ""},
		"pc-notfound-rejected": {"InvalidInstanceId.NotFound", "InvalidInstanceId.NotFound", "NotFound", ""},
	}
	for id, c := range cases {
		for api, want := range map[string]string{firstApply: c.first, secondApply: c.second} {
			s := simulate(t, Options{})
			get(t, s, "DescribePhysicalConnectionLOA", map[string]string{"InstanceId": id})
			if got := s.Stats().Circuits[0]; got.Status != c.status || got.LOAStatus != c.loa {
				t.Errorf("%s is %q with LOA %q, want %q and %q", id, got.Status, got.LOAStatus, c.status, c.loa)
			}
			r := get(t, s, api, application(id, "token"))
			if r.code() != want {
				t.Errorf("%s of %s: %d %s, want %q", api, id, r.status, r.body, want)
			}
			got := s.Stats().Circuits[0]
			if want == "" && (got.LOAStatus != Applying || got.Accepted != 1) || want != "" && (got.LOAStatus != c.loa || got.Refused != 1) {
				t.Errorf("%s of %s leaves %+v", api, id, got)
			}
		}
	}
	for _, m := range Markers {
		if m.Means == "" || !instanceID().MatchString("pc-"+m.Text) {
			t.Errorf("marker %q has no description or is not allowed in an instance ID", m.Text)
		}
	}
}

func TestDeclaredCircuitsAreWhatTheySay(t *testing.T) {
	s := simulate(t, Options{OnlyDeclared: true, Circuits: []Circuit{
		{Region: testRegion, InstanceID: "pc-notfound"}, // a declared circuit needs no marker
		{Region: testRegion, InstanceID: "pc-waits", Status: "Allocating"},
		{Region: testRegion, InstanceID: "pc-unpaid", BusinessStatus: "FinancialLocked"},
		{Region: testRegion, InstanceID: "pc-done", LOA: Complete},
		{Region: "cn-beijing", InstanceID: "pc-north"},
	}})
	for id, want := range map[string]string{
		"pc-notfound": "", "pc-waits": "IncorrectStatus.PhysicalConnection", "pc-unpaid": "IncorrectStatus.PhysicalConnection",
		"pc-done": "IncorrectStatus.PhysicalConnectionLOA", "pc-north": "InvalidInstanceId.NotFound", "pc-other": "InvalidInstanceId.NotFound",
	} {
		if r := get(t, s, firstApply, application(id, id)); r.code() != want {
			t.Errorf("%s: %d %s, want %q", id, r.status, r.body, want)
		}
	}
}

func TestLOALife(t *testing.T) {
	now := time.Now()
	s := simulate(t, Options{Review: time.Hour, Now: func() time.Time { return now }})
	state := func(id string) string {
		for _, c := range s.Stats().Circuits {
			if c.InstanceID == id {
				return c.LOAStatus
			}
		}
		return "none"
	}
	get(t, s, firstApply, application("pc-good", "1"))
	get(t, s, firstApply, application("pc-willreject", "2"))
	now = now.Add(time.Hour - 1)
	if a, b := state("pc-good"), state("pc-willreject"); a != Applying || b != Applying {
		t.Errorf("before the review: %s, %s", a, b)
	}
	now = now.Add(1)
	if a, b := state("pc-good"), state("pc-willreject"); a != Available || b != Rejected {
		t.Errorf("after the review: %s, %s", a, b)
	}
	if r := get(t, s, firstApply, application("pc-willreject", "3")); r.code() != "IncorrectStatus.PhysicalConnectionLOA" {
		t.Errorf("applying where the LOA was rejected: %d %s", r.status, r.body)
	}
	if r := get(t, s, secondApply, application("pc-willreject", "4")); r.status != 200 {
		t.Errorf("applying for the second time: %d %s", r.status, r.body)
	}
	c := s.Stats().Circuits[1]
	if c.Accepted != 2 || c.Duplicates != 0 || c.LOAStatus != Applying {
		t.Errorf("a second application after a rejection: %+v", c)
	}
}

func TestDescribeLagsBehind(t *testing.T) {
	now := time.Now()
	s := simulate(t, Options{Lag: 2 * time.Second, Now: func() time.Time { return now }})
	reported := func(id string) string {
		one := get(t, s, "DescribePhysicalConnectionLOA", map[string]string{"InstanceId": id}).fields["PhysicalConnectionLOAType"].(map[string]any)
		all := get(t, s, "DescribePhysicalConnections", map[string]string{"Filter.1.Key": "PhysicalConnectionId", "Filter.1.Value.1": id})
		row := all.fields["PhysicalConnectionSet"].(map[string]any)["PhysicalConnectionType"].([]any)[0].(map[string]any)
		status, _ := one["Status"].(string)
		if row["LoaStatus"] != status {
			t.Errorf("%s is %q and %q", id, status, row["LoaStatus"])
		}
		return status
	}
	get(t, s, firstApply, application("pc-new", "1"))
	get(t, s, secondApply, application("pc-rejected", "2"))
	now = now.Add(2*time.Second - 1)
	if a, b := reported("pc-new"), reported("pc-rejected"); a != "" || b != Rejected {
		t.Errorf("before the lag is over: %q and %q", a, b)
	}
	now = now.Add(1)
	if a, b := reported("pc-new"), reported("pc-rejected"); a != Applying || b != Applying {
		t.Errorf("after it: %q and %q", a, b)
	}
}

func TestReviewSetsWhatWaits(t *testing.T) {
	s := simulate(t, Options{})
	for _, id := range []string{"pc-a", "pc-b", "pc-rejected"} {
		get(t, s, firstApply, application(id, id))
	}
	get(t, s, "DescribePhysicalConnectionLOA", map[string]string{"InstanceId": "pc-without"})
	cases := []struct {
		region, instance, state string
		n                       int
	}{
		{"", "pc-a", Accept, 1}, {"cn-beijing", "pc-b", Accept, 0}, {"", "pc-without", Accept, 0},
		{testRegion, "", Available, 1}, // pc-b alone waits
		{"", "pc-rejected", Deleted, 1},
	}
	for _, c := range cases {
		if n, err := s.Review(c.region, c.instance, c.state); err != nil || n != c.n {
			t.Errorf("Review(%q, %q, %q) = %d, %v, want %d", c.region, c.instance, c.state, n, err, c.n)
		}
	}
	if _, err := s.Review("", "", "Approved"); err == nil {
		t.Error("Approved is accepted as an LOA state")
	}
	want := []string{Accept, Available, Deleted, ""}
	for i, c := range s.Stats().Circuits {
		if c.LOAStatus != want[i] {
			t.Errorf("%s: %q, want %q", c.InstanceID, c.LOAStatus, want[i])
		}
	}
	if r := send(t, s, "POST", "/age?state=Rejected&instance=pc-a", ""); r.status != 200 || r.body != "1\n" {
		t.Errorf("POST /age: %d %q", r.status, r.body)
	}
	if r := send(t, s, "GET", "/age?state=Rejected", ""); r.status != 405 {
		t.Errorf("GET /age: %d %q", r.status, r.body)
	}
}

func TestAccountBlocksEveryApplication(t *testing.T) {
	s := simulate(t, Options{BillingOff: true})
	if r := get(t, s, firstApply, application("pc-one", "1")); r.status != 400 || r.code() != "OperationFailed.PconnTrafficNotEnable" {
		t.Errorf("billing off: %d %s", r.status, r.body)
	}
	s.o.BillingOff = false // as if it had been switched on
	if r := get(t, s, firstApply, application("pc-one", "1")); r.status != 200 {
		t.Errorf("billing on, same token: %d %s", r.status, r.body)
	}
	s.o.BillingOff = true
	if r := get(t, s, "GetPhysicalConnectionServiceStatus", nil); r.fields["Enabled"] != false || r.fields["Data"] != false {
		t.Errorf("billing off: %s", r.body)
	}
	s = simulate(t, Options{Denied: []string{firstApply}})
	if r := get(t, s, firstApply, application("pc-one", "1")); r.status != 403 || r.code() != "Forbidden.RAM" {
		t.Errorf("denied: %d %s", r.status, r.body)
	}
	if r := get(t, s, "DescribePhysicalConnectionLOA", map[string]string{"InstanceId": "pc-one"}); r.status != 200 {
		t.Errorf("another API: %d %s", r.status, r.body)
	}
}

func TestLenientServices(t *testing.T) {
	s := simulate(t, Options{AllowDuplicates: true})
	get(t, s, firstApply, application("pc-one", "1"))
	get(t, s, firstApply, application("pc-one", "1"))
	get(t, s, firstApply, application("pc-one", "2"))
	if st := s.Stats(); st.Accepted != 2 || st.Duplicates != 1 || st.Circuits[0].Replays != 1 {
		t.Errorf("with AllowDuplicates: %+v", st)
	}
	s = simulate(t, Options{ApplyAgain: true})
	if r := get(t, s, firstApply, application("pc-rejected", "1")); r.status != 200 {
		t.Errorf("with ApplyAgain: %d %s", r.status, r.body)
	}
}

// TestAccounts uses two accounts by their keys: each has its own circuits, quota, tokens and permissions.
func TestAccounts(t *testing.T) {
	now := time.Now()
	s := New(Options{
		Keys: map[string]string{testKey: testSecret, "other": testSecret}, Accounts: map[string]string{"other": "2"}, Account: "1",
		Quota: 3, Now: func() time.Time { return now }, Denied: []string{"2/DescribePhysicalConnectionLOA"},
		Circuits: []Circuit{{Account: "2", Region: testRegion, InstanceID: "pc-theirs"}},
	})
	t.Cleanup(s.Close)
	other := func(p map[string]string) map[string]string {
		p["AccessKeyId"] = "other"
		return p
	}
	if r := get(t, s, "GetCallerIdentity", other(map[string]string{})); r.fields["AccountId"] != "2" {
		t.Errorf("identity: %s", r.body)
	}
	if r := get(t, s, firstApply, application("pc-theirs", "t")); r.code() != "InvalidInstanceId.NotFound" {
		t.Errorf("another account's circuit: %s", r.body)
	}
	if r := get(t, s, firstApply, other(application("pc-theirs", "t"))); r.status != 200 {
		t.Errorf("its own circuit, under a token that the first account used: %s", r.body)
	}
	if r := get(t, s, firstApply, application("pc-ours", "t2")); r.status != 200 {
		t.Errorf("a circuit that nobody declared: %s", r.body)
	}
	if r := get(t, s, firstApply, other(application("pc-ours", "t3"))); r.code() != "InvalidInstanceId.NotFound" {
		t.Errorf("a circuit that another account named first: %s", r.body)
	}
	filter := map[string]string{"Filter.1.Key": "PhysicalConnectionId", "Filter.1.Value.1": "pc-ours", "Filter.1.Value.2": "pc-theirs"}
	if r := get(t, s, "DescribePhysicalConnections", filter); !strings.Contains(r.body, "pc-ours") || strings.Contains(r.body, "pc-theirs") {
		t.Errorf("the circuits of the first account: %s", r.body)
	}
	if r := get(t, s, "DescribePhysicalConnectionLOA", other(map[string]string{"InstanceId": "pc-theirs"})); r.code() != "Forbidden.RAM" {
		t.Errorf("an API that is denied to the account: %s", r.body)
	}
	if r := get(t, s, "DescribePhysicalConnectionLOA", map[string]string{"InstanceId": "pc-ours"}); r.status != 200 {
		t.Errorf("the same API for another account: %s", r.body)
	}
	if r := get(t, s, firstApply, application("pc-more", "t4")); r.status != 200 {
		t.Errorf("the third application of the account: %s", r.body)
	}
	if r := get(t, s, firstApply, application("pc-most", "t5")); r.code() != "Throttling.User" {
		t.Errorf("the fourth: %s", r.body)
	}
	if r := get(t, s, firstApply, other(application("pc-more2", "t5"))); r.status != 200 {
		t.Errorf("the third of the other account: %s", r.body)
	}
	accepted := map[string]int{}
	for _, c := range s.Stats().Circuits {
		accepted[c.Account] += c.Accepted
	}
	if accepted["1"] != 2 || accepted["2"] != 2 {
		t.Errorf("accepted: %v", accepted)
	}
}

// The answers have exactly the fields and nesting that the SDK's structs expect.
func TestReadingAPIsAnswerAsTheSDKExpects(t *testing.T) {
	s := simulate(t, Options{Account: "1000000000000009", Regions: []string{"cn-hangzhou"}})
	signed := regexp.MustCompile(`Expires=\d+&OSSAccessKeyId=simulated&Signature=[^"]+`)
	get(t, s, firstApply, application("pc-one", "token"))
	if _, err := s.Review("", "", Available); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		api    string
		params map[string]string
		want   string
	}{
		{"DescribePhysicalConnectionLOA", map[string]string{"InstanceId": "pc-one"}, `{"PhysicalConnectionLOAType":{"CompanyLocalizedName":"示例公司 Example & Co.","CompanyName":"示例公司 Example & Co.",` +
			`"ConstructionTime":"2030-01-02T03:04:05Z","InstanceId":"pc-one","LineCode":"","LineLabel":"","LineSPContactInfo":"","LineServiceProvider":"","LineType":"FIBRE",` +
			`"LoaUrl":"http://example.com/letters/cn-hangzhou/pc-one.pdf?SIGNED","PMInfo":{"PMInfo":[{"PMCertificateNo":"0****","PMCertificateType":"IDCard","PMContactInfo":"+86****","PMGender":"Female","PMName":"M****"}]},` +
			`"SI":"Builder* ~ Ltd","Status":"Available"},"RequestId":"ID"}`},
		{"DescribePhysicalConnectionLOA", map[string]string{"InstanceId": "pc-two"}, `{"PhysicalConnectionLOAType":{},"RequestId":"ID"}`},
		{"DescribePhysicalConnectionLOA", map[string]string{"InstanceId": "pc-hasloa"}, `{"PhysicalConnectionLOAType":{"CompanyLocalizedName":"Another Company Ltd","CompanyName":"Another Company Ltd",` +
			`"ConstructionTime":"2020-01-02T03:04:05Z","InstanceId":"pc-hasloa","LineCode":"","LineLabel":"","LineSPContactInfo":"","LineServiceProvider":"","LineType":"Other","LoaUrl":"",` +
			`"PMInfo":{"PMInfo":[{"PMCertificateNo":"*","PMCertificateType":"Other","PMContactInfo":"*","PMGender":"Male","PMName":"*"}]},"SI":"Other Builders Ltd","Status":"Applying"},"RequestId":"ID"}`},
		{"DescribePhysicalConnections", map[string]string{"Filter.1.Key": "PhysicalConnectionId", "Filter.1.Value.1": "pc-one"}, `{"PageNumber":1,"PageSize":10,"PhysicalConnectionSet":{"PhysicalConnectionType":[` +
			`{"AccessPointId":"ap-cn-hangzhou-simulated","Bandwidth":100,"BusinessStatus":"Normal","ChargeType":"Prepaid","CircuitCode":"","Description":"","LineOperator":"Other","LoaStatus":"Available","Name":"pc-one",` +
			`"ParentPhysicalConnectionAliUid":0,"PeerLocation":"Room 1","PhysicalConnectionId":"pc-one","PortType":"10GBase-LR","Status":"Allocated","Type":"VPC","VirtualPhysicalConnectionCount":0}]},"RequestId":"ID","TotalCount":1}`},
		{"DescribePhysicalConnections", map[string]string{"RegionId": "cn-hangzhou", "Filter.1.Key": "Status", "Filter.1.Value.1": "Enabled"}, `{"PageNumber":1,"PageSize":10,"PhysicalConnectionSet":{"PhysicalConnectionType":[]},"RequestId":"ID","TotalCount":0}`},
		{"DescribeRegions", nil, `{"Regions":{"Region":[{"LocalName":"cn-hangzhou","RegionEndpoint":"vpc.cn-hangzhou.aliyuncs.com","RegionId":"cn-hangzhou"}]},"RequestId":"ID"}`},
		{"GetPhysicalConnectionServiceStatus", nil, `{"Data":true,"Enabled":true,"RequestId":"ID"}`},
		{"GetCallerIdentity", nil, `{"AccountId":"1000000000000009","Arn":"acs:ram::1000000000000009:root","IdentityType":"Account","PrincipalId":"1000000000000009","RequestId":"ID","RoleId":"","UserId":"1000000000000009"}`},
	}
	for _, c := range cases {
		r := get(t, s, c.api, c.params)
		if got := signed.ReplaceAllString(strings.Replace(r.body, r.requestID(), "ID", 1), "SIGNED"); r.status != 200 || got != c.want {
			t.Errorf("%s\n got %d %s\nwant %s", c.api, r.status, got, c.want)
		}
		if r.header.Get("x-acs-request-id") != r.requestID() || r.header.Get("Content-Type") != "application/json;charset=utf-8" || r.header.Get("Date") == "" {
			t.Errorf("%s: header %v", c.api, r.header)
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
