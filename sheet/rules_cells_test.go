package sheet_test

import (
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

var _ = table("cell-error",
	c("error cell-error Circuits!C2", "C2", "!#REF!"),
	c("error cell-error Circuits!F2", "F2", "~!#N/A"),
	c("error cell-error Circuits!G2", "G2", "!#DIV/0!"),
	c("error cell-error Engineers!E2", "E:E2", "!#NAME?"),
	c("error cell-error-text Circuits!C2", "C2", "#REF!"),
	c("", "C2", "REF Networks"),
)

var _ = table("cell-formula-empty",
	c("error cell-formula-empty Circuits!C2", "C2", "~"),
	c("error cell-formula-empty Circuits!G2", "G2", "~"),
	c("", "H2", "~'"), // a formula with an empty text: an empty cell
)

var _ = table("cell-formula",
	c("note cell-formula Circuits!C2", "C2", "~Example"),
	c("note cell-formula Circuits!G2", "G2", "~=100"),
	c("note cell-formula Circuits!F2; "+echoF2, "F2", "~@46402"),
	c("", "C2", "Example"),
)

var _ = table("cell-boolean",
	c("error cell-boolean Circuits!C2", "C2", "?TRUE"),
	c("error cell-boolean Circuits!G2", "G2", "?FALSE"),
	c("error cell-boolean Circuits!F2", "F2", "?FALSE"),
	c("", "C2", "TRUE"),
)

var _ = table("cell-date",
	c("error cell-date Circuits!I2", "I2", "@46115"),
	c("error cell-date Circuits!G2", "G2", "@1000"),
	c("error cell-date Circuits!G2", "G2", "^2027-01-15"),
	c("error cell-date Engineers!D2", "E:D2", "^2027-01-15"),
	c("", "I2", "3-4"),
)

var _ = table("cell-digits-lost",
	c("error cell-digits-lost Engineers!D3", "E:D3", "=110101199001011000"),
	c("error cell-digits-lost Engineers!D3", "E:D3", "=1.1010119900101101E+17"),
	c("error cell-digits-lost Engineers!F3", "E:F3", "=8613800000000123"),
	c("error cell-digits-lost Engineers!F2", "E:F2", "=1E20"),
	c("warning cell-stored-number Engineers!D3; warning engineer-id-form Engineers!D3", "E:D3", "=000000990010123"),
	c("warning cell-stored-number Engineers!D3; warning engineer-id-old-form Engineers!D3", "E:D3", "=9.90000900101234E14"),
	c("", "E:D3", "000000199001010018"),
)

var _ = table("cell-stored-number",
	c("warning cell-stored-number Engineers!F2", "E:F2", "=13800000000"),
	c("warning cell-stored-number Circuits!C2", "C2", "=360"),
	c("warning cell-stored-number Circuits!I2", "I2", "=20270115"),
	c("warning cell-stored-number Engineers!F2", "E:F2", "=1.38E10"),
	c("warning cell-stored-number Engineers!F2", "E:F2", "=8.613800000001E+12"),
	c("warning cell-stored-number Engineers!F2", "E:F2", "=13800000000.0"),
	c("warning cell-stored-number Engineers!D2", "E:D2", "=1.23456789E8"),
	c("warning cell-stored-number Engineers!F2", "E:F2", "=13800000000{#,##0.00}"),
	c("warning cell-stored-number Engineers!F2", "E:F2", "=13800000000{0.00E+00}"),
	c("", "E:F2", "13800000000"),
)

var _ = table("cell-as-shown",
	c("note cell-as-shown Engineers!F2", "E:F2", "=612345678{0000000000}"),
	c("note cell-as-shown Engineers!F2", "E:F2", "=6.12345678E8{0000000000}"),
	c("note cell-as-shown Engineers!F2", "E:F2", "=13800000000{000-0000-0000}"),
	c(`note cell-as-shown Engineers!F2`, "E:F2", `=8613800000000{"+"0}`),
	c("note cell-as-shown Engineers!D2", "E:D2", "=1234567{00000000}"),
	c("note cell-as-shown Circuits!C2", "C2", `=3{0"M"}`),
	c("warning cell-stored-number Engineers!F2", "E:F2", "=13800000000{0}"),
)

var _ = table("cell-number-form",
	c("error cell-number-form Circuits!C2", "C2", "=3.5"),
	c("error cell-number-form Circuits!C2", "C2", "=0.5{0%}"),
	c("error cell-number-form Circuits!C2", "C2", "=50{0%}"),
	c("error cell-number-form Circuits!H2", "H2", `=1390{"¥"#,##0.00}`),
	c("error cell-number-form Engineers!F2", "E:F2", "=13800000000.5{0}"),
	c("error cell-number-form Engineers!F2", "E:F2", "=-13800000000"),
	c("error cell-number-form Engineers!F2", "E:F2", "=13800000000{;;;}"),
	c("error cell-number-form Engineers!F2", "E:F2", "'13800000000.0"),
	c("error cell-number-form Engineers!D2", "E:D2", "'1234567.00"),
	c("", "C2", "Web 2.0"),
	c("error cell-number-form Engineers!F2", "E:F2", "=13800000000{0,}"),
	c("warning cell-stored-number Circuits!C2", "C2", "=360"),
)

var _ = table("cell-apostrophe",
	c("note cell-apostrophe Engineers!F2", "E:F2", "''13800000000"),
	c("note cell-apostrophe Engineers!F2; note cell-narrowed Engineers!F2", "E:F2", "＇13800000000"),
	c("note cell-apostrophe Engineers!D3", "E:D3", "''000000199001010018"),
	c("note cell-apostrophe Circuits!G2", "G2", "''1000"),
	c("note cell-apostrophe Circuits!B2", "B2", "''cn-hangzhou"),
	c("note cell-apostrophe Circuits!C2", "C2", "''360"),
	c("note cell-apostrophe Circuits!F2; "+echoF2, "F2", "''2027-01-15T08:00:00Z"),
	c("error cell-formula-text Circuits!C2", "C2", "''=C3"),
	c("", "C2", "''t Hooft B.V.", "H2", "''s-Hertogenbosch"),
)

var _ = table("cell-exponent",
	c("error cell-exponent Engineers!D3", "E:D3", "1.10101E+17"),
	c("error cell-exponent Engineers!F2", "E:F2", "1.38e+10"),
	c("error cell-exponent Engineers!F2", "E:F2", "1.38E10"),
	c("", "E:D2", "1E234567"),
	c("", "C2", "5.1E+17"),
)

var _ = table("cell-merged",
	ruleCase{set: []string{"C3", ""}, want: "error cell-merged Circuits!C3 also Circuits!C2", book: merge("Circuits", 2, 3, 3, 3)},
	ruleCase{set: []string{"G3", "", "H3", ""}, want: "error cell-merged Circuits!H2 also Circuits!G2; error cell-merged Circuits!G3 also Circuits!G2; error cell-merged Circuits!H3 also Circuits!G2",
		book: merge("Circuits", 2, 7, 3, 8)},
	ruleCase{book: merge("Circuits", 1, 11, 9, 12)},
	ruleCase{book: merge("Circuits", 4, 1, 9, 1)},
	ruleCase{book: merge("Engineers", 2, 2, 2, 2)},
)

func merge(name string, row1, col1, row2, col2 int) func(*grid) {
	return func(g *grid) {
		s := g.find(name)
		s.merged = append(s.merged, sheet.Range{Row1: row1, Col1: col1, Row2: row2, Col2: col2})
	}
}

var _ = table("cell-line-break",
	c("error cell-line-break Circuits!C2", "C2", `'Example\nNetworks`),
	c("error cell-line-break Circuits!H2", "H2", `'Example\tStreet`),
	c("error cell-line-break Circuits!A2", "A2", `'pc-aaaa1\npc-aaaa2`, "E:A2", "*"),
	c("note cell-trimmed Circuits!C2", "C2", `'Example Networks\n`),
	c("", "E:A2", `'pc-aaaa1\npc-aaaa2`),
)

var _ = table("cell-control",
	c("error cell-control Circuits!C2", "C2", "Exam\x07ple"),
	c("error cell-control Engineers!B2", "E:B2", "Test\u0080Person"),
	c("", "C2", "Example"),
)

var _ = table("cell-invisible",
	c("error cell-invisible Circuits!A2", "A2", "pc-aa\u200baa1", "E:A2", "*"),
	c("error cell-invisible Circuits!C2", "C2", "Example\u00a0Networks"),
	c("error cell-invisible Circuits!C2", "C2", "Exam\u00adple"),
	c("error cell-invisible Circuits!F2", "F2", "2027-01-15\u202f08:00"),
	c("note cell-trimmed Circuits!C2", "C2", "'\ufeff\u00a0Example\u200b"),
	c("", "C2", "Example Networks"),
)

var _ = table("cell-confusable",
	c("error cell-confusable Circuits!A2", "A2", "pc-\u0430aaa1", "E:A2", "*"),
	c("error cell-confusable Circuits!B2", "B2", "cn\u2010hangzhou"),
	c("error cell-confusable Engineers!A2", "E:A2", "pc-\u0430aaa1"),
	c("error cell-confusable Engineers!D2", "E:D2", "\u04251234567"),
	c("error cell-confusable Circuits!I2", "I2", "t\u03bfken"),
	c("error cell-confusable Engineers!D2", "E:D2", "X123456七"),
	c("", "C2", "\u0410\u0411\u0412"),
)

var _ = table("cell-decomposed",
	c("error cell-decomposed Circuits!C2", "C2", "Socie\u0301te\u0301"),
	c("error cell-decomposed Engineers!B2", "E:B2", "\u1100\u1161"),
	c("", "C2", "Soci\u00e9t\u00e9"),
)

var _ = table("cell-unreadable",
	c("error cell-unreadable Circuits!C2", "C2", "Soci\ufffdt\ufffd"),
	c("error cell-unreadable Circuits!C2", "C2", "Soci\xe9t\xe9"),
	c("error cell-unreadable Engineers!B2", "E:B2", "\ue000"),
	c("", "C2", "Soci\u00e9t\u00e9"),
)

var _ = table("cell-full-width",
	c("warning cell-full-width Circuits!C2", "C2", "ＡＢＣ Networks"),
	c("warning cell-full-width Engineers!B2", "E:B2", "张\u3000三"),
	c("", "C2", "示例（中国）有限公司，一部"),
)

var _ = table("cell-trimmed",
	c("note cell-trimmed Circuits!B2", "B2", "' cn-hangzhou\u3000"),
	c("note cell-trimmed Engineers!E2", "E:E2", "'Male "),
	c("", "C2", "Example  Networks"),
)

var _ = table("cell-narrowed",
	c("note cell-narrowed Circuits!B2", "B2", "ｃｎ－hangzhou"),
	c("note cell-narrowed Engineers!F2", "E:F2", "１３８００００００００"),
	c("note cell-narrowed Circuits!F2; "+echoF2, "F2", "２０２７-01-15"),
	c("", "C2", "Example（中国）"),
)

var _ = table("cell-formula-text",
	c("error cell-formula-text Circuits!C2", "C2", "'=C3"),
	c("error cell-formula-text Circuits!C2", "C2", "' =C3 "),
	c("error cell-formula-text Circuits!C2", "C2", "＝C3"),
	c("error cell-formula-text Circuits!H2", "H2", "'@SUM(A1)"),
	c("error cell-formula-text Circuits!I2", "I2", "'=I3"),
	c("error cell-formula-text Engineers!F2", "E:F2", "'+F3"),
	c("error cell-formula-text Engineers!D2", "E:D2", "{=SUM(A1:A2)}"),
	c("error cell-formula-text Engineers!B2", "E:B2", "-C2"),
	c("error cell-formula-text Circuits!A2", "A2", "'=A3", "E:A2", "*"),
	c("error cell-formula-text Circuits!B2", "B2", "'=B3"),
	c("error cell-formula-text Circuits!D2", "D2", "'=D3"),
	c("error cell-formula-text Circuits!F2", "F2", "'=F3"),
	c("error cell-formula-text Circuits!G2", "G2", "'=G3"),
	c("error cell-formula-text Engineers!A2", "E:A2", "'=IF(A3,A4)"),
	c("error cell-formula-text Engineers!A2", "E:A2", "'pc-aaaa1, =A3"),
	c("error cell-formula-text Engineers!E2", "E:E2", "'=E3"),
	ruleCase{set: []string{"C2", "'=C3"}, want: "warning cell-formula-text Circuits!C2", opts: asked("cell-formula-text", sheet.Warning)},
	ruleCase{set: []string{"D2", "'=D3"}, want: "error circuit-line-type-unknown Circuits!D2", opts: asked("cell-formula-text", sheet.Warning)},
	ruleCase{set: []string{"C2", "'=C3"}, opts: asked("cell-formula-text", sheet.Off)},
	c("", "E:F2", "+44 7700 900123", "C2", "'+Plus GmbH", "H2", "A1"),
)

var _ = table("cell-error-text",
	c("error cell-error-text Circuits!C2", "C2", "#VALUE!"),
	c("error cell-error-text Circuits!E2", "E2", "Err:502"),
	c("error cell-error-text Circuits!H2", "H2", "#名称?"),
	c("error cell-error-text Circuits!H2", "H2", "#####"),
	c("error cell-error-text Engineers!B2", "E:B2", "#N/A"),
	c("error cell-error-text Engineers!F2", "E:F2", "Loading..."),
	c("error cell-error-text Engineers!D2", "E:D2", "＃ＲＥＦ！"),
	c("error cell-error-text Circuits!B2", "B2", "#N/A"),
	c("error cell-error-text Circuits!F2", "F2", "#VALUE!"),
	c("error cell-error-text Engineers!A2", "E:A2", "pc-aaaa1,#REF!"),
	c("", "C2", "#1 Networks", "E2", "Loading Bay Ltd"),
)

var _ = table("cell-picture",
	c(`error cell-picture Circuits!H2`, "H2", `~'=DISPIMG("ID_1",1)`),
	c(`error cell-picture Circuits!C2`, "C2", `'=_xlfn.DISPIMG("ID_1",1)`),
	c(`error cell-picture Engineers!D3`, "E:D3", `~'=DISPIMG("ID_1",1)`),
	c(`error cell-picture Circuits!G2`, "G2", `~'=DISPIMG("ID_1",1)`),
	c("", "C2", "Image (Beijing) Ltd"),
)

var _ = table("cell-placeholder",
	c("error cell-placeholder Circuits!C2", "C2", "待定"),
	c("error cell-placeholder Circuits!C2", "C2", "'-"),
	c("error cell-placeholder Circuits!C2", "C2", "ＴＢＤ"),
	c("error cell-placeholder Circuits!C2", "C2", "=0"),
	c("error cell-placeholder Circuits!C2", "C2", "None"),
	c("error cell-placeholder Circuits!E2", "E2", "见附件"),
	c("error cell-placeholder Circuits!B2", "B2", "tbd"),
	c("error cell-placeholder Circuits!D2", "D2", "N/A"),
	c("error cell-placeholder Circuits!F2", "F2", "待定"),
	c("error cell-placeholder Circuits!A2", "A2", "xxx", "E:A2", "*"),
	c("error cell-placeholder Engineers!A2", "E:A2", "同上"),
	c("error cell-placeholder Engineers!A2", "E:A2", "pc-aaaa1, TBD"),
	c("error cell-placeholder Engineers!B2", "E:B2", "nan"),
	c("error cell-placeholder Engineers!D2", "E:D2", "待补充"),
	c("error cell-placeholder Engineers!E2", "E:E2", "未知"),
	c("error cell-placeholder Engineers!F2", "E:F2", "—"),
	ruleCase{set: []string{"C2", "None"}, want: "warning cell-placeholder Circuits!C2", opts: asked("cell-placeholder", sheet.Warning)},
	ruleCase{set: []string{"B2", "tbd"}, want: "error circuit-region-unknown Circuits!B2", opts: sheet.Options{Regions: regions, Severities: map[string]sheet.Severity{"cell-placeholder": sheet.Off}}},
	c("", "C2", "X", "E2", "无锡某某有限公司", "E:B2", "Wu", "E:B3", "Nan"),
	c("", "C2", "NA Networks", "E2", "Null & Sons"),
)

var _ = table("cell-placeholder-optional",
	c("warning cell-placeholder-optional Circuits!H2", "H2", "N/A"),
	c("warning cell-placeholder-optional Circuits!H2", "H2", "'."),
	c("error circuit-token-malformed Circuits!I2", "I2", "无"),
	c("warning cell-placeholder-optional Circuits!I2", "I2", "TBD"),
	c("error circuit-bandwidth-malformed Circuits!G2", "G2", "TBD"),
	ruleCase{set: []string{"G2", "TBD"}, want: "error cell-placeholder-optional Circuits!G2", opts: sheet.Options{Strict: true}},
	c("", "H2", "Nan", "I2", "x"),
)

var _ = table("cell-spelling",
	c("note cell-spelling Circuits!D2", "D2", "mstp"),
	c("note cell-spelling Circuits!D2", "D2", "光纤"),
	c("note cell-spelling Circuits!D2", "D2", "MPLS VPN"),
	c("note cell-spelling Engineers!C2", "E:C2", "护照"),
	c("note cell-spelling Engineers!C3", "E:C3", "身份证"),
	c("note cell-spelling Engineers!E2", "E:E2", "男"),
	c("", "E:E2", "Male"),
)

var _ = table("cell-rich",
	ruleCase{set: []string{"C2", "%Example"}, want: "warning cell-rich Circuits!C2", opts: asked("cell-rich", sheet.Warning)},
	c("", "C2", "%Example"),
)

var _ = table("cell-length",
	c("warning cell-length Circuits!C2", "C2", strings.Repeat("word", 64)),
	c("warning cell-length Circuits!H2", "H2", strings.Repeat("示", 256)),
	c("warning cell-length Engineers!B2", "E:B2", strings.Repeat("word ", 52)+"x"),
	ruleCase{set: []string{"C2", strings.Repeat("word", 64)}, opts: asked("cell-length", sheet.Off)},
	c("", "C2", strings.Repeat("示", 255)),
	c("", "E:A2", strings.Repeat("pc-aaaa1, ", 2)[:8]+strings.Repeat(" ", 300)+", pc-aaaa2"),
)

// TestSentAsShown checks what is read from contacts in cells of all kinds.
func TestSentAsShown(t *testing.T) {
	for cell, want := range map[string]string{
		"=1.3900000001E10": "13900000001", "=8.613900000001e+12": "8613900000001", "=13900000001.0": "13900000001", "=13900000001": "13900000001",
		"=612345678{0000000000}": "0612345678", "=13900000001{000-0000-0000}": "139-0000-0001", `=8613900000001{"+"0}`: "+8613900000001",
		"=612345678{0,000,000,000.00}": "0612345678", "=13900000001{#,##0.00}": "13900000001", "=13900000001{0.00E+00}": "13900000001", "=13900000001{@}": "13900000001",
		"''13900000001": "13900000001", "''''13900000001'": "13900000001",
		"=13900000001.5": "", "=0{00000}": "", "=8613900000001234": "", "'=F3": "", "TBD": "",
	} {
		g := good()
		g.set("E:F2", cell)
		if got := decode(t, g, sheet.Options{}).Engineers[0].Contact.Reveal(); got != want {
			t.Errorf("%s is read as %q, want %q", cell, got, want)
		}
	}
}
