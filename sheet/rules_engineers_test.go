package sheet_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

var _ = table("engineer-circuit-missing",
	c("error engineer-circuit-missing Engineers!A2", "E:A2", ""),
	c("error engineer-circuit-missing Engineers!A2", "E:A2", ", ;"),
	c("", "E:A2", "pc-aaaa1,"),
)

var _ = table("engineer-circuit-malformed",
	c("error engineer-circuit-malformed Engineers!A2", "E:A2", "pc-aaaa1 pc-aaaa2"),
	c("error engineer-circuit-malformed Engineers!A2", "E:A2", "PC-AAAA1, pc-aaaa2"),
	c("error engineer-circuit-malformed Engineers!A2", "E:A2", "=42"),
	c("error engineer-circuit-malformed Engineers!A2", "E:A2", "全部"),
	c("", "E:A2", "pc-aaaa1;pc-aaaa2"),
	c("", "E:A2", "pc-aaaa1、pc-aaaa2"),
	c("", "E:A2", "pc-aaaa1 、 pc-aaaa2"),
	c("note cell-narrowed Engineers!A2", "E:A2", "ｐｃ－ａａａａ１；pc-aaaa2"),
	c("note cell-narrowed Engineers!A2", "E:A2", "pc-aaaa1，pc-aaaa2"),
)

var _ = table("engineer-circuit-unknown",
	c("error engineer-circuit-unknown Engineers!A2", "E:A2", "pc-bbbb1"),
	c("error engineer-circuit-unknown Engineers!A2; error engineer-circuit-unknown Engineers!A2", "E:A2", "pc-bbbb1, pc-aaaa1, pc-bbbb2"),
	ruleCase{set: []string{"E:A2", "pc-bbbb1"}, want: "warning engineer-circuit-unknown Engineers!A2", opts: asked("engineer-circuit-unknown", sheet.Warning)},
	c("", "E:A2", "pc-aaaa1"),
)

var _ = table("engineer-circuit-repeated",
	c("warning engineer-circuit-repeated Engineers!A2", "E:A2", "pc-aaaa1, pc-aaaa1"),
	c("", "E:A2", "pc-aaaa2, pc-aaaa1"),
)

var _ = table("engineer-circuit-star",
	c("error engineer-circuit-star Engineers!A2", "E:A2", "*, pc-aaaa1"),
	c("", "E:A2", "*"),
	c("note cell-trimmed Engineers!A2", "E:A2", "' *"),
)

var _ = table("engineer-name-missing", c("error engineer-name-missing Engineers!B2", "E:B2", ""), c("", "E:B2", "欧阳·示例"), c("", "E:B2", "示例古丽•测试"), c("", "E:B2", "示例・测试"))
var _ = table("engineer-certificate-type-missing", c("error engineer-certificate-type-missing Engineers!C2", "E:C2", ""), c("", "E:C2", "Passport"))
var _ = table("engineer-certificate-missing", c("error engineer-certificate-missing Engineers!D2", "E:D2", ""), c("", "E:D2", "E0000000"))
var _ = table("engineer-gender-missing", c("error engineer-gender-missing Engineers!E2", "E:E2", ""), c("", "E:E2", "Female"))
var _ = table("engineer-contact-missing", c("error engineer-contact-missing Engineers!F2", "E:F2", ""), c("", "E:F2", "+447700900126"))

var _ = table("engineer-certificate-type-unknown",
	c("error engineer-certificate-type-unknown Engineers!C2", "E:C2", "Other"),
	c("error engineer-certificate-type-unknown Engineers!C2", "E:C2", "Driving licence"),
	c("note cell-spelling Engineers!C2", "E:C2", "passport"),
)

var _ = table("engineer-certificate-type-permit",
	c("error engineer-certificate-type-permit Engineers!C2", "E:C2", "港澳居民来往内地通行证"),
	c("error engineer-certificate-type-permit Engineers!C2", "E:C2", "回乡证"),
	c("note cell-narrowed Engineers!C2; error engineer-certificate-type-permit Engineers!C2", "E:C2", "台湾居民来往大陆通行证（台胞证）"),
	c("error engineer-certificate-type-permit Engineers!C2", "E:C2", "Home Return Permit"),
	c("error engineer-certificate-type-unknown Engineers!C2", "E:C2", "军官证"),
	c("note cell-spelling Engineers!C2", "E:C2", "护照"),
)

var _ = table("engineer-certificate-type-residence",
	c("error engineer-certificate-type-residence Engineers!C2", "E:C2", "港澳台居民居住证"),
	c("error engineer-certificate-type-residence Engineers!C2", "E:C2", "外国人永久居留身份证"),
	c("note cell-spelling Engineers!C3", "E:C3", "居民身份证"),
)

var _ = table("engineer-id-permit",
	c("warning engineer-id-permit Engineers!D3", "E:D3", "H00000000"),
	c("warning engineer-id-permit Engineers!D3", "E:D3", "m0000000000"),
	c("note cell-narrowed Engineers!D3; warning engineer-id-permit Engineers!D3", "E:D3", "Ｈ00000000"),
	c("warning engineer-id-permit Engineers!D2", "E:D2", "H0000000000"),
	c("warning engineer-id-form Engineers!D3", "E:D3", "A00000000"),
	c("warning engineer-id-form Engineers!D3", "E:D3", "H000000000"),
	c("", "E:D2", "H00000000"), // passports of several countries
)

var _ = table("engineer-id-residence",
	c("warning engineer-id-residence Engineers!D3", "E:D3", residence("810000"), "E:E3", "Female"),
	c("warning engineer-id-residence Engineers!D3", "E:D3", residence("820000"), "E:E3", "Female"),
	c("warning engineer-id-residence Engineers!D3", "E:D3", residence("830000"), "E:E3", "Female"),
	c("", "E:D3", residence("840000"), "E:E3", "Female"),
	c("", "E:D3", residence("810001"), "E:E3", "Female"),
)

// residence makes up a number with an area code and the right check character. It cannot be
// a person's, since its sequence number is 0.
func residence(area string) string {
	digits := area + "19900101" + "000"
	sum := 0
	for _, d := range digits {
		sum = (sum + int(d-'0')) * 2 % 11
	}
	return digits + string("0123456789X"[(12-sum)%11])
}

var _ = table("engineer-gender-unknown",
	c("error engineer-gender-unknown Engineers!E2", "E:E2", "M"),
	c("error engineer-gender-unknown Engineers!E2", "E:E2", "=1"),
	c("", "E:E2", "Female"),
)

var _ = table("engineer-masked",
	c("error engineer-masked Engineers!B2; error engineer-masked Engineers!D2; error engineer-masked Engineers!F2",
		"E:B2", "T**********", "E:D2", "X*******", "E:F2", "+4*********23"),
	c("error engineer-masked Engineers!B2", "E:B2", "示＊"),
	c("error engineer-masked Engineers!B2", "E:B2", "*"),
	c("error engineer-masked Engineers!D2; error engineer-masked Engineers!D3", "E:D2", "X1****67", "E:C3", "Passport", "E:D3", "X1****67"),
	ruleCase{set: []string{"E:B2", "示*"}, want: "error engineer-masked Engineers!B2", opts: asked("engineer-masked", sheet.Error)},
	c("", "E:B2", "Test Person"),
)

// TestMaskedPersons checks that a value masked by Mask is rejected when it is read again.
func TestMaskedPersons(t *testing.T) {
	for _, value := range []string{"示", "示例", "欧阳·示例", "Test Person", "Test Example Person"} {
		checkCase(t, c("error engineer-masked Engineers!B2", "E:B2", sheet.Mask(value)))
	}
}

var _ = table("engineer-twice",
	c("error engineer-twice Engineers!D2 also Engineers!D3; error engineer-twice Engineers!D3 also Engineers!D2", "E:D2", "x1234567", "E:C3", "Passport", "E:D3", "X1234567"),
	c("", "E:A2", "pc-aaaa1", "E:A3", "pc-aaaa2", "E:D2", "X1234567", "E:C3", "Passport", "E:D3", "X1234567"),
	ruleCase{set: []string{"E:D3", "X1234567", "E:C3", "Passport"}, opts: asked("engineer-twice", sheet.Off)},
)

var _ = table("engineer-id-form",
	c("warning engineer-id-form Engineers!D3", "E:D3", "0000001990010100Y8"),
	c("warning engineer-id-form Engineers!D3", "E:D3", "000000 19900101 0018"),
	c("warning engineer-id-form Engineers!D3", "E:D3", "78419901234567"),
	ruleCase{set: []string{"E:D3", "A123456(7)"}, want: "error engineer-id-form Engineers!D3", opts: sheet.Options{Strict: true}},
	c("", "E:D3", "000000199001010018"),
)

var _ = table("engineer-certificate-malformed",
	c("error engineer-certificate-malformed Engineers!D3", "E:D3", "123456"),
	c("error engineer-certificate-malformed Engineers!D3", "E:D3", "1"),
	c("error engineer-certificate-malformed Engineers!D3", "E:D3", "12 34-56"),
	c("error engineer-certificate-malformed Engineers!D3", "E:D3", "NUMBER"),
	c("error engineer-certificate-malformed Engineers!D3", "E:D3", "00000019900101001"),   // a digit dropped after the date
	c("error engineer-certificate-malformed Engineers!D3", "E:D3", "00000199001010018"),   // before it
	c("error engineer-certificate-malformed Engineers!D3", "E:D3", "0000001990010100118"), // doubled
	c("error engineer-certificate-malformed Engineers!D3", "E:D3", "000000019900101001X"), // and an X
	c("error engineer-certificate-malformed Engineers!D3", "E:D3", "000000199001010018000"),
	c("error engineer-certificate-malformed Engineers!D2", "E:D2", "E123"),
	c("error engineer-certificate-malformed Engineers!D2", "E:D2", "ABCDEFG"),
	c("error engineer-certificate-malformed Engineers!D2", "E:D2", "000000199001010018"),
	ruleCase{set: []string{"E:D3", "123456"}, want: "warning engineer-certificate-malformed Engineers!D3", opts: asked("engineer-certificate-malformed", sheet.Warning)},
	c("warning engineer-id-form Engineers!D3", "E:D3", "1234567"),
	c("warning engineer-id-form Engineers!D3", "E:D3", "11000000000000000"), // no date in it
	c("warning engineer-id-form Engineers!D3", "E:D3", "GOMC900101HDFRRL09"),
	c("", "E:D2", "X1234"),
)

var _ = table("engineer-id-old-form",
	c("warning engineer-id-old-form Engineers!D3", "E:D3", "000000900101001"),
	c("", "E:D3", "000000199001010018"),
)

var _ = table("engineer-id-check-digit",
	c("error engineer-id-check-digit Engineers!D3", "E:D3", "000000199001010019"),
	c("error engineer-id-check-digit Engineers!D3", "E:D3", "00000019900101001X"),
	c("error engineer-id-check-digit Engineers!D3", "E:D3", "000000199001100018"),
	c("", "E:D3", "000000199001010018"),
	c("note cell-narrowed Engineers!D3", "E:D3", "００００００１９９００１０１００１８"),
	c("note cell-narrowed Engineers!D3; error engineer-id-check-digit Engineers!D3", "E:D3", "00000019900101001Ｘ"),
	c("note cell-narrowed Engineers!D3", "E:D3", "99999919491231005Ｘ"),
	c("", "E:D3", "99999919491231005x"),
)

var _ = table("engineer-id-birth-date",
	c("error engineer-id-birth-date Engineers!D3", "E:D3", "000000199013010015"),
	c("error engineer-id-birth-date Engineers!D3", "E:D3", "000000209001010011"), // in the future
	ruleCase{set: []string{"E:D3", "000000199013010015"}, want: "warning engineer-id-birth-date Engineers!D3", opts: asked("engineer-id-birth-date", sheet.Warning)},
	c("error engineer-id-birth-date Engineers!D3", "E:D3", "000000199002300017"),
	c("", "E:D3", "000000199001010018"),
)

var _ = table("engineer-id-age",
	c("warning engineer-id-age Engineers!D3", "E:D3", "000000201901010013"),
	c("warning engineer-id-age Engineers!D3", "E:D3", "000000194001010015"),
	c("warning engineer-id-age Engineers!D3", "E:D3", "000000201011250015"),
	c("", "E:D3", "00000020101124001X"),
)

var _ = table("engineer-id-gender",
	c("warning engineer-id-gender Engineers!E3", "E:E3", "Female"),
	c("", "E:E3", "Female", "E:D3", "000000199001010026"),
)

var _ = table("engineer-passport-form",
	c("warning engineer-passport-form Engineers!D2", "E:D2", "E 0000-0000"),
	c("warning engineer-passport-form Engineers!D2", "E:D2", "4512123456"),
	c("", "E:D2", "E00000000"),
)

var _ = table("engineer-contact-form",
	c("warning engineer-contact-form Engineers!F2", "E:F2", "name@example.com"),
	c("warning engineer-contact-form Engineers!F2", "E:F2", "88000000"),
	c("warning engineer-contact-form Engineers!F2", "E:F2", "23800000000"),
	c("warning engineer-contact-form Engineers!F2", "E:F2", "+0138000000"),
	c("warning engineer-contact-form Engineers!F2", "E:F2", "1380000000 / 1390000000"),
	c("", "E:F2", "13800000000"),
	c("", "E:F2", "+86 138-0000-0000"),
	c("", "E:F2", "008613800000000"),
	c("", "E:F2", "(0571) 8800-0000"),
	c("", "E:F2", "138 0000 0000"),
	c("note cell-narrowed Engineers!F2", "E:F2", "＋８６ １３８－００００－００００"),
	c("note cell-narrowed Engineers!F2", "E:F2", "138—0000—0000"),
	c("note cell-narrowed Engineers!F2", "E:F2", "+86\u2013138\u20120000\u22120000"),
	c("note cell-narrowed Engineers!F2", "E:F2", "（0571）8800 0000"),
)

var _ = table("engineer-contact-malformed",
	c("error engineer-contact-malformed Engineers!F2", "E:F2", "110"),
	c("error engineer-contact-malformed Engineers!F2", "E:F2", "+1 23"),
	c("error engineer-contact-malformed Engineers!F2", "E:F2", "12-34.56"),
	c("error engineer-contact-malformed Engineers!F2", "E:F2", "000000199001010018"),
	ruleCase{set: []string{"E:F2", "110"}, want: "warning engineer-contact-malformed Engineers!F2", opts: asked("engineer-contact-malformed", sheet.Warning)},
	c("warning engineer-contact-form Engineers!F2", "E:F2", "1234567"),
	c("warning engineer-contact-form Engineers!F2", "E:F2", "00861380000000000"),
	c("warning engineer-contact-form Engineers!F2", "E:F2", "13800000000 13900000000"),
	c("warning engineer-contact-form Engineers!F2", "E:F2", "wx110"),
	c("", "E:F2", "+6834000"),
)

var (
	_ = table("circuit-changed-after-submission")
	_ = table("circuit-line-changed-after-completion")
	_ = table("circuit-region-changed-after-submission")
	_ = table("circuit-account-changed-after-submission")
)

// TestSlippedValues checks that a value that may belong to a personal column next to it is
// masked, and that one meant for its column is not.
func TestSlippedValues(t *testing.T) {
	for _, c := range []struct{ cell, value, want string }{
		{"E:A2", "Slipperson", "Sl******on"},
		{"E:A2", "pc-aaaa1, 示例", "pc-aaaa1, 示*"},
		{"E:A2", "pc-aaaa1 pc-aaaa2", "pc-aaaa1 pc-aaaa2"},
		{"E:A2", "PC_AAAA1", "PC_AAAA1"},
		{"E:C2", "X1234567", "X*******"},
		{"E:C2", "Pasport", "Pasport"},
		{"E:C2", "Driver licence", "Driver licence"},
		{"E:A2", "bp1aaaa1", "bp1aaaa1"},
		{"E:A2", "447700900123", "44********23"},
		{"E:E2", "Unknown", "Unknown"},
		{"E:E2", "+447700900123", "+4*********23"},
		{"E:E2", "M", "M"},
	} {
		g := good()
		g.set(c.cell, c.value)
		w := decode(t, g, sheet.Options{})
		if len(w.Problems) == 0 {
			t.Errorf("%s %q: no problem", c.cell, c.value)
		}
		for _, p := range w.Problems {
			if p.Value != c.want || p.Arg("circuit") != "" && p.Arg("circuit") == "示例" {
				t.Errorf("%s %q: %s shows %q, want %q", c.cell, c.value, p.Code, p.Value, c.want)
			}
			if masked := p.Value != c.value; p.Masked != masked {
				t.Errorf("%s %q: masked is %v", c.cell, c.value, p.Masked)
			}
		}
	}
}

// TestSlippedRow shifts a row one cell to the right: a name is under Certificate type.
func TestSlippedRow(t *testing.T) {
	g := good()
	g.set("E:C2", "Slipperson")
	g.set("E:D2", "Passport")
	for _, p := range decode(t, g, sheet.Options{}).Problems {
		if strings.Contains(fmt.Sprint(p), "Slipperson") {
			t.Errorf("%s at %v shows the name: %+v", p.Code, p.At, p)
		}
	}
}

// TestMaskNumbers checks which numbers are taken for personal.
func TestMaskNumbers(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"999999199001011234", "99**************34"},
		{"ID 99999919900101123x, please", "ID 99**************3x, please"},
		{"999999900101123", "99***********23"},
		{"call 138 1234 5678 or 13912345678", "call 13*********78 or 13*******78"},
		{"Person13812345678", "Person13*******78"},
		{"１３８１２３４５６７８", "１３*******７８"},
		{"(+86) 13812345678", "(+8************78"},
		{"1.3812345678E10", "1.********78E10"},
		{"13812345678.0", "13*******78.0"},
		{"E12345678", "E1*****78"},
		{"passport ea1234567", "passport ea*****67"},
		{"0571-87654321", "05*********21"},
		{"138/1234/5678", "13*********78"},
		{"138_1234_5678", "13*********78"},
		{"138·1234—5678", "13*********78"},
		{"138\u20091234\u20095678", "13*********78"},
		{"138\u200b12345678", "13********78"},
		{"138\u22121234\u22125678", "13*********78"},
		{"138\n12345678", "13********78"},
		{"13812345678/13912345678\n13712345678", "13*******78/13*******78\n13*******78"},
		{"00447700900123", "00**********23"},
		{"138.12345678", "13********78"},
		{"010.12345678", "01********78"},
		{"852-9123 4567", "85*********67"},
		{"9.9999919900101101E+17", "9.******************17"},
		{"id999999199001011238id", "id99**************38id"},
		{"x13812345678x", "x13*******78x"},
		{"E 12345678", "E ******78"},
		{"X-7654321", "X-*****21"},

		// What is not personal stays readable.
		{"pc-bp13812345678", "pc-bp13812345678"},
		{"see pc-13812345678", "see pc-13812345678"},
		{"202701150000000001", "202701150000000001"},
		{"550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"},
		{"e1234567-e29b-41d4-a716-446655440000", "e1234567-e29b-41d4-a716-446655440000"},
		{"2027-01-15 08:00:00", "2027-01-15 08:00:00"},
		{"2027-01-15T08:00:00+08:00", "2027-01-15T08:00:00+08:00"},
		{"20270115", "20270115"},
		{"2f74c054-1008-8329-a7a3-f9605bc746a3", "2f74c054-1008-8329-a7a3-f9605bc746a3"},
		{"2027年1月15日 08时30分", "2027年1月15日 08时30分"},
		{"46402.333333333336", "46402.333333333336"},
		{"46826.041666666664", "46826.041666666664"},
		{"Room 1204, Building 7, 100020 Beijing", "Room 1204, Building 7, 100020 Beijing"},
		{"10240", "10240"},
		{"15/03/2027 08:30", "15/03/2027 08:30"},
		{"0.13812345678", "0.13812345678"},
		{"-0.249977111117893", "-0.249977111117893"},
		{"6779.0725293054", "6779.0725293054"},
		{"1.3812345678E-5", "1.3812345678E-5"},
		{"A 20270315", "A 20270315"},
		{"100/200/500/1000", "100/200/500/1000"},
		{"ab13812345678cd", "ab13812345678cd"},
		{"0000012345678", "0000012345678"},
		{"loa_20270315_0001", "loa_20270315_0001"},
		{"cn-hangzhou", "cn-hangzhou"},
		{"", ""},
	} {
		if got := sheet.MaskNumbers(c.text); got != c.want {
			t.Errorf("%q is shown as %q, want %q", c.text, got, c.want)
		}
	}
}
