package cloud

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// TestFollowUpsSendTheirParameters sends a completion and a confirmation, which has another name for the
// circuit's parameter.
func TestFollowUpsSendTheirParameters(t *testing.T) {
	var got url.Values
	c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.Query()
		w.Write([]byte(`{"RequestId":"REQ-1"}`))
	}))
	for o, want := range map[batch.Operation]map[string]string{
		batch.Complete: {
			"Action": "CompletePhysicalConnectionLOA", "RegionId": "cn-hangzhou", "InstanceId": "pc-test0001", "ClientToken": canaryClient,
			"LineCode": "L-1", "LineLabel": "A/1", "LineServiceProvider": "中国电信", "LineSPContactInfo": canaryPhone, "FinishWork": "true",
		},
		batch.Confirm: {
			"Action": "ConfirmPhysicalConnection", "RegionId": "cn-hangzhou", "PhysicalConnectionId": "pc-test0001", "ClientToken": canaryClient,
			"InstanceId": "", "LineCode": "", "CompanyName": "",
		},
	} {
		a := application()
		a.Operation = o
		a.Circuit.LineCode, a.Circuit.LineLabel, a.Circuit.LineProvider, a.Circuit.LineContact = "L-1", "A/1", "中国电信", canaryPhone
		if _, err := c.Submit(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		for name, value := range want {
			if got.Get(name) != value || got.Has(name) != (value != "") {
				t.Errorf("%s: %s = %q, want %q", o, name, got.Get(name), value)
			}
		}
	}
}

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
	for _, c := range sheet.Columns {
		name := c.Parameter
		if c.Sheet == sheet.EngineersSheet {
			name = "PMInfo.1." + name
		}
		later := slices.Contains([]sheet.ColumnID{sheet.CircuitLineCode, sheet.CircuitLineLabel, sheet.CircuitLineProvider, sheet.CircuitLineContact, sheet.CircuitFinished, sheet.CircuitConfirm}, c.ID)
		if c.Parameter != "" && !later && !got.Has(name) {
			t.Errorf("%s, the column %s, is not sent", name, c.Header)
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

// sdkRequest fills the SDK's own type of request.
func sdkRequest(a *batch.Application) *vpc.ApplyPhysicalConnectionLOARequest {
	r := vpc.CreateApplyPhysicalConnectionLOARequest()
	r.InstanceId = a.Key.InstanceID
	r.CompanyName = a.Circuit.CompanyName
	r.LineType = a.Circuit.LineType
	r.Si = a.Circuit.Si
	r.ConstructionTime = a.Circuit.ConstructionTime.UTC().Format(sheet.SentTime)
	if a.Circuit.Bandwidth != 0 {
		r.Bandwidth = requests.NewInteger(a.Circuit.Bandwidth)
	}
	r.PeerLocation = a.Circuit.PeerLocation
	r.ClientToken = a.Token
	engineers := make([]vpc.ApplyPhysicalConnectionLOAPMInfo, len(a.Engineers))
	for i, e := range a.Engineers {
		engineers[i] = vpc.ApplyPhysicalConnectionLOAPMInfo{
			PMName:            e.Name.Reveal(),
			PMCertificateType: e.CertificateType,
			PMCertificateNo:   e.CertificateNo.Reveal(),
			PMGender:          e.Gender,
			PMContactInfo:     e.Contact.Reveal(),
		}
	}
	r.PMInfo = &engineers
	return r
}

// The parameters are the same as from the SDK's own request type.
func TestParametersAreThoseOfTheSDK(t *testing.T) {
	for _, bandwidth := range []int{0, 100} {
		a := application()
		a.Circuit.Bandwidth = bandwidth
		a.Engineers = append(a.Engineers, a.Engineers[0])
		theirs := sdkRequest(&a)
		if err := requests.InitParams(theirs); err != nil {
			t.Fatal(err)
		}
		ours := newRequest(a.Operation.API())
		fill(ours, &a)
		if !maps.Equal(ours.QueryParams, theirs.QueryParams) {
			t.Errorf("%v, want %v", ours.QueryParams, theirs.QueryParams)
		}
		if ours.GetActionName() != theirs.GetActionName() || ours.GetVersion() != theirs.GetVersion() || ours.GetMethod() != theirs.GetMethod() || ours.GetProduct() != theirs.GetProduct() {
			t.Errorf("%s %s %s", ours.GetMethod(), ours.GetActionName(), ours.GetVersion())
		}
	}
}

// A reused request of the SDK keeps the engineers of a longer list.
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
		t.Error("an engineer of the previous call was sent again")
	}
}

func TestFind(t *testing.T) {
	key := batch.Key{Region: "cn-hangzhou", InstanceID: "pc-test0001"}
	full := `{"RequestId":"REQ-1","PhysicalConnectionLOAType":{"Status":"Applying","CompanyName":"示例公司","SI":"Example","LineType":"FIBRE",
		"ConstructionTime":"2030-01-02T03:04:05Z","PMInfo":{"PMInfo":[{"PMName":"x"}]}}}`
	for _, tc := range []struct {
		name   string
		status int
		body   string
		want   batch.LOA
		found  bool
		class  batch.Class
		failed bool
	}{
		{"found", 200, full, batch.LOA{Status: "Applying", CompanyName: "示例公司", Si: "Example", LineType: "FIBRE", ConstructionTime: "2030-01-02T03:04:05Z", RequestID: "REQ-1"}, true, 0, false},
		{"empty", 200, `{"RequestId":"REQ-1","PhysicalConnectionLOAType":{}}`, batch.LOA{}, false, 0, false},
		{"left out", 200, `{"RequestId":"REQ-1"}`, batch.LOA{}, false, batch.MaybeReceived, true},
		{"null", 200, `{"RequestId":"REQ-1","PhysicalConnectionLOAType":null}`, batch.LOA{}, false, batch.MaybeReceived, true},
		{"without a state", 200, `{"RequestId":"REQ-1","PhysicalConnectionLOAType":{"CompanyName":"示例公司"}}`, batch.LOA{}, false, batch.MaybeReceived, true},
		{"no circuit", 404, withCode("InvalidInstanceId.NotFound"), batch.LOA{}, false, 0, false},
		{"no region", 404, withCode("InvalidRegionId.NotFound"), batch.LOA{}, false, batch.RegionFatal, true},
		{"no permission", 403, withCode("NoPermission"), batch.LOA{}, false, batch.Refused, true},
		{"no such API", 404, withCode("InvalidAction.NotFound"), batch.LOA{}, false, batch.Refused, true},
		{"throttled", 400, withCode("Throttling.User"), batch.LOA{}, false, batch.TryLater, true},
		{"500", 500, withCode("InternalError"), batch.LOA{}, false, batch.MaybeReceived, true},
		{"a type that the SDK cannot read", 200, `{"RequestId":"REQ-1","PhysicalConnectionLOAType":[1]}`, batch.LOA{}, false, batch.MaybeReceived, true},
	} {
		loa, found, err := dial(t, answering(tc.status, tc.body)).Find(t.Context(), key)
		if loa != tc.want || found != tc.found || (err != nil) != tc.failed {
			t.Errorf("%s: %+v %v %v", tc.name, loa, found, err)
		}
		if tc.failed {
			if e := callError(t, err); e.Class != tc.class {
				t.Errorf("%s: %+v", tc.name, *e)
			}
		}
	}
}

// A survey reads a page of a region's circuits, of all or of those that are named.
func TestSurvey(t *testing.T) {
	for _, tc := range []struct {
		name  string
		page  int
		ids   []string
		total int
		rows  int
		pages int
	}{
		{"the first of three", 1, nil, 120, 50, 3},
		{"the last of three", 3, nil, 120, 20, 3},
		{"a full last page", 2, nil, 100, 50, 2},
		{"by ID", 1, []string{"pc-1", "pc-2"}, 2, 2, 1},
		{"none", 1, []string{"pc-none"}, 0, 0, 1},
		{"a count that is too high", 7, nil, 1_000_000_000, 0, 7},
	} {
		var asked url.Values
		c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = r.URL.Query()
			circuits := make([]map[string]string, tc.rows)
			for i := range circuits {
				circuits[i] = map[string]string{"PhysicalConnectionId": fmt.Sprintf("pc-%d", i), "Status": "Allocated", "BusinessStatus": "Normal", "LoaStatus": "Applying"}
			}
			json.NewEncoder(w).Encode(map[string]any{
				"RequestId": "REQ-1", "TotalCount": tc.total, "PhysicalConnectionSet": map[string]any{"PhysicalConnectionType": circuits},
			})
		}))
		got, err := c.Survey(t.Context(), "cn-hangzhou", tc.page, tc.ids)
		if err != nil || len(got.Circuits) != tc.rows || got.Pages != tc.pages {
			t.Errorf("%s: %d circuits, %d pages, %v", tc.name, len(got.Circuits), got.Pages, err)
		}
		for i, state := range got.Circuits {
			if state != (batch.CircuitState{InstanceID: fmt.Sprintf("pc-%d", i), Status: "Allocated", BusinessStatus: "Normal", LOAStatus: "Applying"}) {
				t.Errorf("%s: %+v", tc.name, state)
			}
		}
		want := map[string]string{"PageNumber": strconv.Itoa(tc.page), "PageSize": "50", "Filter.1.Key": "", "Filter.1.Value.1": ""}
		if len(tc.ids) > 0 {
			want["Filter.1.Key"], want["Filter.1.Value.1"] = "PhysicalConnectionId", tc.ids[0]
		}
		for name, value := range want {
			if asked.Get(name) != value {
				t.Errorf("%s: %s is %q, want %q", tc.name, name, asked.Get(name), value)
			}
		}
	}
}

func TestSurveyFails(t *testing.T) {
	_, err := dial(t, answering(503, withCode("ServiceUnavailable"))).Survey(t.Context(), "cn-hangzhou", 1, nil)
	if e := callError(t, err); e.Class != batch.MaybeReceived {
		t.Errorf("%+v", *e)
	}
}

func TestIdentity(t *testing.T) {
	c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(90*time.Second).UTC().Format(http.TimeFormat))
		w.Write([]byte(`{"RequestId":"REQ-1","AccountId":"1000000000000001","Arn":"acs:ram::1000000000000001:user/night","IdentityType":"RAMUser"}`))
	}))
	who, err := c.Identity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if who.Clock < 88*time.Second || who.Clock > 92*time.Second || !who.HasClock {
		t.Errorf("clock %v", who.Clock)
	}
	who.Clock = 0
	if who != (Identity{Account: "1000000000000001", ARN: "acs:ram::1000000000000001:user/night", Kind: "RAMUser", RequestID: "REQ-1", HasClock: true}) {
		t.Errorf("%+v", who)
	}
}

// A wrong clock makes the call fail; the answer still shows how wrong it is.
func TestClockBesideAnError(t *testing.T) {
	c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-2*time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(400)
		w.Write([]byte(withCode("InvalidTimeStamp.Expired")))
	}))
	who, err := c.Identity(t.Context())
	if e := callError(t, err); e.Code != "InvalidTimeStamp.Expired" {
		t.Errorf("%+v", *e)
	}
	if !who.HasClock || who.Clock > -119*time.Minute {
		t.Errorf("clock %v %v", who.Clock, who.HasClock)
	}
}

func TestNoClock(t *testing.T) {
	for _, date := range []string{"", "yesterday"} {
		x := recorded(200, "")
		x.header = http.Header{"Date": {date}}
		if _, ok := x.clock(); ok {
			t.Errorf("%q is a time", date)
		}
	}
	if _, ok := recorded(0, "").clock(); ok {
		t.Error("no header is a time")
	}
}

func TestRegions(t *testing.T) {
	c := dial(t, answering(200, `{"RequestId":"REQ-1","Regions":{"Region":[{"RegionId":"eu-central-1"},{"RegionId":"cn-beijing"},{"RegionId":"cn-beijing"}]}}`))
	got, err := c.Regions(t.Context())
	if err != nil || !slices.Equal(got, []string{"cn-beijing", "eu-central-1"}) {
		t.Errorf("%q %v", got, err)
	}
}

func TestBillingEnabled(t *testing.T) {
	for body, want := range map[string]bool{
		`{"RequestId":"REQ-1","Enabled":true}`:  true,
		`{"RequestId":"REQ-1","Enabled":false}`: false,
		`{"RequestId":"REQ-1"}`:                 false,
	} {
		got, err := dial(t, answering(200, body)).BillingEnabled(t.Context(), "cn-hangzhou")
		if err != nil || got != want {
			t.Errorf("%s: %v %v", body, got, err)
		}
	}
}

// A call that was rejected because of the clock says how far ahead our clock is.
func TestRejectedBecauseOfTheClock(t *testing.T) {
	for _, ahead := range []time.Duration{23 * time.Minute, -5 * time.Hour} {
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(-ahead).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, withCode("InvalidTimeStamp.Expired"))
		})
		_, err := dial(t, h).Submit(t.Context(), application())
		if e := callError(t, err); e.Class != batch.RunFatal || (e.Ahead-ahead).Abs() > 2*time.Second {
			t.Errorf("%+v, want %v", *e, ahead)
		}
	}
}
