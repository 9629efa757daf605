package cloud

import (
	"testing"

	"github.com/loabatch/loabatch/batch"
)

// TestRules sorts every documented code, row by row, as a 400 or 403 carries it.
func TestRules(t *testing.T) {
	later := rule{class: batch.TryLater}
	throttled := rule{class: batch.TryLater, throttled: true}
	working := rule{class: batch.TryLater, unsettled: true}
	refused := rule{class: batch.Refused}
	run := rule{class: batch.RunFatal}
	region := rule{class: batch.RegionFatal}
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
		{"SignatureNonceUsed", later},

		{"InvalidAccessKeyId", run},
		{"InvalidAccessKeyId.NotFound", run},
		{"InvalidAccessKeyId.Inactive", run},
		{"SignatureDoesNotMatch", run},
		{"IncompleteSignature", run},
		{"InvalidSecurityToken.Expired", run},
		{"InvalidSecurityToken.Malformed", run},
		{"InvalidSecurityToken.MismatchWithAccessKey", run},
		{"Forbidden", run},
		{"Forbidden.RAM", run},
		{"Forbidden.RiskControl", run},
		{"Forbidden.Arrears", run},
		{"NoPermission", run},
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
				Throttled: row.want.throttled, Unsettled: row.want.unsettled,
			}
			if e := callError(t, err); *e != want {
				t.Errorf("%d %s: got %+v, want %+v", status, row.code, *e, want)
			}
		}
	}
	// Every rule is sorted at least once above.
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

// recorded is an exchange with a whole answer.
func recorded(status int, body string) *exchange {
	x := &exchange{sent: 1, status: status, body: []byte(body), whole: true}
	x.gotConn.Store(true)
	return x
}

func TestFits(t *testing.T) {
	for _, tc := range []struct {
		pattern, code string
		want          bool
	}{
		{"A", "A", true}, {"A", "AB", false}, {"A*", "A", true}, {"A*", "AB", true}, {"A*", "BA", false},
		{"*A", "A", true}, {"*A", "BA", true}, {"*A", "AB", false},
		{"A*A", "AA", true}, {"A*A", "A", false}, {"A*A", "AxA", true}, {"", "", true}, {"", "A", false},
	} {
		if fits(tc.pattern, tc.code) != tc.want {
			t.Errorf("fits(%q, %q) is not %v", tc.pattern, tc.code, tc.want)
		}
	}
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

// FuzzAnswer holds what must be true of any body: no panic, and what comes out has the
// shape of a field and repeats nothing private.
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
