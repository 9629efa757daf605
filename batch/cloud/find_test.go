package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
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

// region serves DescribePhysicalConnections over n circuits, pc-1 to pc-n.
func region(n int, pages *[]url.Values) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		*pages = append(*pages, q)
		var all []map[string]string
		for i := 1; i <= n; i++ {
			id := fmt.Sprintf("pc-%d", i)
			if q.Has("Filter.1.Key") && !slices.ContainsFunc([]string{"1", "2", "3", "4", "5"}, func(v string) bool { return q.Get("Filter.1.Value."+v) == id }) {
				continue
			}
			all = append(all, map[string]string{"PhysicalConnectionId": id, "Status": "Allocated", "BusinessStatus": "Normal", "LoaStatus": "Applying"})
		}
		page, _ := strconv.Atoi(q.Get("PageNumber"))
		size, _ := strconv.Atoi(q.Get("PageSize"))
		from := min(len(all), (page-1)*size)
		json.NewEncoder(w).Encode(map[string]any{
			"RequestId": "REQ-1", "TotalCount": len(all), "PageNumber": page, "PageSize": size,
			"PhysicalConnectionSet": map[string]any{"PhysicalConnectionType": all[from:min(len(all), from+size)]},
		})
	}
}

func TestSurvey(t *testing.T) {
	many := make([]string, 120)
	for i := range many {
		many[i] = fmt.Sprintf("pc-%d", i+1)
	}
	for _, tc := range []struct {
		name  string
		ids   []string
		found int
		pages int
	}{
		{"none", nil, 0, 0},
		{"few, by filter", []string{"pc-120", "pc-3", "pc-3", "pc-none"}, 2, 1},
		{"all", many, 120, 3},
		{"the first page has them", many[:40], 40, 1},
		{"some are not there", append(many[:10:10], "pc-none", "pc-nothing"), 10, 4},
	} {
		var pages []url.Values
		got, err := dial(t, region(120, &pages)).Survey(t.Context(), "cn-hangzhou", tc.ids)
		if err != nil || len(got) != tc.found || len(pages) != tc.pages {
			t.Errorf("%s: %d found on %d pages, %v", tc.name, len(got), len(pages), err)
		}
		for id, state := range got {
			if !slices.Contains(tc.ids, id) || state != (batch.CircuitState{InstanceID: id, Status: "Allocated", BusinessStatus: "Normal", LOAStatus: "Applying"}) {
				t.Errorf("%s: %s %+v", tc.name, id, state)
			}
		}
	}
}

// What the listing does not have is asked for by name, five at a time.
func TestSurveyAsksByNameForWhatIsNotListed(t *testing.T) {
	var ids []string
	for i := range 12 {
		ids = append(ids, fmt.Sprintf("pc-new%d", i))
	}
	var asked []int
	c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var circuits []map[string]string
		for i := 1; r.FormValue(fmt.Sprintf("Filter.1.Value.%d", i)) != ""; i++ {
			circuits = append(circuits, map[string]string{"PhysicalConnectionId": r.FormValue(fmt.Sprintf("Filter.1.Value.%d", i)), "Status": "Allocated"})
		}
		asked = append(asked, len(circuits))
		json.NewEncoder(w).Encode(map[string]any{
			"RequestId": "REQ-1", "TotalCount": len(circuits), "PhysicalConnectionSet": map[string]any{"PhysicalConnectionType": circuits},
		})
	}))
	got, err := c.Survey(t.Context(), "cn-hangzhou", ids)
	if err != nil || len(got) != len(ids) || !slices.Equal(asked, []int{0, 5, 5, 2}) {
		t.Errorf("%d found, asked for %v by name, %v", len(got), asked, err)
	}
}

// Every page is a request: the caller's quota pays for each, and its error ends the survey.
func TestSurveyPaysForEveryPage(t *testing.T) {
	var pages []url.Values
	c := dial(t, region(300, &pages))
	stop := errors.New("stop")
	paid := map[string]int{}
	c.beforePage = func(_ context.Context, region string) error {
		if paid[region] == 3 {
			return stop
		}
		paid[region]++
		return nil
	}
	got, err := c.Survey(t.Context(), "cn-hangzhou", []string{"pc-1", "pc-299", "3", "4", "5", "6"})
	if err != stop || got != nil || len(pages) != 3 || !maps.Equal(paid, map[string]int{"cn-hangzhou": 3}) {
		t.Errorf("%v %v, %d pages, paid %v", got, err, len(pages), paid)
	}
}

// A server whose count and pages do not agree does not keep us asking for ever.
func TestSurveyEnds(t *testing.T) {
	asked := 0
	c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Write([]byte(`{"RequestId":"REQ-1","TotalCount":1000000000}`))
	}))
	if _, err := c.Survey(t.Context(), "cn-hangzhou", []string{"pc-1"}); err != nil || asked != 1 {
		t.Errorf("%v after %d pages", err, asked)
	}
}
