package prose

import "testing"

func TestFamilySpeaksForItsCodes(t *testing.T) {
	for _, tc := range []struct{ code, speaks string }{
		{"Throttling", "Throttling*"},
		{"Throttling.User", "Throttling*"},
		{"Forbidden.RAM", "Forbidden.RAM"},
		{"Forbidden.SomethingNew", "Forbidden*"},
		{"LastTokenProcessing", "*TokenProcessing"},
		{"OperationFailed.LastTokenProcessing", "*TokenProcessing"},
		{"IllegalParam.Bandwidth", "IllegalParam.Bandwidth"},
		{"IllegalParam.New", "IllegalParam.*"},
		{"InvalidRegionId.NotFound", "InvalidRegionId*"},
		{"InvalidSomething.Malformed", "Invalid*.Malformed"},
		{"NeverHeardOf", ""},
		{"", ""},
	} {
		got, ok := English.Entry(tc.code)
		want := enAPI[tc.speaks]
		if ok != (tc.speaks != "") || got != want {
			t.Errorf("%s: got %q, want that of %q", tc.code, got.Message, tc.speaks)
		}
	}
}
