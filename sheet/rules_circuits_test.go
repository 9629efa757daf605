package sheet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

var regions = []string{"ap-southeast-1", "cn-hangzhou", "cn-shanghai"}

var _ = table("circuit-instance-missing",
	c("error circuit-instance-missing Circuits!A2; error engineer-circuit-unknown Engineers!A2", "A2", ""),
	c("error circuit-instance-missing Circuits!A2", "A2", "' ", "E:A2", "pc-aaaa2"),
	c("", "A2", "pc-bbbb", "E:A2", "pc-bbbb"),
)

var _ = table("circuit-instance-malformed",
	c("error circuit-instance-malformed Circuits!A2", "A2", "PC-AAAA1", "E:A2", "pc-aaaa2"),
	c("error circuit-instance-malformed Circuits!A2", "A2", "vbr-aaaa1", "E:A2", "*"),
	c("error circuit-instance-malformed Circuits!A2", "A2", "pc-", "E:A2", "*"),
	c("error circuit-instance-malformed Circuits!A2", "A2", "pc-aa aa", "E:A2", "*"),
	c("error circuit-instance-malformed Circuits!A2", "A2", "专线一", "E:A2", "*"),
	c("error circuit-instance-malformed Circuits!A2", "A2", "=42", "E:A2", "*"),
	c("", "A2", "pc-bp1qrb3044eqixog0000z", "E:A2", "*"),
	ruleCase{set: []string{"A2", "pc-X", "E:A2", "*"}, want: "warning circuit-instance-malformed Circuits!A2", opts: asked("circuit-instance-malformed", sheet.Warning)},
)

var _ = table("circuit-instance-twice",
	c("error circuit-instance-twice Circuits!A2 also Circuits!A3; error circuit-instance-twice Circuits!A3 also Circuits!A2", "A3", "pc-aaaa1", "E:A2", "pc-aaaa1"),
	c("", "A3", "pc-aaaa3", "E:A2", "*"),
)

var _ = table("circuit-region-missing",
	c("error circuit-region-missing Circuits!B2", "B2", ""),
	c("error circuit-region-missing Circuits!B2", "B2", "'\u3000"),
	ruleCase{set: []string{"B2", ""}, want: "note circuit-region-default Circuits!B2", opts: sheet.Options{DefaultRegion: "cn-hangzhou"}},
)

var _ = table("circuit-region-malformed",
	c("error circuit-region-malformed Circuits!B2", "B2", "CN-Hangzhou"),
	c("error circuit-region-malformed Circuits!B2", "B2", "cn-hangzhou.example.com"),
	c("error circuit-region-malformed Circuits!B2", "B2", "-cn"),
	c("error circuit-region-malformed Circuits!B2", "B2", "cn hangzhou"),
	c("error circuit-region-malformed Circuits!B2", "B2", "华东1"),
	c("error circuit-region-malformed Circuits!B2", "B2", "東京リージョン"),
	c("error circuit-region-malformed Circuits!B2", "B2", "138-1234-5678"),
	c("", "B2", "xx-nowhere-9"),
)

var _ = table("circuit-region-unknown",
	ruleCase{set: []string{"B2", "cn-hangzou"}, want: "error circuit-region-unknown Circuits!B2", opts: sheet.Options{Regions: regions}},
	ruleCase{set: []string{"B2", "cn-hangzou"}, want: "warning circuit-region-unknown Circuits!B2", opts: sheet.Options{Regions: regions, Severities: map[string]sheet.Severity{"circuit-region-unknown": sheet.Warning}}},
	ruleCase{set: []string{"B2", "ap-southeast-1"}, opts: sheet.Options{Regions: regions}},
	c("", "B2", "cn-hangzou"),
)

var _ = table("circuit-region-default",
	ruleCase{set: []string{"B2", ""}, want: "note circuit-region-default Circuits!B2", opts: sheet.Options{DefaultRegion: "cn-hangzhou"}},
	ruleCase{set: []string{"B1", "", "B2", "", "B3", ""}, opts: sheet.Options{DefaultRegion: "cn-hangzhou"}},
)

var _ = table("circuit-company-missing", c("error circuit-company-missing Circuits!C2", "C2", ""), c("", "C2", "Example"),
	c("", "C2", "示例贸易（杭州）有限公司"), c("", "C2", "示例贸易(杭州)有限公司"), c("", "E2", "样例工程（集团）有限公司"), c("warning cell-full-width Circuits!C2", "C2", "示例ＡＢＣ有限公司"))
var _ = table("circuit-line-type-missing", c("error circuit-line-type-missing Circuits!D2", "D2", ""), c("", "D2", "Other"))
var _ = table("circuit-si-missing", c("error circuit-si-missing Circuits!E2", "E2", ""), c("", "E2", "Example"))
var _ = table("circuit-time-missing", c("error circuit-time-missing Circuits!F2", "F2", ""), c("", "F2", "2027-01-15T08:00:01Z"))

var _ = table("circuit-line-type-unknown",
	c("error circuit-line-type-unknown Circuits!D2", "D2", "SDH"),
	c("error circuit-line-type-unknown Circuits!D2", "D2", "=1"),
	c("", "D2", "MPLSVPN"),
	c("note cell-spelling Circuits!D2", "D2", "其他"),
)

const echoF2 = "note circuit-time-echo Circuits!F2"

var _ = table("circuit-time-malformed",
	c("error circuit-time-malformed Circuits!F2", "F2", "mid January"),
	c("error circuit-time-malformed Circuits!F2", "F2", "15/1/27"),
	c("error circuit-time-malformed Circuits!F2", "F2", "2027-01-15 08:00 tomorrow"),
	c("error circuit-time-malformed Circuits!F2", "F2", "=20270115"),
	c("error circuit-time-malformed Circuits!F2", "F2", "@-1"),
	c("error circuit-time-malformed Circuits!F2", "F2", "@60"),
	c(echoF2, "F2", "2027-01-15"),
	c(echoF2, "F2", "^2027-01-15T08:00:00"),
	c(echoF2, "F2", "@46402.25"),
	c(echoF2, "F2", "2027年1月15日 8时30分"),
	ruleCase{set: []string{"F2", "@44940.25"}, want: echoF2, book: func(g *grid) { g.date1904 = true }},
)

var _ = table("circuit-time-ambiguous",
	c("error circuit-time-ambiguous Circuits!F2", "F2", "03/04/2027"),
	c("error circuit-time-ambiguous Circuits!F2", "F2", "3.4.2027 08:00"),
	c(echoF2, "F2", "15/04/2027"),
	c(echoF2, "F2", "04/15/2027"),
	c(echoF2, "F2", "04/04/2027"),
)

var _ = table("circuit-time-impossible",
	c("error circuit-time-impossible Circuits!F2", "F2", "2027-02-30"),
	c("error circuit-time-impossible Circuits!F2", "F2", "2027-02-03 24:30"),
	c("error circuit-time-impossible Circuits!F2", "F2", "32/13/2027"),
	c("error circuit-time-impossible Circuits!F2", "F2", "0027-02-03"),
	c(echoF2, "F2", "2028-02-29"),
)

var _ = table("circuit-time-gap",
	ruleCase{set: []string{"F2", "2027-03-28 02:30"}, want: "error circuit-time-gap Circuits!F2", opts: zone("Europe/Berlin")},
	ruleCase{set: []string{"F2", "2027-10-31 02:30"}, want: "error circuit-time-gap Circuits!F2", opts: zone("Europe/Berlin")},
	ruleCase{set: []string{"F2", "2027-03-29 02:30"}, want: echoF2, opts: zone("Europe/Berlin")},
	ruleCase{set: []string{"F2", "2027-10-29T02:30:00+02:00"}, want: echoF2, opts: zone("Europe/Berlin")},
)

var _ = table("circuit-time-of-day",
	c("error circuit-time-of-day Circuits!F2", "F2", "08:00"),
	c("error circuit-time-of-day Circuits!F2", "F2", "@0.333333333333333"),
	c(echoF2, "F2", "2027-01-15 08:00"),
)

var _ = table("circuit-time-serial",
	c("error circuit-time-serial Circuits!F2", "F2", "=46402"),
	ruleCase{set: []string{"F2", "=46402"}, want: echoF2 + "; warning circuit-time-serial Circuits!F2", opts: asked("circuit-time-serial", sheet.Warning)},
	c(echoF2, "F2", "@46402"),
)

var _ = table("circuit-time-past",
	c("warning circuit-time-past Circuits!F2", "F2", "2026-11-24T08:59:59Z"),
	ruleCase{set: []string{"F2", "2026-11-24T08:59:59Z"}, want: "error circuit-time-past Circuits!F2", opts: sheet.Options{Strict: true}},
	c("", "F2", "2026-11-24T09:00:00Z"),
)

var _ = table("circuit-time-far",
	c("warning circuit-time-far Circuits!F2", "F2", "2028-11-24T09:00:01Z"),
	c("", "F2", "2028-11-24T09:00:00Z"),
	ruleCase{set: []string{"F2", "2030-01-01T00:00:00Z"}, want: "", opts: sheet.Options{Now: time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC)}, book: func(g *grid) { g.set("F3", "2030-01-01T00:00:00Z") }},
)

var _ = table("circuit-time-night",
	c("warning circuit-time-night Circuits!F2", "F2", "2027-01-16T23:30:00Z"),
	c("warning circuit-time-night Circuits!F2", "F2", "2027-01-17T05:59:59Z"),
	ruleCase{set: []string{"F2", "2027-01-16T23:30:00Z"}, want: "", opts: zone("Asia/Shanghai")},
	c("", "F2", "2027-01-15T23:30:00Z"),
	c(echoF2, "F2", "2027-01-17"),
)

var _ = table("circuit-time-echo",
	c(echoF2, "F2", "2027-01-15T16:00:00+08:00"),
	c("", "F2", "2027-01-15T16:00:00Z"),
)

var _ = table("circuit-bandwidth-malformed",
	c("error circuit-bandwidth-malformed Circuits!G2", "G2", "1000M"),
	c("error circuit-bandwidth-malformed Circuits!G2", "G2", "=2.5"),
	c("error circuit-bandwidth-malformed Circuits!G2", "G2", "+100"),
	c("error circuit-bandwidth-malformed Circuits!G2", "G2", "0x10"),
	c("error circuit-bandwidth-malformed Circuits!G2", "G2", "1e2"),
	c("error circuit-bandwidth-malformed Circuits!G2", "G2", "1E+2"),
	c("error circuit-bandwidth-malformed Circuits!G2", "G2", "0100"),
	c("error circuit-bandwidth-malformed Circuits!G2", "G2", "100.0"),
	c("error circuit-bandwidth-malformed Circuits!G2", "G2", "100."),
	c("error circuit-bandwidth-malformed Circuits!G2", "G2", "-100"),
	c("error circuit-bandwidth-malformed Circuits!G2", "G2", "1,000"),
	c("error circuit-bandwidth-malformed Circuits!G2", "G2", "1000兆"),
	c("note cell-narrowed Circuits!G2", "G2", "１００"),
	c("note cell-trimmed Circuits!G2", "G2", "' 100"),
	c("", "G2", "1000"),
	c("", "G2", "=1E3"),
	c("", "G2", "=200.0"),
	c("", "G2", ""),
)

var _ = table("circuit-bandwidth-range",
	c("error circuit-bandwidth-range Circuits!G2", "G2", "=1"),
	c("error circuit-bandwidth-range Circuits!G2", "G2", "10241"),
	c("error circuit-bandwidth-range Circuits!G2", "G2", "=-5"),
	c("", "G2", "=2"),
	c("", "G2", "=10240"),
)

var _ = table("circuit-token-malformed",
	c("error circuit-token-malformed Circuits!I2", "I2", "my token"),
	c("error circuit-token-malformed Circuits!I2", "I2", "令牌1"),
	c("error circuit-token-malformed Circuits!I2", "I2", "01234567890123456789012345678901234567890123456789012345678901234"),
	c("", "I2", "0123456789012345678901234567890123456789012345678901234567890123"),
)

var _ = table("circuit-account-malformed",
	c("error circuit-account-malformed Circuits!J2", "J1", "Account", "J2", "prod[1]"),
	c("error circuit-account-malformed Circuits!J2", "J1", "Account", "J2", strings.Repeat("p", 65)),
	c("error circuit-account-malformed Circuits!J2", "J1", "Account", "J2", "13812345678"),
	c("", "J1", "Account", "J2", strings.Repeat("p", 64)),
	c("", "J1", "Account", "J2", "night shift"),
	c("", "J1", "云账号", "J2", "生产"),
)

var _ = table("circuit-token-personal",
	c("error circuit-token-personal Circuits!I2", "I2", "13812345678"),
	c("error circuit-token-personal Circuits!I2", "I2", "+86-138-1234-5678"),
	c("error circuit-token-personal Circuits!I2", "I2", "999999199001011234"),
	c("error circuit-token-personal Circuits!I2", "I2", "loa-999999199001011238"),
	c("error circuit-token-personal Circuits!I2", "I2", "ab765432/1", "E:C2", "Passport", "E:D2", "AB765432"),
	c("error circuit-token-personal Circuits!I2", "I2", "tel447700900123", "E:F2", "+44 7700 900123"),
	c("error circuit-token-personal Circuits!I2", "J1", "Line contact", "J2", "Test Person, +44 7700 900999", "I2", "tel447700900999"),
	c("", "I2", "20270315-0001"),
	c("", "I2", "L1234567"),
	c("", "I2", "20270315120000123456"),
	c("", "I2", "0123456789"),
	c("", "I2", "7f9c24e8-1381-4234-8567-813812345678"),
)

var _ = table("circuit-token-twice",
	c("error circuit-token-twice Circuits!I2 also Circuits!I3; error circuit-token-twice Circuits!I3 also Circuits!I2", "I3", "token-1"),
	c("", "I3", "Token-1"),
)

var _ = table("circuit-engineers-missing",
	c("error circuit-engineers-missing Circuits!A3", "E:A2", "pc-aaaa1", "E:A3", "pc-aaaa1"),
	c("", "E:A2", "pc-aaaa1", "E:A3", "pc-aaaa2"),
)

var _ = table("circuit-engineers-many",
	ruleCase{want: "error circuit-engineers-many Circuits!A2; error circuit-engineers-many Circuits!A3", book: engineers(15, "*")},
	ruleCase{want: "error circuit-engineers-many Circuits!A2", book: engineers(15, "pc-aaaa1")},
	ruleCase{book: engineers(14, "*")},
)

// engineers adds n engineers for a circuit.
func engineers(n int, circuit string) func(*grid) {
	return func(g *grid) {
		s := g.find("Engineers")
		for i := range n {
			s.lines = append(s.lines, circuit+"| Person | Passport | E000000"+string(rune('A'+i))+" | Female | +447700900125")
		}
	}
}

// longRows adds n engineers with long Chinese names for the first circuit.
func longRows(n, length int) func(*grid) {
	return func(g *grid) {
		s := g.find("Engineers")
		for i := range n {
			s.lines = append(s.lines, fmt.Sprintf("pc-aaaa1 | %s | Passport | X%07d | Female | +447700900123", strings.Repeat("示", length), i))
		}
	}
}

var _ = table("circuit-request-long",
	ruleCase{want: "error circuit-request-long Circuits!A2", book: longRows(14, 30)},
	ruleCase{want: "warning circuit-request-long Circuits!A2", book: longRows(14, 30), opts: asked("circuit-request-long", sheet.Warning)},
	c("error circuit-request-long Circuits!A2; warning cell-length Circuits!H2", "H2", strings.Repeat("示", 700)),
	ruleCase{book: longRows(14, 15)}, // sixteen engineers with realistic names
)

// after adds the columns for the time after the letter, J to O, with correct values for the
// first circuit, and damages them.
func after(want string, set ...string) ruleCase {
	correct := []string{"J1", "Line code", "K1", "Line label", "L1", "Line provider", "M1", "Line contact", "N1", "Construction finished", "O1", "Confirm circuit",
		"J2", "HZ-SH-10GE0001NP", "K2", "A12-F03-P07", "L2", "中国电信", "M2", "+447700900123", "N2", "yes", "O2", "no"}
	return ruleCase{set: append(correct, set...), want: want, opts: sheet.Options{Purpose: sheet.ForCompletion}}
}

// toApply turns a case for completion into one for an application.
func (rc ruleCase) toApply() ruleCase {
	rc.opts.Purpose = sheet.ForApplication
	return rc
}

var _ = table("circuit-line-provider-unknown",
	after("error circuit-line-provider-unknown Circuits!L2", "L2", "Example Fibre"),
	after("error circuit-line-provider-unknown Circuits!L2", "L2", "=10000"),
	after("error circuit-line-provider-unknown Circuits!L2", "L2", "中国电信、中国联通"),
	after("warning circuit-line-provider-unknown Circuits!L2", "L2", "Example Fibre").toApply(),
	after("note cell-spelling Circuits!L2", "L2", "China Telecom"),
	after("note cell-spelling Circuits!L2", "L2", "联通"),
	after("note cell-spelling Circuits!L2", "L2", "CMCC"),
	after("note cell-spelling Circuits!L2", "L2", "other isps in china"),
	after("", "L2", "中国其他"),
	after("", "L2", ""),
)

var _ = table("circuit-line-contact-masked",
	after("error circuit-line-contact-masked Circuits!M2", "M2", "+4*********23"),
	after("error circuit-line-contact-masked Circuits!M2", "M2", "示*"),
	after("warning circuit-line-contact-masked Circuits!M2", "M2", "+4*********23").toApply(),
	after("", "M2", ""),
)

var _ = table("circuit-line-contact-form",
	after("warning circuit-line-contact-form Circuits!M2", "M2", "name@example.com"),
	after("warning circuit-line-contact-form Circuits!M2", "M2", "示例"),
	after("", "M2", "示例 +44 7700 900123"),
	after("", "M2", "示例经理，13800000000"),
	after("", "M2", "13800000000"),
	after("note cell-narrowed Circuits!M2", "M2", "＋４４７７００９００１２３"),
)

var _ = table("circuit-line-contact-malformed",
	after("error circuit-line-contact-malformed Circuits!M2", "M2", "110"),
	after("error circuit-line-contact-malformed Circuits!M2", "M2", strings.Repeat("1", 18)),
	after("warning circuit-line-contact-malformed Circuits!M2", "M2", "110").toApply(),
	after("warning cell-stored-number Circuits!M2", "M2", "=13800000000"),
)

var _ = table("circuit-finished-unknown",
	after("error circuit-finished-unknown Circuits!N2", "N2", "nearly"),
	after("error circuit-finished-unknown Circuits!N2", "N2", "=2"),
	after("error circuit-finished-unknown Circuits!N2", "N2", "2027-01-15"),
	after("warning circuit-finished-unknown Circuits!N2", "N2", "nearly").toApply(),
	after("note cell-spelling Circuits!N2", "N2", "Y"),
	after("note cell-spelling Circuits!N2", "N2", "?TRUE"),
	after("note cell-spelling Circuits!N2", "N2", "=1"),
	after("note cell-spelling Circuits!N2", "N2", "是"),
	after("note cell-spelling Circuits!N2", "N2", "已完工"),
	after("note cell-spelling Circuits!N2", "N2", "√"),
	after("", "N2", "no"),
	after("", "N2", ""),
)

var _ = table("circuit-confirm-unknown",
	after("error circuit-confirm-unknown Circuits!O2", "O2", "maybe"),
	after("error circuit-confirm-unknown Circuits!O2", "O2", "done"),
	after("error circuit-confirm-unknown Circuits!O2", "O2", "=0.5"),
	after("warning circuit-confirm-unknown Circuits!O2", "O2", "maybe").toApply(),
	after("note cell-spelling Circuits!O2", "O2", "否"),
	after("note cell-spelling Circuits!O2", "O2", "?FALSE"),
	after("note cell-spelling Circuits!O2", "O2", "确认"),
	after("", "O2", "yes"),
)

var _ = table("circuit-line-code-missing",
	after("warning circuit-line-code-missing Circuits!J2", "J2", ""),
	after("warning circuit-line-code-missing Circuits!N2; warning circuit-line-label-missing Circuits!N2", "J1", "#Code", "K1", "#Label"),
	after("", "J2", "").toApply(),
	after("", "J2", "", "N2", "no"),
	after("", "J2", "沪杭10GE（0001）NP"),
	after("warning cell-stored-number Circuits!J2", "J2", "=12345"),
)

var _ = table("circuit-line-label-missing",
	after("warning circuit-line-label-missing Circuits!K2", "K2", ""),
	after("", "K2", "").toApply(),
	after("", "K2", "", "N2", ""),
)

var _ = table("circuit-confirm-unfinished",
	after("warning circuit-confirm-unfinished Circuits!O2", "N2", "no", "O2", "yes"),
	after("warning circuit-confirm-unfinished Circuits!O2", "N2", "", "O2", "yes").toApply(),
	after("", "O2", "yes"),
	after("", "N2", "no", "O2", "no"),
)

// TestPurposes checks that cells for another purpose do not make rows invalid, and that Unfit
// marks rows that can be applied for but not completed.
func TestPurposes(t *testing.T) {
	later := []string{"J1", "Line code", "K1", "Construction finished", "L1", "Confirm circuit", "J2", "HZ-1", "K2", "yes", "L2", "no", "K3", "no"}
	for _, tc := range []struct {
		set  []string
		want [3]string // by purpose: severities of the problems, and the state of the first row
	}{
		{nil, [3]string{"[] ", "[warning] ", "[warning] "}}, // no line label
		{[]string{"K2", "nearly"}, [3]string{"[warning] ", "[error] invalid unfit", "[error] unfit"}},
		{[]string{"L2", "!#REF!"}, [3]string{"[warning] ", "[error warning] invalid unfit", "[error warning] unfit"}},
		{[]string{"C2", ""}, [3]string{"[error] invalid", "[note warning] ", "[error warning] invalid"}},
		{[]string{"F2", "2016-01-15T08:00:00Z"}, [3]string{"[warning] ", "[note warning] ", "[warning warning] "}},
		{[]string{"E:B2", ""}, [3]string{"[error] invalid", "[note warning] ", "[error warning] invalid"}},
		{[]string{"E:A2", "pc-aaaa2", "E:A3", "pc-aaaa2"}, [3]string{"[error] invalid", "[note warning] ", "[error warning] invalid"}},
		{[]string{"I3", "token-1"}, [3]string{"[error error] invalid", "[note note warning] ", "[error error warning] invalid"}},
		{[]string{"A3", "pc-aaaa1", "E:A2", "pc-aaaa1"}, [3]string{"[error error] invalid unfit", "[error error warning] invalid unfit", "[error error warning] invalid unfit"}},
		{[]string{"B2", "Mars!"}, [3]string{"[error] invalid unfit", "[error warning] invalid unfit", "[error warning] invalid unfit"}},
	} {
		for purpose, want := range tc.want {
			g := good()
			for i, set := 0, append(slices.Clone(later), tc.set...); i < len(set); i += 2 {
				g.set(set[i], set[i+1])
			}
			w := decode(t, g, sheet.Options{Purpose: sheet.Purpose(purpose)})
			var found []string
			for _, p := range w.Problems {
				found = append(found, p.Severity.String())
			}
			slices.Sort(found)
			got := fmt.Sprint(found, " ")
			if w.Circuits[0].Invalid {
				got += "invalid "
			}
			if w.Circuits[0].Unfit {
				got += "unfit"
			}
			if got = strings.TrimSuffix(got, " "); got != strings.TrimSuffix(want, " ") {
				t.Errorf("%q for purpose %d: %s, want %s: %s", tc.set, purpose, got, want, list(w.Problems))
			}
		}
	}
	g := good()
	g.set("J1", "Construction finished")
	g.set("J2", "nearly")
	o := asked("circuit-finished-unknown", sheet.Error)
	if w := decode(t, g, o); !w.Circuits[0].Invalid {
		t.Error("a requested severity does not apply")
	}
	if w := decode(t, g, sheet.Options{Strict: true}); !w.Circuits[0].Invalid {
		t.Error("with Strict the warning did not become an error")
	}
}

// TestOlderBooks reads workbooks in which the user's columns happen to have the headers of
// those for the time after the letter: no row becomes invalid for an application.
func TestOlderBooks(t *testing.T) {
	for name, set := range map[string][]string{
		"another list":    {"L1", "Carrier", "L2", "Example Fibre", "L9", "CT"},
		"twice":           {"J1", "Carrier", "K1", "运营商", "J2", "Example Fibre"},
		"nearly the name": {"J1", "Carriers", "J2", "Example Fibre"},
		"other values":    {"J1", "Finished", "J2", "2027-03-01", "J3", "!#N/A"},
	} {
		g := good()
		for i := 0; i < len(set); i += 2 {
			g.set(set[i], set[i+1])
		}
		w := decode(t, g, sheet.Options{})
		if len(w.Circuits) != 2 || w.Circuits[0].Invalid || w.Circuits[1].Invalid {
			t.Errorf("%s: %s", name, list(w.Problems))
		}
		if _, err := sheet.Decode(g, sheet.Options{Now: now, Purpose: sheet.ForCompletion}); name != "other values" && err == nil {
			t.Errorf("%s: it is read for completion, too", name)
		}
	}
}
