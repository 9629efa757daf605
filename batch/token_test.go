package batch

import (
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// goldenCircuit returns a circuit with its engineer, plain or with every optional field.
// Its hashes and tokens are recorded below.
func goldenCircuit(full bool) *Application {
	c := &sheet.Circuit{
		InstanceID: "pc-0000000", RegionID: "cn-hangzhou", CompanyName: "Example Ltd", LineType: "FIBRE", Si: "Example Builders",
		ConstructionTime: time.Date(2027, 1, 15, 8, 0, 0, 0, time.UTC),
	}
	e := &sheet.Engineer{Name: "Made Up", CertificateType: "IDCard", CertificateNo: "000000199001010000", Gender: "Male", Contact: "00000000000"}
	if full {
		c.Bandwidth, c.PeerLocation, c.ClientToken, e.Name = 100, "Floor 3", "my-token", "样例"
		c.ConstructionTime = time.Date(2028, 3, 1, 9, 30, 0, 0, time.FixedZone("", 8*3600))
	}
	return &Application{Key: Key{"cn-hangzhou", "pc-0000000"}, Circuit: c, Engineers: []*sheet.Engineer{e}}
}

// TestTokensOfEarlierReleases compares with values that an earlier release computed:
// ledgers and results copies hold them, so they must never change.
func TestTokensOfEarlierReleases(t *testing.T) {
	const (
		plainHash = "72115ce82a64a37c4522c4a1193891ed3c1606fd6fce9f189ff73ce0509a5a91"
		fullHash  = "c826b337b7f4066f48d6c55f71d811b1037ec0b8d5e165863b8fb2eb30ca4257"
	)
	for _, test := range []struct {
		full       bool
		operation  Operation
		generation int
		hash       string
		token      string
	}{
		{false, Apply, 0, plainHash, "3c8bcec3-6c6c-89fa-b2d5-a1a7a04b3881"},
		{false, Apply, 1, plainHash, "b306f868-4452-83a1-bac3-4d87a2f70e86"},
		{false, Apply, 2, plainHash, "25cee17d-5977-8b67-bf84-940fbcf32cbe"},
		{false, Reapply, 0, plainHash, "4c1d4d14-2cc7-8f78-8df0-b085124e1789"},
		{false, Reapply, 1, plainHash, "e0b12774-e552-8ce8-8d7b-4e9e4aaf208e"},
		{false, Reapply, 2, plainHash, "8f0f9540-24f6-8926-91f2-f12a12803508"},
		{true, Apply, 0, fullHash, "my-token-807a19d63358"},
		{true, Apply, 1, fullHash, "my-token-ec3de03393b6"},
		{true, Apply, 2, fullHash, "my-token-195336b43b6e"},
		{true, Reapply, 0, fullHash, "my-token-905988682e2d"},
		{true, Reapply, 1, fullHash, "my-token-87f1a83080ef"},
		{true, Reapply, 2, fullHash, "my-token-ec2885857343"},
	} {
		a := goldenCircuit(test.full)
		a.Operation, a.Generation = test.operation, test.generation
		a.Hash = a.ContentHash()
		if token := a.DeriveToken(); a.Hash != test.hash || token != test.token {
			t.Errorf("%v, generation %d: hash %s, token %s, want %s, %s", test.operation, test.generation, a.Hash, token, test.hash, test.token)
		}
		c := a.Circuit // what is known only after the letter is not part of an application
		c.LineCode, c.LineLabel, c.LineProvider, c.LineContact, c.Finished, c.Confirm = "L-1", "A/1", "中国电信", "+447700900123", sheet.Yes, sheet.Yes
		if hash, token := a.ContentHash(), a.DeriveToken(); hash != test.hash || token != test.token {
			t.Errorf("%v, generation %d: with the fields of a completion, hash %s, token %s", test.operation, test.generation, hash, token)
		}
	}
}

func TestSuffixedTokensFit(t *testing.T) {
	derived := "01234567-89ab-8def-8123-456789abcdef"
	for own, want := range map[string]string{
		"mine":                  "mine-456789abcdef",
		strings.Repeat("x", 64): strings.Repeat("x", 51) + "-456789abcdef",
		strings.Repeat("x", 51): strings.Repeat("x", 51) + "-456789abcdef",
	} {
		if got := suffixToken(own, derived); got != want || !sheet.ValidClientToken(got) {
			t.Errorf("suffixToken(%q) = %q", own, got)
		}
	}
}

// What a ledger stores about an operation does not change, and no two operations share a name, an API
// or a salt.
func TestOperations(t *testing.T) {
	want := []struct {
		name, place string
		api         API
	}{
		{"apply", "loa", "ApplyPhysicalConnectionLOA"},
		{"reapply", "loa", "SecondApplyPhysicalConnectionLOA"},
	}
	seen := map[string]bool{}
	for i := range operations {
		o := Operation(i)
		if i < len(want) && (o.String() != want[i].name || string(o.Place()) != want[i].place || o.API() != want[i].api) {
			t.Errorf("operation %d is %v, %s, %s", i, o, o.Place(), o.API())
		}
		for _, unique := range []string{"name " + o.String(), "API " + string(o.API()), "salt " + operations[i].salt} {
			if seen[unique] || strings.HasSuffix(unique, " ") && o != Apply {
				t.Errorf("%v: %s", o, unique)
			}
			seen[unique] = true
		}
	}
}

// An LOA belongs to an application if every field that the lookup shows is the same.
func TestSameContent(t *testing.T) {
	ours := LOA{CompanyName: "Example Ltd", Si: "Example Builders", LineType: "FIBRE", ConstructionTime: "2027-01-15T08:00:00Z"}
	a := &Application{Circuit: &sheet.Circuit{
		CompanyName: ours.CompanyName, Si: ours.Si, LineType: ours.LineType, ConstructionTime: time.Date(2027, 1, 15, 8, 0, 0, 0, time.UTC),
	}}
	if !sameContent(a, ours) || !sameContent(a, LOA{}) {
		t.Error("an identical LOA, or one without any fields, does not count as the same")
	}
	for name, field := range map[string]func(*LOA) *string{
		"company": func(l *LOA) *string { return &l.CompanyName }, "builder": func(l *LOA) *string { return &l.Si },
		"line type": func(l *LOA) *string { return &l.LineType }, "time": func(l *LOA) *string { return &l.ConstructionTime },
	} {
		other, hidden := ours, ours
		*field(&other), *field(&hidden) = "2027-01-16T08:00:00Z", ""
		if sameContent(a, other) {
			t.Errorf("a different %s counts as the same", name)
		}
		if !sameContent(a, hidden) {
			t.Errorf("a missing %s counts as different", name)
		}
	}
}
