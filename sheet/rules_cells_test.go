package sheet_test

import (
	"strings"

	"github.com/loabatch/loabatch/sheet"
)

var _ = table("cell-error",
	c("error cell-error Circuits!C2", "C2", "!#REF!"),
	c("error cell-error Circuits!F2", "F2", "~!#N/A"),
	c("error cell-error Circuits!G2", "G2", "!#DIV/0!"),
	c("error cell-error Engineers!E2", "E:E2", "!#NAME?"),
	c("", "C2", "#REF!"),
)

var _ = table("cell-formula-empty",
	c("error cell-formula-empty Circuits!C2", "C2", "~"),
	c("error cell-formula-empty Circuits!G2", "G2", "~"),
	c("", "H2", "~'"), // a formula that gave the empty text: an empty cell
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
	c("warning cell-stored-number Engineers!D3; warning engineer-id-old-form Engineers!D3", "E:D3", "=000000990010123"),
	c("", "E:D3", "000000199001010018"),
)

var _ = table("cell-stored-number",
	c("warning cell-stored-number Engineers!F2", "E:F2", "=13800000000"),
	c("warning cell-stored-number Circuits!C2", "C2", "=360"),
	c("warning cell-stored-number Circuits!I2", "I2", "=20270115"),
	c("", "E:F2", "13800000000"),
)

var _ = table("cell-exponent",
	c("error cell-exponent Engineers!D3", "E:D3", "1.10101E+17"),
	c("error cell-exponent Engineers!F2", "E:F2", "1.38e+10"),
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
	c("warning cell-length Circuits!C2", "C2", strings.Repeat("x", 256)),
	c("warning cell-length Circuits!H2", "H2", strings.Repeat("示", 256)),
	c("warning cell-length Engineers!B2", "E:B2", strings.Repeat("x ", 130)+"x"),
	ruleCase{set: []string{"C2", strings.Repeat("x", 256)}, opts: asked("cell-length", sheet.Off)},
	c("", "C2", strings.Repeat("示", 255)),
	c("", "E:A2", strings.Repeat("pc-aaaa1, ", 2)[:8]+strings.Repeat(" ", 300)+", pc-aaaa2"),
)
