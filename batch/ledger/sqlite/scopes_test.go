package sqlite

import (
	"errors"
	"fmt"
	"testing"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// TestSpellingsOfAScopeMeet upgrades a ledger of version 2 in which one service had several
// spellings (testdata/version2.go), some with different states of the same circuit.
func TestSpellingsOfAScopeMeet(t *testing.T) {
	const account, another = "1000000000000001", "1000000000000002"
	s, err := Open(t.Context(), unpacked(t, "version2.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	local := ledger.EndpointScope("http://[::1]:8080").ForAccount(account)
	official := ledger.Real.ForAccount(account)
	token := func(content string, i int) string { return fmt.Sprintf("token-%s%d-0", content, i) }
	for _, test := range []struct {
		why   string
		scope ledger.Scope
		i     int
		open  bool
		// of Current, and of the last that ended
		token  string
		last   string
		result sheet.Result
	}{
		{"accepted, other content open", local, 0, true, token("changed", 0), token("content", 0), sheet.Submitted},
		{"open, then other content refused", local, 1, true, token("content", 1), token("changed", 1), sheet.Refused},
		{"unknown, other content open: neither is sent again", local, 2, true, "", token("content", 2), ""},
		{"accepted and open under one token", local, 3, false, token("content", 3), token("content", 3), sheet.Submitted},
		{"known under one spelling", local, 4, false, token("content", 4), token("content", 4), sheet.Submitted},
		{"accepted at the official endpoint, then open", official, 5, true, token("changed", 5), token("content", 5), sheet.Submitted},
		{"another account's", official, 6, false, "", "", ""},
		{"another account's", ledger.Real.ForAccount(another), 6, false, token("content", 6), token("content", 6), sheet.Submitted},
		{"refused twice", local, 7, false, token("changed", 7), token("changed", 7), sheet.Refused},
		{"open twice under one token", local, 8, true, token("content", 8), "", ""},
		{"accepted at the usual endpoint", official, 9, false, token("content", 9), token("content", 9), sheet.Submitted},
	} {
		key := numbered(10)[test.i]
		past, err := s.Past(t.Context(), test.scope, batch.PlaceLOA, []batch.Key{key})
		if err != nil {
			t.Fatal(err)
		}
		if got := past[key]; got.Open != test.open || got.Token != test.token || got.Result != test.result {
			t.Errorf("%s: %+v, want %+v", test.why, got, test)
		}
		var last string
		err = each(t.Context(), s.read, func(scan func(...any) error) error { return scan(&last) },
			"SELECT token FROM circuits WHERE scope = ? AND instance_id = ?", string(test.scope), key.InstanceID)
		if err != nil || last != test.last {
			t.Errorf("%s: the last that ended is %q, want %q; %v", test.why, last, test.last, err)
		}
	}
	runs, err := s.Runs(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range runs {
		got = append(got, fmt.Sprint(r.ID, " ", r.Scope, " ", r.Status))
	}
	want := fmt.Sprint([]string{"friday " + string(ledger.Real.ForAccount(another)) + " ended", "thursday " + string(official) + " died",
		"wednesday " + string(official) + " ended", "tuesday " + string(local) + " taken-over", "monday " + string(local) + " taken-over"})
	if fmt.Sprint(got) != want {
		t.Errorf("runs:\n got %v\nwant %s", got, want)
	}
	if verdict, err := s.Check(t.Context()); err != nil || verdict.Schema != len(migrations) {
		t.Errorf("%+v, %v", verdict, err)
	}
	// All circuits can be locked by the next run, under any spelling.
	r, err := s.Start(t.Context(), ledger.RunInfo{ID: "next", Scope: local}, numbered(10))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Begin(t.Context(), numberedApplication(4)), r.End(t.Context(), ledger.RunEnd{})); err != nil {
		t.Error(err)
	}
}
