package approval

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden file")

// sample is a plan with something in every field.
func sample() *Plan {
	return &Plan{
		Version: Version, Command: "submit", MadeAt: time.Date(2027, 1, 15, 2, 0, 0, 0, time.UTC), ChangeRef: "CHG-1",
		MadeBy:  Maker{User: "made-up", Host: "host", Caller: "acs:ram::1000000000000001:user/made-up", Program: "loabatch v1"},
		Service: "real", Settings: []Setting{{"reapply", "false"}, {"timezone", "Asia/Shanghai"}},
		Checks: Checks{Salt: "00112233445566778899aabbccddeeff", Rounds: leastRounds},
		Workbooks: []Workbook{{
			Name: "tonight.xlsx", SHA256: strings.Repeat("ab", 32),
			Rows: []Row{
				{
					Cell: "Circuits!A2", Row: 2, Circuit: Circuit{"pc-0000001", "cn-hangzhou"}, Account: "1000000000000001", Profile: "night", Operation: "apply",
					Prediction: Prediction{Step: "apply", Result: "VALID", Reason: "reason-valid"}, Personal: "0f0f",
					Values: []Value{{"CompanyName", "示例 <网络> & “Example”"}, {"LineType", "FIBRE"}}, Engineers: []int{2, 3},
				},
				{
					Cell: "Circuits!A3", Row: 3, Circuit: Circuit{"pc-0000002", "cn-beijing"}, Account: "1000000000000001", Values: []Value{}, Engineers: []int{},
					Prediction: Prediction{"apply", "BLOCKED", "reason-not-allocated", "IncorrectStatus.PhysicalConnection", "Initial", "Rejected"},
				},
			},
			Engineers: []Engineer{{2, "a1b2"}, {3, "0000"}},
		}},
	}
}

func encoded(t testing.TB, p *Plan) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestGolden fixes the format: what was approved yesterday must be readable tomorrow.
func TestGolden(t *testing.T) {
	got := encoded(t, sample())
	const golden = "testdata/plan.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(got, bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))) {
		t.Errorf("the format has changed (%v):\n%s", err, got)
	}
}

func TestDecode(t *testing.T) {
	file := encoded(t, sample())
	for name, content := range map[string][]byte{
		"as it was written": file,
		"sent by mail":      bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")),
		"saved by Notepad":  append([]byte("\xEF\xBB\xBF"), file...),
	} {
		p, sum, err := Decode(bytes.NewReader(content))
		if err != nil || !reflect.DeepEqual(p, sample()) || !strings.Contains(string(file), sum) {
			t.Errorf("%s: error %v, checksum %s, %+v", name, err, sum, p)
		}
	}
	for name, content := range map[string]string{
		"empty": "", "a workbook": "PK\x03\x04", "other JSON": "{}", "an array": "[]", "a text": "Dear all,\n",
	} {
		if _, _, err := Decode(strings.NewReader(content)); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
	later := sample()
	later.Version = 2
	if _, _, err := Decode(bytes.NewReader(encoded(t, later))); !errors.As(err, new(*VersionError)) {
		t.Errorf("a later version: %v", err)
	}
	empty := sample()
	empty.Workbooks = nil
	slow := sample()
	slow.Checks.Rounds = 1e9
	for name, p := range map[string]*Plan{"no workbooks": empty, "endless rounds": slow} {
		if _, _, err := Decode(bytes.NewReader(encoded(t, p))); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDamage changes, drops and doubles each byte of a plan: nothing goes unnoticed.
func TestDamage(t *testing.T) {
	file := encoded(t, sample())
	for i := range file {
		flipped, longer := slices.Clone(file), slices.Insert(slices.Clone(file), i, file[i])
		flipped[i] ^= 0x20
		for name, damaged := range map[string][]byte{"flipped": flipped, "cut": file[:i], "dropped": slices.Delete(slices.Clone(file), i, i+1), "doubled": longer} {
			if _, _, err := Decode(bytes.NewReader(damaged)); err == nil {
				t.Errorf("byte %d %s: no error", i, name)
			}
		}
	}
	// Nor does anything that a JSON decoder ignores.
	for name, damaged := range map[string]string{
		"a field twice":     strings.Replace(string(file), `"command": "submit",`, `"command": "submit", "command": "submit",`, 1),
		"an unknown field":  strings.Replace(string(file), `"command": "submit",`, `"command": "submit", "more": 1,`, 1),
		"other case":        strings.Replace(string(file), `"service"`, `"Service"`, 1),
		"something behind":  string(file) + "{}",
		"spaces":            strings.Replace(string(file), ": ", ":  ", 1),
		"an invisible rune": strings.Replace(string(file), "pc-0000001", "pc-000000\u200b1", 1),
	} {
		end := strings.LastIndex(damaged, closing)
		if sum := strings.LastIndex(damaged, `"}`); sum < 0 || end >= 0 { // with a checksum that fits
			damaged = damaged[:end] + closing + `"` + digest([]byte(damaged[:end])) + "\"\n}\n" + pick(name == "something behind", "{}", "")
		}
		if _, _, err := Decode(strings.NewReader(damaged)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHidden checks that nothing in a plan is invisible or reverses the text around it.
func TestHidden(t *testing.T) {
	p := sample()
	p.Workbooks[0].Rows[0].Values[0].Value = "a\u202eb\u200bc\u0085d\u2028e\ufefff\x00\x1b[31m\u00adg\u2066"
	file := string(encoded(t, p))
	if i := strings.IndexFunc(file, func(r rune) bool { return hidden(r) || r < ' ' && r != '\n' }); i >= 0 {
		t.Errorf("hidden character at %q", file[i:])
	}
	again, _, err := Decode(strings.NewReader(file))
	if err != nil || again.Workbooks[0].Rows[0].Values[0] != p.Workbooks[0].Rows[0].Values[0] {
		t.Errorf("error %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	file := encoded(f, sample())
	for _, seed := range [][]byte{nil, file, file[:len(file)/2], []byte(opening), []byte(opening + "1,\n \"sha256\": \"\"\n}\n"), []byte(opening + "99"), []byte(strings.Repeat("[", 10000))} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		p, sum, err := Decode(bytes.NewReader(content))
		if err != nil {
			return
		}
		again := encoded(t, p)
		if !bytes.Equal(again, normal(content)) || len(sum) != 64 {
			t.Errorf("read as a different plan:\n%s\n%s", content, again)
		}
		if d := Compare(p, p, nil); len(d) > 0 {
			t.Errorf("differs from itself: %+v", d)
		}
	})
}

// TestCompare makes every possible change, and expects it to be named.
func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Plan)
		want   []Difference // their kinds, rows, names and values
	}{
		{"nothing", func(*Plan) {}, nil},
		{"who made it and when", func(p *Plan) {
			p.MadeAt, p.MadeBy, p.ChangeRef, p.Workbooks[0].Name = time.Time{}, Maker{}, "CHG-2", "moved.xlsx"
		}, nil},
		{"progress of the review", func(p *Plan) { p.Workbooks[0].Rows[1].LOAStatus = "Applying" }, nil},
		{"no check values", func(p *Plan) { p.Workbooks[0].Engineers[0].Check = "" }, nil},
		{"command", func(p *Plan) { p.Command = "complete" }, []Difference{{Kind: KindCommand, Planned: "submit", Now: "complete"}}},
		{"service", func(p *Plan) { p.Service = "simulated" }, []Difference{{Kind: KindService, Planned: "real", Now: "simulated"}}},
		{"setting", func(p *Plan) { p.Settings[1].Value = "UTC" }, []Difference{{Kind: KindSetting, Name: "timezone", Planned: "Asia/Shanghai", Now: "UTC"}}},
		{"a setting more", func(p *Plan) { p.Settings = append(p.Settings, Setting{"zeal", "high"}) }, []Difference{{Kind: KindSetting, Name: "zeal", Now: "high"}}},
		{"another workbook", func(p *Plan) { p.Workbooks = append(p.Workbooks, p.Workbooks[0]) }, []Difference{{Kind: KindCount}}},
		{"bytes", func(p *Plan) { p.Workbooks[0].SHA256 = "00" }, []Difference{{Kind: KindBytes, Planned: strings.Repeat("ab", 32), Now: "00"}}},
		{"a row moved down", func(p *Plan) { p.Workbooks[0].Rows[1].Row++ }, nil},
		{"a removed row", func(p *Plan) { p.Workbooks[0].Rows = p.Workbooks[0].Rows[:1] }, []Difference{{Kind: KindGone, Row: 3, Planned: "pc-0000002"}}},
		{"a row twice", func(p *Plan) { p.Workbooks[0].Rows = append(p.Workbooks[0].Rows, p.Workbooks[0].Rows[1]) }, []Difference{{Kind: KindNew, Row: 3, Now: "pc-0000002"}}},
		{"another circuit", func(p *Plan) { p.Workbooks[0].Rows[1].InstanceID = "pc-0000003" }, []Difference{{Kind: KindNew, Row: 3, Now: "pc-0000003"}, {Kind: KindGone, Row: 3, Planned: "pc-0000002"}}},
		{"account", func(p *Plan) { p.Workbooks[0].Rows[0].Account = "2" }, []Difference{{Kind: KindAccount, Row: 2, Planned: "1000000000000001", Now: "2"}}},
		{"a value", func(p *Plan) { p.Workbooks[0].Rows[0].Values[1].Value = "MSTP" }, []Difference{{Kind: KindValue, Row: 2, Name: "LineType", Planned: "FIBRE", Now: "MSTP"}}},
		{"a value gone", func(p *Plan) { p.Workbooks[0].Rows[0].Values = p.Workbooks[0].Rows[0].Values[:1] }, []Difference{{Kind: KindValue, Row: 2, Name: "LineType", Planned: "FIBRE"}}},
		{"another value", func(p *Plan) {
			p.Workbooks[0].Rows[0].Values = append(p.Workbooks[0].Rows[0].Values, Value{"Bandwidth", "10"})
		}, []Difference{{Kind: KindValue, Row: 2, Name: "Bandwidth", Now: "10"}}},
		{"an engineer's circuits", func(p *Plan) { p.Workbooks[0].Rows[0].Engineers = []int{2} }, []Difference{{Kind: KindEngineers, Row: 2}}},
		{"an engineer", func(p *Plan) { p.Workbooks[0].Engineers[1].Check = "ffff" }, []Difference{{Kind: KindEngineer, Row: 3}}},
		{"a contact, in other bytes", func(p *Plan) { p.Workbooks[0].Rows[0].Personal, p.Workbooks[0].SHA256 = "1111", "00" }, []Difference{{Kind: KindBytes, Planned: strings.Repeat("ab", 32), Now: "00"}, {Kind: KindPersonal, Row: 2}}},
		{"operation", func(p *Plan) { p.Workbooks[0].Rows[0].Operation = "reapply" }, []Difference{{Kind: KindOperation, Row: 2, Planned: "apply", Now: "reapply"}}},
		{"prediction", func(p *Plan) {
			p.Workbooks[0].Rows[0].Prediction = Prediction{Result: "ALREADY", Reason: "reason-loa-exists"}
		}, []Difference{{Kind: KindPrediction, Row: 2, Planned: "VALID", Now: "ALREADY"}}},
		{"the reason of a prediction", func(p *Plan) { p.Workbooks[0].Rows[1].State = "Enabled" }, []Difference{{Kind: KindPrediction, Row: 3, Planned: "BLOCKED", Now: "BLOCKED"}}},
	} {
		now := sample()
		c.change(now)
		got := Compare(sample(), now, nil)
		for i := range got {
			if (got[i].Kind == KindPrediction) != (got[i].Found != nil) || got[i].Row > 0 && got[i].Kind != KindEngineer && got[i].Circuit.InstanceID == "" {
				t.Errorf("%s: %+v", c.name, got[i])
			}
			got[i].Predicted, got[i].Found, got[i].Circuit = nil, nil, Circuit{}
			if got[i].Kind == KindBytes {
				got[i].Name = ""
			}
		}
		if !reflect.DeepEqual(got, c.want) && len(got)+len(c.want) > 0 {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
	now := sample()
	now.Workbooks[0].Rows[0].Operation, now.Workbooks[0].Rows[0].Result = "", "ALREADY"
	if d := Compare(sample(), now, func(_ int, r Row) bool { return r.Row == 2 }); len(d) > 0 {
		t.Errorf("what a run of the plan did is a change: %+v", d)
	}
}

// TestChecks checks that a value shows a change, and how its cost is chosen.
func TestChecks(t *testing.T) {
	c := Checks{Salt: "00112233445566778899aabbccddeeff", Rounds: leastRounds}
	sets := [][]string{{"Made Up", "000000199001010000"}, {"Made Up", "000000199001010001"}, {"Made U", "p000000199001010000"}, {"Made Up", "000000199001010000"}}
	got := c.Of(sets)
	if got[0] == got[1] || got[0] == got[2] || got[0] != got[3] || len(got[0]) != 2*checkBytes {
		t.Errorf("check values %v", got)
	}
	other := NewChecks(1)
	if again := NewChecks(1); again.Salt == other.Salt || !other.sound() {
		t.Errorf("salts %v and %v", other, again)
	}
	for n, want := range map[int]int{0: mostRounds, 50: mostRounds, 100: 300_000, 1_000: 30_000, 100_000: leastRounds} {
		if made := NewChecks(n); made.Rounds != want || !made.affordable(n) {
			t.Errorf("%d rounds for %d engineers, want %d", made.Rounds, n, want)
		}
	}
	costly := Checks{Salt: c.Salt, Rounds: mostRounds}
	if got := costly.Of(make([][]string, 10_000)); got[0] != "" {
		t.Error("a plan for a few engineers would keep the processor busy for an hour")
	}
	if got := (Checks{}).Of(sets); got[0] != "" {
		t.Errorf("check values without a salt: %v", got)
	}
}
