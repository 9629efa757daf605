package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// planOne plans a workbook of one row and returns its application or its outcome.
func planOne(w *sheet.Workbook, o Options) (*batch.Plan, *batch.Application, *batch.Outcome) {
	p := New(w, o)
	switch {
	case len(p.Applications) == 1 && len(p.Settled) == 0:
		return p, &p.Applications[0], nil
	case len(p.Applications) == 0 && len(p.Settled) == 1:
		return p, nil, &p.Settled[0]
	}
	panic(fmt.Sprintf("%d applications and %d outcomes of one row", len(p.Applications), len(p.Settled)))
}

func TestPlanAgainstThePast(t *testing.T) {
	w := workbook(1)
	_, fresh, _ := planOne(w, Options{})
	second := *fresh
	second.Generation = 1
	fourth, seventh := *fresh, *fresh
	fourth.Generation, seventh.Generation = 3, 6
	tokens := []string{fresh.Token, second.DeriveToken()}
	for _, test := range []struct {
		name       string
		past       batch.Record
		result     sheet.Result // when settled
		generation int          // otherwise
		token      string
		settle     bool
	}{
		{name: "accepted", past: batch.Record{Hash: fresh.Hash, Token: "T", Result: sheet.Submitted}, result: sheet.Already},
		{name: "seen as accepted", past: batch.Record{Hash: fresh.Hash, Token: "T", Result: sheet.Already}, result: sheet.Already},
		{name: "accepted with other content", past: batch.Record{Hash: "other", Token: "T", Result: sheet.Submitted}, result: sheet.Invalid},
		{name: "open", past: batch.Record{Hash: fresh.Hash, Token: "T", Generation: 3, Open: true}, generation: 3, token: "T", settle: true},
		{name: "ended unknown", past: batch.Record{Hash: fresh.Hash, Token: "T", Open: true, Result: sheet.Unknown}, token: "T", settle: true},
		{name: "open after it was accepted", past: batch.Record{Hash: fresh.Hash, Token: "T", Open: true, Result: sheet.Submitted}, token: "T", settle: true},
		{name: "open with other content", past: batch.Record{Hash: "other", Token: "T", Generation: 3, Open: true}, generation: 3, token: fourth.DeriveToken(), settle: true},
		{name: "failed with other content", past: batch.Record{Hash: "other", Token: "T", Generation: 3, Result: sheet.Failed}, generation: 3, token: fourth.DeriveToken()},
		{name: "accepted, content not known", past: batch.Record{Result: sheet.Already}, token: tokens[0], settle: true},
		{name: "refused", past: batch.Record{Hash: fresh.Hash, Token: tokens[0], Result: sheet.Refused}, generation: 1, token: tokens[1]},
		{name: "refused with other content", past: batch.Record{Hash: "other", Token: "T", Generation: 5, Result: sheet.Refused}, generation: 6, token: seventh.DeriveToken()},
		{name: "failed", past: batch.Record{Hash: fresh.Hash, Token: "T", Generation: 2, Result: sheet.Failed}, generation: 2, token: "T"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, a, o := planOne(w, Options{Past: map[batch.Key]batch.Record{fresh.Key: test.past}})
			if o != nil {
				if o.Result != test.result {
					t.Errorf("settled as %s, want %q", o.Result, test.result)
				}
				if invalid := o.Result == sheet.Invalid; invalid != (len(p.Problems) == 1 && p.Problems[0].Code == o.ErrorCode) {
					t.Errorf("problems %v, error code %q", p.Problems, o.ErrorCode)
				}
				return
			}
			if test.result != "" || a.Generation != test.generation || a.Token != test.token || a.Start.LooksUp() != test.settle {
				t.Errorf("generation %d, token %s, settle %v", a.Generation, a.Token, a.Start.LooksUp())
			}
		})
	}
}

// Without a ledger, a results copy counts as far as its tokens allow.
func TestPlanFromAResultsCopy(t *testing.T) {
	for _, own := range []string{"", "my-token"} {
		w := workbook(1)
		c := &w.Circuits[0]
		c.ClientToken = own
		var tokens []string // by generation
		for g := range 3 {
			_, a, _ := planOne(w, Options{})
			tokens = append(tokens, a.Token)
			c.Past = &sheet.Past{Result: string(sheet.Refused), ClientToken: a.Token}
			if a.Generation != g || !sheet.ValidClientToken(a.Token) {
				t.Errorf("generation %d, want %d; token %q", a.Generation, g, a.Token)
			}
		}
		if own != "" && (tokens[0] != own || !strings.HasPrefix(tokens[1], own+"-") || tokens[1] == tokens[2]) {
			t.Errorf("tokens %q", tokens)
		}
		for _, test := range []struct {
			result sheet.Result
			token  string
			want   string
			settle bool
		}{
			{sheet.Submitted, tokens[0], tokens[0], true},
			{sheet.Unknown, tokens[1], tokens[1], true},
			{sheet.NotAttempted, tokens[1], tokens[1], false},
			{sheet.Invalid, "", tokens[0], false},
		} {
			c.Past = &sheet.Past{Result: string(test.result), ClientToken: test.token}
			if _, a, _ := planOne(w, Options{}); a.Token != test.want || a.Start.LooksUp() != test.settle {
				t.Errorf("%s under %s: token %s, settle %v", test.result, test.token, a.Token, a.Start.LooksUp())
			}
		}
		// It is not known what content a user's own token was sent with, but nothing
		// under it was accepted.
		c.Past = &sheet.Past{Result: string(sheet.Failed), ClientToken: tokens[0]}
		if _, a, _ := planOne(w, Options{}); (a.Token == tokens[0]) != (own == "") {
			t.Errorf("FAILED under %s: token %s", tokens[0], a.Token)
		}
		// Corrected since: the copy's token was sent with other content.
		c.Past = &sheet.Past{Result: string(sheet.Refused), ClientToken: tokens[0]}
		c.Si = "Other Builders"
		if _, a, _ := planOne(w, Options{}); a.Token == tokens[0] {
			t.Errorf("token %s is used with other content", a.Token)
		}
	}
}

// TestACopyThatIsOlderThanTheLedger plans a row whose results copy has a token that the ledger does not
// know. It is settled if the ledger's application was accepted long enough afterwards.
func TestACopyThatIsOlderThanTheLedger(t *testing.T) {
	w := workbook(1)
	_, fresh, _ := planOne(w, Options{})
	at := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	w.Circuits[0].Past = &sheet.Past{Result: "UNKNOWN", ClientToken: "another-token", SubmittedAt: at}
	for after, settled := range map[time.Duration]bool{time.Second: false, batch.SettlingTime: false, batch.SettlingTime + time.Second: true} {
		past := map[batch.Key]batch.Record{Keys(w)[0]: {Hash: fresh.Hash, Token: fresh.Token, Result: sheet.Submitted, SubmittedAt: at.Add(after)}}
		if _, a, o := planOne(w, Options{Past: past}); settled != (o != nil && o.Result == sheet.Already) || !settled && a.Start != batch.StartChanged {
			t.Errorf("accepted %v after what the copy knows: outcome %+v, application %+v", after, o, a)
		}
	}
}

// TestACorrectedRow plans a row that was changed after its LOA was seen rejected: nothing has to be
// restored or withdrawn.
func TestACorrectedRow(t *testing.T) {
	w := workbook(1)
	record := batch.Record{Hash: "other", Token: "t", Result: sheet.Submitted, LOAStatus: batch.LOARejected}
	past := map[batch.Key]batch.Record{Keys(w)[0]: record}
	if p, _, o := planOne(w, Options{Past: past}); o == nil || o.Result != sheet.Refused || o.Reason != batch.ReasonLOARejected || len(p.Problems) > 0 {
		t.Errorf("%+v, %+v", o, p.Problems)
	}
	if p, a, _ := planOne(w, Options{Past: past, Only: []sheet.Result{sheet.Refused}, Reapply: true}); a == nil || a.Start != batch.StartAccepted {
		t.Errorf("--only refused --reapply leaves it out: %+v", p.Settled)
	}
}

func TestPlanOnly(t *testing.T) {
	w := workbook(6)
	key := func(i int) batch.Key { return Keys(w)[i] }
	past := map[batch.Key]batch.Record{
		key(0): {Result: sheet.Failed, Hash: "x"},
		key(1): {Result: sheet.Submitted, Hash: "x"},
		key(2): {Open: true, Hash: "x"},
	}
	w.Circuits[1].Past = &sheet.Past{Result: string(sheet.Failed)} // the ledger knows better
	w.Circuits[3].Past = &sheet.Past{Result: string(sheet.Failed)}
	w.Circuits[5].Invalid = true
	for _, test := range []struct {
		only []sheet.Result
		want string // letters of the rows that are not SKIPPED
	}{
		{[]sheet.Result{sheet.Failed}, "0 3"},
		{[]sheet.Result{sheet.Unknown, sheet.NotAttempted}, "2 4"},
		{[]sheet.Result{sheet.Submitted}, "1"},
		{[]sheet.Result{sheet.Invalid}, "5"},
		{nil, "0 1 2 3 4 5"},
	} {
		p := New(w, Options{Past: past, Only: test.only})
		taken := map[int]bool{}
		for _, a := range p.Applications {
			taken[a.Row-2] = true
		}
		for _, o := range p.Settled {
			if o.Result != sheet.Skipped {
				taken[o.Row-2] = true
			}
		}
		var got []string
		for i := range 6 {
			if taken[i] {
				got = append(got, fmt.Sprint(i))
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("--only %v takes %v, want %s", test.only, got, test.want)
		}
	}
}

// A row that --only leaves out keeps what is known of it, and changes nothing in the ledger.
func TestSkippedKeepsWhatIsKnown(t *testing.T) {
	w, l := workbook(3), &ledger.Memory{}
	_, fresh, _ := planOne(workbook(1), Options{})
	if err := l.Begin(t.Context(), *fresh); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	past := map[batch.Key]batch.Record{
		Keys(w)[0]: {Hash: fresh.Hash, Token: fresh.Token, Open: true},
		Keys(w)[1]: {Hash: "x", Token: "T", Generation: 2, Result: sheet.Submitted, RequestID: "R", SubmittedAt: at, LOAStatus: "Applying"},
	}
	w.Circuits[1].Past = &sheet.Past{Result: "FAILED", ClientToken: "stale", RequestID: "stale", LOAStatus: "stale"}
	w.Circuits[2].Past = &sheet.Past{Result: "SUBMITTED", ClientToken: "T3", RequestID: "R3", LOAStatus: "Available"}
	p := New(w, Options{Past: past, Only: []sheet.Result{sheet.Invalid}})
	for i, want := range []batch.Outcome{
		{Token: fresh.Token, Earlier: sheet.Unknown},
		{Token: "T", Earlier: sheet.Submitted, Generation: 2, RequestID: "R", SubmittedAt: at, LOAStatus: "Applying"},
		{Token: "T3", Earlier: sheet.Submitted, RequestID: "R3", LOAStatus: "Available"},
	} {
		want.Row, want.Key, want.Result, want.Reason = w.Circuits[i].Row, Keys(w)[i], sheet.Skipped, batch.ReasonSkipped
		if p.Settled[i] != want {
			t.Errorf("%+v, want %+v", p.Settled[i], want)
		}
		if err := l.Finish(t.Context(), p.Settled[i]); err != nil {
			t.Fatal(err)
		}
	}
	if after, err := l.Past(t.Context(), batch.PlaceLOA, Keys(w)[:1]); err != nil || !after[fresh.Key].Open {
		t.Errorf("the open application is %+v (%v) after the row was left out", after, err)
	}
}

func TestPlanAllOrNothing(t *testing.T) {
	w := workbook(4)
	w.Circuits[2].Invalid = true
	w.Problems = []sheet.Problem{
		{Code: "circuit-si-missing", Severity: sheet.Error, At: sheet.Ref{Sheet: "Circuits", Row: 4, Col: 5}},
		{Code: "circuit-time-missing", Severity: sheet.Error, At: sheet.Ref{Sheet: "Circuits", Row: 4, Col: 6}},
	}
	past := map[batch.Key]batch.Record{Keys(w)[0]: {Hash: "x", Open: true}}
	p := New(w, Options{AllOrNothing: true, Past: past})
	want := []batch.Outcome{
		{Row: 2, Result: sheet.Unknown, Reason: batch.ReasonWithheld}, // it was open, and stays so
		{Row: 3, Result: sheet.NotAttempted, Reason: batch.ReasonWithheld},
		{Row: 4, Result: sheet.Invalid, Reason: batch.ReasonInvalid, ErrorCode: "circuit-si-missing"},
		{Row: 5, Result: sheet.NotAttempted, Reason: batch.ReasonWithheld},
	}
	got := slices.Clone(p.Settled)
	for i := range got {
		got[i].Key, got[i].Token = batch.Key{}, ""
	}
	if len(p.Applications) != 0 || !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
	w.Circuits[2].Invalid = false
	if p := New(w, Options{AllOrNothing: true}); len(p.Applications) != 4 {
		t.Errorf("%d applications of a valid workbook", len(p.Applications))
	}
}

// If a circuit has no error itself, the row shows its engineer's.
func TestPlanNamesTheFirstErrorOfARow(t *testing.T) {
	w := workbook(1)
	w.Circuits[0].Invalid = true
	w.Problems = []sheet.Problem{
		{Code: "circuit-time-night", Severity: sheet.Warning, At: sheet.Ref{Sheet: "Circuits", Row: 2, Col: 6}},
		{Code: "engineer-gender-unknown", Severity: sheet.Error, At: sheet.Ref{Sheet: "Engineers", Row: 2, Col: 5}},
	}
	if _, _, o := planOne(w, Options{}); o.ErrorCode != "engineer-gender-unknown" {
		t.Errorf("error code %q", o.ErrorCode)
	}
	w = workbook(2)
	w.Circuits[1].InstanceID = w.Circuits[0].InstanceID // a circuit is applied for once, even if the rules let both pass
	if p := New(w, Options{}); len(p.Applications) != 1 || p.Settled[0].Result != sheet.Invalid {
		t.Errorf("%d applications for one circuit", len(p.Applications))
	}
}

var uuid8 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// A change of anything that is sent changes the token, and nothing else does.
func TestTokenFollowsTheContent(t *testing.T) {
	base := func() *sheet.Workbook { return workbook(1) }
	_, a, _ := planOne(base(), Options{})
	if !uuid8.MatchString(a.Token) {
		t.Errorf("%s is not a UUID of version 8", a.Token)
	}
	const golden = "3c8bcec3-6c6c-89fa-b2d5-a1a7a04b3881" // computed from the description, by another program
	if a.Token != golden {
		t.Errorf("token %s: the tokens of earlier releases must not change", a.Token)
	}
	seen := map[string]string{a.Token: "the original"}
	for name, change := range map[string]func(*sheet.Circuit, *sheet.Engineer){
		"region":      func(c *sheet.Circuit, _ *sheet.Engineer) { c.RegionID = "cn-shanghai" },
		"circuit":     func(c *sheet.Circuit, _ *sheet.Engineer) { c.InstanceID += "x" },
		"company":     func(c *sheet.Circuit, _ *sheet.Engineer) { c.CompanyName += "x" },
		"line type":   func(c *sheet.Circuit, _ *sheet.Engineer) { c.LineType = "MSTP" },
		"builder":     func(c *sheet.Circuit, _ *sheet.Engineer) { c.Si += "x" },
		"a boundary":  func(c *sheet.Circuit, _ *sheet.Engineer) { c.LineType, c.Si = "FIBREE", "xample Builders" },
		"time":        func(c *sheet.Circuit, _ *sheet.Engineer) { c.ConstructionTime = c.ConstructionTime.AddDate(0, 0, 1) },
		"bandwidth":   func(c *sheet.Circuit, _ *sheet.Engineer) { c.Bandwidth = 100 },
		"location":    func(c *sheet.Circuit, _ *sheet.Engineer) { c.PeerLocation = "x" },
		"engineers":   func(c *sheet.Circuit, _ *sheet.Engineer) { c.Engineers = []int32{0, 0} },
		"name":        func(_ *sheet.Circuit, e *sheet.Engineer) { e.Name += "x" },
		"certificate": func(_ *sheet.Circuit, e *sheet.Engineer) { e.CertificateType = "Passport" },
		"its number":  func(_ *sheet.Circuit, e *sheet.Engineer) { e.CertificateNo += "x" },
		"gender":      func(_ *sheet.Circuit, e *sheet.Engineer) { e.Gender = "Female" },
		"contact":     func(_ *sheet.Circuit, e *sheet.Engineer) { e.Contact += "x" },
	} {
		w := base()
		change(&w.Circuits[0], &w.Engineers[0])
		_, b, _ := planOne(w, Options{})
		if other, taken := seen[b.Token]; taken {
			t.Errorf("changing the %s gives the token of %s", name, other)
		}
		seen[b.Token] = name
	}
	w := base()
	w.Circuits[0].Row, w.Engineers[0].Row = 99, 99
	w.Circuits[0].ConstructionTime = w.Circuits[0].ConstructionTime.Local()
	if _, b, _ := planOne(w, Options{}); b.Token != a.Token {
		t.Error("another row with the same content has another token")
	}
}

// workbook returns a workbook of n circuits in one region, with one engineer for all of
// them.
func workbook(n int) *sheet.Workbook {
	w := &sheet.Workbook{
		CircuitsTable: sheet.Table{
			Sheet: "Circuits", HeaderRow: 1,
			Columns: map[sheet.ColumnID]int{sheet.CircuitInstanceID: 1},
			Headers: map[sheet.ColumnID]string{sheet.CircuitInstanceID: "Instance ID"},
		},
		EngineersTable: sheet.Table{Sheet: "Engineers", HeaderRow: 1},
		Engineers: []sheet.Engineer{{
			Row: 2, All: true, Name: "Made Up", CertificateType: "IDCard", CertificateNo: "000000199001010000", Gender: "Male", Contact: "00000000000",
		}},
	}
	everyone := []int32{0}
	w.Circuits = make([]sheet.Circuit, 0, n)
	for i := range n {
		w.Circuits = append(w.Circuits, sheet.Circuit{
			Row: i + 2, InstanceID: fmt.Sprintf("pc-%07d", i), RegionID: "cn-hangzhou",
			CompanyName: "Example Ltd", LineType: "FIBRE", Si: "Example Builders",
			ConstructionTime: time.Date(2027, 1, 15, 8, 0, 0, 0, time.UTC), Engineers: everyone,
		})
	}
	return w
}

// TestPlanOfAnotherAccountsCircuit checks which rows an application in another account keeps
// from being sent.
func TestPlanOfAnotherAccountsCircuit(t *testing.T) {
	own := func(r sheet.Result) batch.Record { return batch.Record{Hash: "h", Token: "T", Result: r} }
	for _, test := range []struct {
		name    string
		foreign batch.Record
		own     batch.Record // zero if there is none
		reapply bool
		held    bool
	}{
		{name: "accepted", foreign: own(sheet.Submitted), held: true},
		{name: "open", foreign: batch.Record{Token: "T", Open: true}, held: true},
		{name: "rejected", foreign: own(sheet.Refused)},
		{name: "failed", foreign: own(sheet.Failed)},
		{name: "open, and accepted in the row's own", foreign: batch.Record{Token: "T", Open: true}, own: own(sheet.Submitted)},
		{name: "likewise with --reapply", foreign: batch.Record{Token: "T", Open: true}, own: own(sheet.Submitted), reapply: true, held: true},
		{name: "accepted, and open in the row's own", foreign: own(sheet.Already), own: batch.Record{Token: "T", Open: true}, held: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, profile := range []string{"", "night"} {
				w := workbook(1)
				w.CircuitsTable.Columns[sheet.CircuitAccount], w.CircuitsTable.Headers[sheet.CircuitAccount] = 10, "Account"
				w.Circuits[0].Account = profile
				key := Keys(w)[0]
				o := Options{Foreign: map[string]Foreign{}, Reapply: test.reapply}
				AddForeign(o.Foreign, "2", map[batch.Key]batch.Record{{Region: "cn-beijing", InstanceID: key.InstanceID}: test.foreign})
				AddForeign(o.Foreign, "3", map[batch.Key]batch.Record{key: own(sheet.Failed)})
				if test.own != (batch.Record{}) {
					o.Past = map[batch.Key]batch.Record{key: test.own}
				}
				p, _, settled := planOne(w, o)
				if held := settled != nil && settled.ErrorCode == batch.CodeForeign; held != test.held {
					t.Fatalf("held back: %v, settled %+v", held, settled)
				}
				if !test.held {
					continue
				}
				at := map[string]int{"": 1, "night": 10}[profile]
				if len(p.Problems) != 1 || p.Problems[0].At.Col != at || settled.Result != sheet.Invalid {
					t.Errorf("problems %+v, settled %+v", p.Problems, settled)
				}
			}
		})
	}
}

// TestPlanOfAnOpenCircuit checks what a row may do while an application is open.
func TestPlanOfAnOpenCircuit(t *testing.T) {
	_, fresh, _ := planOne(workbook(1), Options{})
	again := *fresh
	again.Operation, again.Generation = batch.Reapply, 1
	again.Token = again.DeriveToken()
	tried := time.Date(2026, 11, 24, 2, 31, 0, 0, time.UTC)
	open := batch.Record{Open: true, Hash: fresh.Hash, Token: fresh.Token, Tried: tried}
	repeat := batch.Record{
		Open: true, Hash: fresh.Hash, Token: again.Token, Generation: 1, Operation: batch.Reapply, Tried: tried,
		Result: sheet.Submitted, RequestID: "R", Ended: batch.Identity{Hash: fresh.Hash, Token: fresh.Token},
	}
	older := repeat // of a release that did not record the operation
	older.Operation, older.Result, older.Ended = batch.Apply, "", batch.Identity{}
	adopted := batch.Record{Open: true, Token: fresh.Token, Tried: tried}
	for _, test := range []struct {
		name    string
		record  batch.Record
		reapply bool
		edited  bool
		start   batch.Start
		token   string // if it continues under that of the record
	}{
		{"the same", open, false, false, batch.StartResume, fresh.Token},
		{"the same, with --reapply", open, true, false, batch.StartResume, fresh.Token},
		{"edited", open, false, true, batch.StartChanged, ""},
		{"a reapplication, without --reapply", repeat, false, false, batch.StartChanged, ""},
		{"a reapplication", repeat, true, false, batch.StartRepeat, again.Token},
		{"a reapplication, edited", repeat, true, true, batch.StartChanged, ""},
		{"a reapplication of an earlier release", older, true, false, batch.StartRepeat, again.Token},
		{"known from a results copy", adopted, false, false, batch.StartResume, fresh.Token},
		{"known from a results copy, edited", adopted, false, true, batch.StartChanged, ""},
	} {
		w := workbook(1)
		if test.edited {
			w.Circuits[0].Si += " & Sons"
		}
		_, a, _ := planOne(w, Options{Past: map[batch.Key]batch.Record{fresh.Key: test.record}, Reapply: test.reapply})
		if a.Start != test.start || a.Open().Token != test.record.Token || a.Open().Tried != tried {
			t.Errorf("%s: starts as %d, open %+v", test.name, a.Start, a.Open())
		}
		if (a.Token == test.record.Token) != (test.token != "" || test.record.Token == fresh.Token && !test.edited) {
			t.Errorf("%s: token %s", test.name, a.Token)
		}
		if wantsReapply := test.start == batch.StartRepeat; (a.Operation == batch.Reapply) != wantsReapply {
			t.Errorf("%s: operation %s", test.name, a.Operation)
		}
		if test.record.Hash != "" && (a.Changed != nil) != test.edited {
			t.Errorf("%s: problem %v", test.name, a.Changed)
		}
	}
}

// TestPlanOfAnotherRegion plans a row whose region is not the one in which its circuit was applied for.
func TestPlanOfAnotherRegion(t *testing.T) {
	w := workbook(1)
	before := Keys(w)[0]
	w.Circuits[0].RegionID = "cn-shanghai"
	as := func(s sheet.Severity) func(string) sheet.Severity {
		return func(string) sheet.Severity { return s }
	}
	for _, test := range []struct {
		name     string
		record   batch.Record
		severity func(string) sheet.Severity
		problems int
		sent     bool
	}{
		{"accepted", batch.Record{Hash: "x", Token: "T", Result: sheet.Submitted}, nil, 1, false},
		{"open", batch.Record{Hash: "x", Token: "T", Open: true}, nil, 0, true},
		{"accepted and open", batch.Record{Hash: "x", Token: "T", Open: true, Result: sheet.Submitted}, nil, 1, false},
		{"refused", batch.Record{Hash: "x", Token: "T", Result: sheet.Refused}, nil, 0, true},
		{"open, a warning", batch.Record{Hash: "x", Token: "T", Open: true}, as(sheet.Warning), 1, true},
		{"open, off", batch.Record{Hash: "x", Token: "T", Open: true}, as(sheet.Off), 0, true},
		{"accepted and open, a warning", batch.Record{Hash: "x", Token: "T", Open: true, Result: sheet.Submitted}, as(sheet.Warning), 1, true},
		{"accepted, an error by its severity", batch.Record{Hash: "x", Token: "T", Result: sheet.Already}, as(sheet.Error), 1, false},
		{"accepted, a warning", batch.Record{Hash: "x", Token: "T", Result: sheet.Already}, as(sheet.Warning), 1, true},
		{"accepted, off", batch.Record{Hash: "x", Token: "T", Result: sheet.Already}, as(sheet.Off), 0, true},
	} {
		p := New(w, Options{Past: map[batch.Key]batch.Record{before: test.record}, Severity: test.severity})
		if len(p.Problems) != test.problems || (len(p.Applications) == 1) != test.sent {
			t.Errorf("%s: problems %v, %d applications", test.name, p.Problems, len(p.Applications))
			continue
		}
		if test.record.Open && test.sent && (p.Applications[0].Elsewhere == nil || p.Applications[0].Elsewhere.Region != before.Region || (p.Applications[0].Moved != nil) != (test.severity == nil)) {
			t.Errorf("%s: %+v", test.name, p.Applications[0])
		}
		if !test.sent && (p.Settled[0].Result != sheet.Invalid || p.Settled[0].ErrorCode != batch.CodeMoved) {
			t.Errorf("%s: %+v", test.name, p.Settled[0])
		}
	}
}

// TestAcceptedInAThirdRegion plans a row whose circuit was refused in one region and accepted in another,
// but which names a third.
func TestAcceptedInAThirdRegion(t *testing.T) {
	w := workbook(1)
	id := Keys(w)[0].InstanceID
	for _, refused := range []string{"cn-beijing", "cn-zhangjiakou"} {
		p := New(w, Options{Past: map[batch.Key]batch.Record{
			{Region: refused, InstanceID: id}:       {Hash: "x", Token: "T", Result: sheet.Refused},
			{Region: "cn-shanghai", InstanceID: id}: {Hash: "x", Token: "U", Result: sheet.Submitted},
		}})
		if len(p.Applications) != 0 || p.Settled[0].ErrorCode != batch.CodeMoved {
			t.Errorf("refused in %s: %d applications, %+v", refused, len(p.Applications), p.Settled)
		}
	}
}

// TestOpenInTwoRegions edits a row's region back while an application is open in the other one, before
// which the first had been settled.
func TestOpenInTwoRegions(t *testing.T) {
	w := workbook(1)
	here := Keys(w)[0]
	there := batch.Key{Region: "cn-shanghai", InstanceID: here.InstanceID}
	_, fresh, _ := planOne(w, Options{})
	at := time.Date(2026, 11, 24, 2, 31, 0, 0, time.UTC)
	for _, test := range []struct {
		after time.Duration
		there string
	}{{time.Hour, "T"}, {0, "T"}, {-time.Hour, ""}} {
		_, a, _ := planOne(w, Options{Past: map[batch.Key]batch.Record{
			here:  {Hash: fresh.Hash, Token: fresh.Token, Open: true, Tried: at},
			there: {Hash: fresh.Hash, Token: "T", Open: true, Tried: at.Add(test.after)},
		}})
		if a.Start != batch.StartResume || a.Open().Token != fresh.Token || (a.Elsewhere == nil) != (test.there == "") || a.Elsewhere != nil && a.Elsewhere.Token != test.there || a.Token != fresh.Token {
			t.Errorf("%v later: starts as %d, open %+v, elsewhere %+v", test.after, a.Start, a.Open(), a.Elsewhere)
		}
	}
}

// TestACopyOfAnotherRegion edits the region of a row in a results copy that says UNKNOWN. The ledger
// knows that the application was made in the other region, and its result.
func TestACopyOfAnotherRegion(t *testing.T) {
	w := workbook(1)
	before := Keys(w)[0]
	_, fresh, _ := planOne(w, Options{})
	w.Circuits[0].RegionID = "cn-shanghai"
	w.Circuits[0].Past = &sheet.Past{Result: "UNKNOWN", ClientToken: fresh.Token}
	past := map[batch.Key]batch.Record{before: {Hash: fresh.Hash, Token: fresh.Token, Result: sheet.Failed}}
	if _, a, _ := planOne(w, Options{Past: past}); a == nil || a.Start != batch.StartSend || a.Token == fresh.Token {
		t.Errorf("%+v waits for the application in the other region", a)
	}
	if _, a, _ := planOne(w, Options{}); a == nil || a.Start != batch.StartChanged {
		t.Errorf("%+v is sent, although nothing is known of the application in the copy", a)
	}
	// The ledger knows the token only from the copy, and the region is the right one again.
	past = map[batch.Key]batch.Record{Keys(w)[0]: {Token: fresh.Token, Open: true, Others: batch.Weighed + fresh.Token}}
	w.Circuits[0].RegionID = before.Region
	if _, a, _ := planOne(w, Options{Past: past}); a == nil || a.Start != batch.StartResume || a.Open().Token != fresh.Token {
		t.Errorf("%+v is not looked up in the region that the application was made in", a)
	}
}
