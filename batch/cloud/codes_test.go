package cloud

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"net/http"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
)

// TestRules classifies every documented code, as in an answer with a 4xx status.
func TestRules(t *testing.T) {
	later := rule{class: batch.TryLater}
	throttled := rule{class: batch.TryLater, throttled: true}
	working := rule{class: batch.TryLater, unsettled: true}
	refused := rule{class: batch.Refused}
	run := rule{class: batch.RunFatal}
	region := rule{class: batch.RegionFatal}
	denied := rule{class: batch.Refused, denied: true}
	table := []struct {
		code string
		want rule
	}{
		// the page of ApplyPhysicalConnectionLOA
		{"MissingParam.AliUid", refused},
		{"MissingParam.InstanceId", refused},
		{"MissingParam.RegionNo", refused},
		{"MissingParam.PMInfo", refused},
		{"IllegalParam.LineOperator", refused},
		{"IllegalParam.LineType", refused},
		{"IllegalParam.PeerLocation", refused},
		{"IllegalParam.PmCertificateType", refused},
		{"IllegalParam.PmCertificateNo", refused},
		{"IllegalParam.PmContactInfo", refused},
		{"IllegalParam.PmGender", refused},
		{"IllegalParam.PmName", refused},
		{"IllegalParam.Si", refused},
		{"IllegalParam.CompanyName", refused},
		{"IllegalParam.Bandwidth", refused},
		{"InvalidConstructionTime.Malformed", refused},
		{"InvalidInstanceId.NotFound", refused},
		{"IncorrectStatus.PhysicalConnectionLOA", refused},
		{"IncorrectStatus.PhysicalConnection", refused},
		{"OperationFailed.PconnTrafficNotEnable", run},

		// the pages of CompletePhysicalConnectionLOA and ConfirmPhysicalConnection
		{"IllegalParam.LineCode", refused},
		{"IllegalParam.LineLabel", refused},
		{"IllegalParam.LineSPContactInfo", refused},
		{"OperationDenied.LOAStatusNotAllowComplete", refused},
		{"MissingParam.PhysicalConnectionId", refused},
		{"ResourceNotFound.PhysicalConnectionId", refused},
		{"InvalidPhysicalConnectionId.NotFound", refused},
		{"OperationUnsupported.SkipConstruction", refused},

		{"IdempotentParameterMismatch", refused},
		{"OperationFailed.SomethingElse", refused},
		{"UnsupportedOperation", refused},

		{"Throttling", throttled},
		{"Throttling.User", throttled},
		{"Throttling.Api", throttled},
		{"Rejected.Throttling", throttled},

		{"LastTokenProcessing", working},
		{"OperationFailed.LastTokenProcessing", working},
		{"IdempotenceProcessing", working},
		{"ServiceUnavailable", working},
		{"InternalError", working},

		{"SystemBusy", later},
		{"OperationConflict", later},
		{"TaskConflict", later},
		{"Conflict.Lock", later},
		{"LockFailed", later},
		{"SignatureNonceUsed", working},

		{"InvalidAccessKeyId", run},
		{"InvalidAccessKeyId.NotFound", run},
		{"InvalidAccessKeyId.Inactive", run},
		{"SignatureDoesNotMatch", run},
		{"IncompleteSignature", run},
		{"InvalidSecurityToken.Expired", run},
		{"InvalidSecurityToken.Malformed", run},
		{"InvalidSecurityToken.MismatchWithAccessKey", run},
		{"Forbidden", denied},
		{"Forbidden.RAM", denied},
		{"Forbidden.RiskControl", denied},
		{"Forbidden.Arrears", denied},
		{"NoPermission", denied},
		{"InvalidTimeStamp.Expired", run},
		{"InvalidAccountStatus.NotEnoughBalance", run},
		{"Account.Arrearage", run},
		{"AccountMoneyValidateError", run},
		{"InsufficientBalance", run},
		{"PAY.INSUFFICIENT_BALANCE", run},

		{"InvalidRegionId", region},
		{"InvalidRegionId.NotFound", region},

		// near misses
		{"throttling", refused},
		{"XThrottling", refused},
		{"TokenProcessingX", refused},
		{"NoPermissionX", refused},
		{"Invalid.Malforme", refused},
	}
	for _, row := range table {
		got := ruleFor(row.code)
		got.code = ""
		if got != row.want {
			t.Errorf("%s: got %+v, want %+v", row.code, got, row.want)
		}
		for _, status := range []int{400, 403, 404, 409} {
			_, err := classify(t.Context(), recorded(status, withCode(row.code)), true)
			want := batch.CallError{
				Class: row.want.class, Code: row.code, RequestID: "REQ-1", Status: status,
				Throttled: row.want.throttled, Unsettled: row.want.unsettled, Denied: row.want.denied,
			}
			if e := callError(t, err); *e != want {
				t.Errorf("%d %s: got %+v, want %+v", status, row.code, *e, want)
			}
		}
	}
	// Every rule is tested at least once above.
	for _, r := range rules {
		hit := false
		for _, row := range table {
			hit = hit || ruleFor(row.code).code == r.code
		}
		if !hit {
			t.Errorf("no row reaches the rule %s", r.code)
		}
	}
}

// recorded is an exchange with a complete answer.
func recorded(status int, body string) *exchange {
	x := &exchange{sent: 1, status: status, body: []byte(body), whole: true}
	x.gotConn.Store(true)
	return x
}

func TestQuotes(t *testing.T) {
	for _, tc := range []struct {
		field   string
		private []string
		want    bool
	}{
		{"InvalidLineType", []string{"Li"}, false},
		{"Illegal.Li", []string{"Li"}, true},
		{"Li", []string{"Li"}, true},
		{"X123456789", []string{"123456789"}, true},
		{"Throttling.User", []string{"", "Throttling.Users"}, false},
	} {
		if quotes(tc.field, tc.private) != tc.want {
			t.Errorf("quotes(%q, %q) is not %v", tc.field, tc.private, tc.want)
		}
	}
}

// FuzzAnswer checks any body: nothing panics, and every field returned has the right form and repeats
// nothing private.
func FuzzAnswer(f *testing.F) {
	for _, a := range wireAnswers {
		f.Add(a.status, []byte(a.body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 100 || status > 999 {
			return
		}
		x := recorded(status, string(body))
		x.private = canaries
		a, err := classify(t.Context(), x, false)
		if a.requestID != "" && !isField(a.requestID) || a.code != "" && !isCode(a.code) {
			t.Fatalf("%+v", a)
		}
		if err == nil {
			if status/100 != 2 || a.requestID == "" || a.code != "" {
				t.Fatalf("accepted: status %d, %+v", status, a)
			}
			return
		}
		e := callError(t, err)
		if e.Code == "" || e.Class == batch.NotSent || e.Status != status {
			t.Fatalf("%+v", *e)
		}
		if status/100 == 2 && e.Class != batch.MaybeReceived {
			t.Fatalf("an odd success is %v", e.Class)
		}
		mustHide(t, "fuzz", e)
	})
}

func TestWaitHint(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tc := range []struct {
		name, value string
		want        time.Duration
	}{
		{"x-ratelimit-user-api", "Limit:1,Remain:0,TimeLeft:2000", 2 * time.Second},
		{"x-ratelimit-user", "Limit:1,Remain:0,TimeLeft:2000", 2 * time.Second},
		{"x-ratelimit-user", " limit : 1 , timeleft : 7 ", 7 * time.Millisecond},
		{"x-ratelimit-user", "Limit:300,Remain:12,TimeLeft:2000", 0},
		{"x-ratelimit-user", "TimeLeft:2000,Remain:12", 0},
		{"x-ratelimit-user", "TimeLeft:-1", 0},
		{"x-ratelimit-user", "TimeLeft:", 0},
		{"x-ratelimit-user", "TimeLeft", 0},
		{"x-ratelimit-user", "TimeLeft:999999999999999999999999", maxWait},
		{"x-acs-retry-after", "1500", 1500 * time.Millisecond},
		{"x-acs-retry-after", "120001", maxWait},
		{"x-acs-retry-after", "1.5", 0},
		{"x-acs-retry-after", "18446744073709551615", maxWait},
		{"Retry-After", "3", 3 * time.Second},
		{"Retry-After", "86400", maxWait},
		{"Retry-After", "-3", 0},
		{"Retry-After", "soon", 0},
		{"Retry-After", "Wed, 02 Jan 2030 03:04:35 GMT", 30 * time.Second},
		{"Retry-After", "Wed, 02 Jan 2030 03:04:00 GMT", 0},
		{"Retry-After", "Wed, 02 Jan 2040 03:04:00 GMT", maxWait},
		{"Date", "Wed, 02 Jan 2040 03:04:00 GMT", 0},
	} {
		h := http.Header{}
		h.Set(tc.name, tc.value)
		if got := waitHint(h, now); got != tc.want {
			t.Errorf("%s: %s gives %v, want %v", tc.name, tc.value, got, tc.want)
		}
	}
	if got := waitHint(nil, now); got != 0 {
		t.Errorf("no header gives %v", got)
	}
	several := http.Header{
		"Retry-After":          {"1"},
		"X-Acs-Retry-After":    {"2500"},
		"X-Ratelimit-User-Api": {"Limit:1,Remain:0,TimeLeft:10", "Limit:1,Remain:0,TimeLeft:3000"},
	}
	if got := waitHint(several, now); got != 3*time.Second {
		t.Errorf("the longest of several: %v", got)
	}
}

func FuzzWaitHint(f *testing.F) {
	f.Add("Limit:1,Remain:0,TimeLeft:2000", "1500", "3")
	f.Fuzz(func(t *testing.T, limit, ms, s string) {
		h := http.Header{"X-Ratelimit-User": {limit}, "X-Acs-Retry-After": {ms}, "Retry-After": {s}}
		if got := waitHint(h, time.Unix(0, 0)); got < 0 || got > maxWait {
			t.Fatalf("%v", got)
		}
	})
}

// Every code that this package returns can be explained. The catalogue is read as
// source, since this package does not know the command line.
func TestEveryCodeIsInTheCatalogue(t *testing.T) {
	known := catalogueKeys(t, "en_api.go", "en_reasons.go")
	for _, r := range rules {
		if !known[r.code] {
			t.Errorf("%s is not in batch/cli/prose", r.code)
		}
	}
	for _, code := range bracketCodes(t) {
		if !known[code] {
			t.Errorf("%s has no entry in batch/cli/prose", code)
		}
	}
}

// catalogueKeys reads the keys of the catalogue's maps.
func catalogueKeys(t *testing.T, files ...string) map[string]bool {
	keys := map[string]bool{}
	for _, name := range files {
		f, err := parser.ParseFile(gotoken.NewFileSet(), filepath.Join("..", "cli", "prose", name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if kv, ok := n.(*ast.KeyValueExpr); ok {
				if key, ok := kv.Key.(*ast.BasicLit); ok {
					s, _ := strconv.Unquote(key.Value)
					keys[s] = true
				}
			}
			return true
		})
	}
	if len(keys) < 50 {
		t.Fatalf("only %d entries were read", len(keys))
	}
	return keys
}

// bracketCodes reads the values of the code… constants of codes.go.
func bracketCodes(t *testing.T) []string {
	f, err := parser.ParseFile(gotoken.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == gotoken.STRING && len(lit.Value) > 2 && lit.Value[1] == '(' {
			s, _ := strconv.Unquote(lit.Value)
			codes = append(codes, s)
		}
		return true
	})
	if len(codes) < 15 {
		t.Fatalf("only %d codes were read", len(codes))
	}
	return codes
}
