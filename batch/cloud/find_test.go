package cloud

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/loabatch/loabatch/batch"
)

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
		{"left out", 200, `{"RequestId":"REQ-1"}`, batch.LOA{}, false, 0, false},
		{"no circuit", 404, withCode("InvalidInstanceId.NotFound"), batch.LOA{}, false, 0, false},
		{"no region", 404, withCode("InvalidRegionId.NotFound"), batch.LOA{}, false, batch.RegionFatal, true},
		{"no permission", 403, withCode("NoPermission"), batch.LOA{}, false, batch.RunFatal, true},
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

// A page of the circuits of a region, of all or of those that are named.
func TestSurvey(t *testing.T) {
	for _, tc := range []struct {
		name  string
		page  int
		ids   []string
		total int
		rows  int
		more  bool
	}{
		{"the first of three", 1, nil, 120, 50, true},
		{"the last of three", 3, nil, 120, 20, false},
		{"a full last page", 2, nil, 100, 50, false},
		{"by ID", 1, []string{"pc-1", "pc-2"}, 2, 2, false},
		{"none", 1, []string{"pc-none"}, 0, 0, false},
		{"a count that the pages do not bear out", 7, nil, 1_000_000_000, 0, false},
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
		got, more, err := c.Survey(t.Context(), "cn-hangzhou", tc.page, tc.ids)
		if err != nil || len(got) != tc.rows || more != tc.more {
			t.Errorf("%s: %d circuits, more %v, %v", tc.name, len(got), more, err)
		}
		for i, state := range got {
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
	_, more, err := dial(t, answering(503, withCode("ServiceUnavailable"))).Survey(t.Context(), "cn-hangzhou", 1, nil)
	if e := callError(t, err); e.Class != batch.MaybeReceived || more {
		t.Errorf("%+v, more %v", *e, more)
	}
}
