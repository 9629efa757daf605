package sheet_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// someRegions are region IDs of Alibaba Cloud, some of them similar.
var someRegions = strings.Fields(`cn-qingdao cn-beijing cn-zhangjiakou cn-huhehaote cn-wulanchabu cn-hangzhou cn-shanghai
	cn-nanjing cn-shenzhen cn-heyuan cn-guangzhou cn-fuzhou cn-chengdu cn-hongkong ap-southeast-1 ap-southeast-2 ap-southeast-3
	ap-southeast-5 ap-southeast-6 ap-southeast-7 ap-northeast-1 ap-northeast-2 us-east-1 us-west-1 eu-west-1 eu-central-1 me-east-1 me-central-1`)

// slip drops or doubles a letter of a text, or swaps it with the next. The text is different
// afterwards.
func slip(kind string, s string, random *rand.Rand) string {
	for {
		i := random.IntN(len(s) - 1)
		damaged := map[string]string{"dropped": s[:i] + s[i+1:], "doubled": s[:i+1] + s[i:], "swapped": s[:i] + s[i+1:i+2] + s[i:i+1] + s[i+2:]}[kind]
		if damaged != s {
			return damaged
		}
	}
}

// wide returns a text in full-width characters.
func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r <= '~' {
			return r + 0xFEE0
		}
		return r
	}, s)
}

// repair is one kind of damage to a column of a correct workbook. A cell that starts with =
// is a number.
type repair struct {
	name   string
	column sheet.ColumnID
	damage func(right string, random *rand.Rand) string
}

func repairs() (all []repair) {
	add := func(name string, column sheet.ColumnID, damage func(string, *rand.Rand) string) {
		all = append(all, repair{name, column, damage})
	}
	for _, kind := range []string{"dropped", "doubled", "swapped"} {
		for name, column := range map[string]sheet.ColumnID{
			"region": sheet.CircuitRegionID, "line type": sheet.CircuitLineType,
			"gender": sheet.EngineerGender, "certificate type": sheet.EngineerCertificateType,
		} {
			add(name+", a letter "+kind, column, func(s string, random *rand.Rand) string { return slip(kind, s, random) })
		}
		add("engineer's circuit, a letter "+kind, sheet.EngineerInstanceID, func(s string, random *rand.Rand) string { return slip(kind, s, random) })
	}
	date := func(layout string) func(string, *rand.Rand) string {
		return func(s string, _ *rand.Rand) string {
			t, _ := time.Parse(time.DateOnly, s)
			return t.Format(layout)
		}
	}
	for _, layout := range []string{"2006/01/02", "2006/1/2", "2006年1月2日", "2006年01月02日", "2006年1月2", "02/01/2006", "01/02/2006"} {
		add("date as "+layout, sheet.CircuitConstructionTime, date(layout))
	}
	for name, column := range map[string]sheet.ColumnID{"bandwidth": sheet.CircuitBandwidth, "contact": sheet.EngineerContact} {
		text := func(format string) func(string, *rand.Rand) string {
			return func(s string, _ *rand.Rand) string { return fmt.Sprintf(format, s) }
		}
		exponent := func(mark string) func(string, *rand.Rand) string {
			return func(s string, _ *rand.Rand) string {
				return fmt.Sprintf("%s%s.%sE%d", mark, s[:1], s[1:], len(s)-1)
			}
		}
		add(name+", text with .0", column, text("%s.0"))
		add(name+", number with .0", column, text("=%s.0"))
		add(name+", text with exponent", column, exponent(""))
		add(name+", number with exponent", column, exponent("="))
		add(name+", apostrophe", column, text("''%s"))
	}
	for name, column := range map[string]sheet.ColumnID{
		"circuit": sheet.CircuitInstanceID, "region": sheet.CircuitRegionID, "line type": sheet.CircuitLineType, "company": sheet.CircuitCompanyName,
		"date": sheet.CircuitConstructionTime, "bandwidth": sheet.CircuitBandwidth, "certificate": sheet.EngineerCertificateNo, "gender": sheet.EngineerGender,
	} {
		add(name+" in full width", column, func(s string, _ *rand.Rand) string { return wide(s) })
		add(name+" with outer spaces", column, func(s string, _ *rand.Rand) string { return "' " + s + "  " })
	}
	slices.SortFunc(all, func(a, b repair) int { return strings.Compare(a.name, b.name) })
	return all
}

// rightRow returns the cells of a circuit and its engineer, by column.
func rightRow(random *rand.Rand, circuit string) map[sheet.ColumnID]string {
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	kind, number := "Passport", fmt.Sprintf("X%07d", random.IntN(1e7))
	return map[sheet.ColumnID]string{
		sheet.CircuitInstanceID: circuit, sheet.CircuitRegionID: pick(someRegions...), sheet.CircuitCompanyName: pick("Example Networks", "Test Lines 24"),
		sheet.CircuitLineType: pick("MSTP", "MPLSVPN", "FIBRE", "Other"), sheet.CircuitSi: "Example Build",
		sheet.CircuitConstructionTime: time.Date(2027, 1, 1+random.IntN(300), 0, 0, 0, 0, time.UTC).Format(time.DateOnly),
		sheet.CircuitBandwidth:        pick("100", "200", "1000", "2500", "10240", "15"),
		sheet.EngineerInstanceID:      circuit, sheet.EngineerName: "Test Person", sheet.EngineerCertificateType: kind,
		sheet.EngineerCertificateNo: number, sheet.EngineerGender: pick("Male", "Female"), sheet.EngineerContact: fmt.Sprintf("138%08d", random.IntN(1e8)),
	}
}

// sent returns what is read for a circuit and its engineer, by column.
func sent(c *sheet.Circuit, e *sheet.Engineer) map[sheet.ColumnID]string {
	ids := strings.Join(e.Circuits, ",")
	return map[sheet.ColumnID]string{
		sheet.CircuitInstanceID: c.InstanceID, sheet.CircuitRegionID: c.RegionID, sheet.CircuitCompanyName: c.CompanyName, sheet.CircuitLineType: c.LineType,
		sheet.CircuitSi: c.Si, sheet.CircuitConstructionTime: c.ConstructionTime.Format(time.DateOnly), sheet.CircuitBandwidth: fmt.Sprint(c.Bandwidth),
		sheet.EngineerInstanceID: ids, sheet.EngineerName: e.Name.Reveal(), sheet.EngineerCertificateType: e.CertificateType,
		sheet.EngineerCertificateNo: e.CertificateNo.Reveal(), sheet.EngineerGender: e.Gender, sheet.EngineerContact: e.Contact.Reveal(),
	}
}

// damagedBook builds a workbook of one circuit and one engineer for each row.
func damagedBook(rows []map[sheet.ColumnID]string) *grid {
	var circuits, staff strings.Builder
	circuits.WriteString(strings.TrimSpace(circuitsHead))
	staff.WriteString(strings.TrimSpace(engineersHead))
	for _, row := range rows {
		line := func(b *strings.Builder, from, to sheet.ColumnID) {
			for id := from; id <= to; id++ {
				b.WriteString([]string{" | ", "\n"}[map[bool]int{true: 1}[id == from]] + row[id])
			}
		}
		line(&circuits, sheet.CircuitInstanceID, sheet.CircuitClientToken)
		line(&staff, sheet.EngineerInstanceID, sheet.EngineerContact)
	}
	return (&grid{}).add("Circuits", circuits.String()).add("Engineers", staff.String())
}

// TestSuggestions damages 10,000 cells of correct workbooks, the same number in each way, and
// applies the suggestions. A cell is restored if the right value is then sent, including if
// it is read from the damaged cell and a note says so. It is wrong if another value is
// suggested or read.
func TestSuggestions(t *testing.T) {
	t.Parallel()
	const total = 10_000
	random := rand.New(rand.NewPCG(10, 5))
	kinds := repairs()
	type score struct{ done, read, suggested, open, wrong int }
	scores := make([]score, len(kinds))
	var rows []map[sheet.ColumnID]string
	var broken []map[sheet.ColumnID]string
	for n := range total {
		kind := kinds[n%len(kinds)]
		id := []byte("pc-bp1")
		for range 14 {
			id = append(id, "abcdefghijklmnopqrstuvwxyz0123456789"[random.IntN(36)])
		}
		right := rightRow(random, string(id))
		bad := map[sheet.ColumnID]string{}
		for column, value := range right {
			bad[column] = value
		}
		bad[kind.column] = kind.damage(right[kind.column], random)
		rows, broken = append(rows, right), append(broken, bad)
	}
	o := sheet.Options{Now: now, Regions: someRegions}
	first := decode(t, damagedBook(broken), o)
	suggestions := map[sheet.Ref]string{}
	for _, p := range first.Problems {
		if p.Suggestion != "" {
			suggestions[p.At] = p.Suggestion
		}
	}
	for n := range broken {
		column := kinds[n%len(kinds)].column
		table := first.CircuitsTable
		if column >= sheet.EngineerInstanceID {
			table = first.EngineersTable
		}
		s, k := &scores[n%len(kinds)], kinds[n%len(kinds)]
		s.done++
		got := sent(&first.Circuits[n], &first.Engineers[n])[column]
		suggestion := suggestions[sheet.Ref{Sheet: table.Sheet, Row: n + 2, Col: table.Columns[column]}]
		invalid := first.Engineers[n].Invalid || column < sheet.EngineerInstanceID && got == ""
		switch right := rows[n][column]; {
		case suggestion != "" && suggestion != right:
			s.wrong++
			t.Errorf("%s: %q is suggested for %q, want %q", k.name, suggestion, broken[n][column], right)
		case suggestion == right:
			s.suggested++
		case got == right && !invalid:
			s.read++
		case invalid || got == "" || got == "0" || got == "0001-01-01", got == strings.TrimLeft(broken[n][column], "'=") || "'"+got == broken[n][column]:
			s.open++
		default:
			s.wrong++
			t.Errorf("%s: %q is sent for %q, want %q", k.name, got, broken[n][column], right)
		}
	}
	var table strings.Builder
	restored := 0
	for i, s := range scores {
		restored += s.read + s.suggested
		fmt.Fprintf(&table, "\n%-42s %3d damaged, %3d read rightly, %3d suggested, %3d neither, %d wrong", kinds[i].name, s.done, s.read, s.suggested, s.open, s.wrong)
	}
	t.Logf("%d of %d restored:%s", restored, total, table.String())
	if restored < total*6/10 {
		t.Errorf("%d of %d restored, want at least 60 %%", restored, total)
	}
}

// TestSuggestion checks single suggestions: none if two values are equally likely.
func TestSuggestion(t *testing.T) {
	for _, c := range []struct{ cell, value, want string }{
		{"B2", "cn-hangzou", "cn-hangzhou"},
		{"B2", "CN_Hangzhou", "cn-hangzhou"},
		{"B2", "cn hangzhou", "cn-hangzhou"},
		{"B2", "ap-southeast-", ""},
		{"B2", "cn-xian", ""},
		{"D2", "FIBR", "FIBRE"},
		{"D2", "FIBRE（光纤直连）", "FIBRE"}, {"D2", "光纤直连 / MSTP", ""}, {"E:C2", "护照（Passport）", "Passport"}, {"E:E2", "性别：男", "Male"},
		{"B2", "杭州", "cn-hangzhou"}, {"B2", "华东1（杭州）", "cn-hangzhou"}, {"B2", "西南1 成都", "cn-chengdu"}, {"B2", "杭州、上海", ""}, {"B2", "美国（硅谷）", "us-west-1"},
		{"A2", "pc—aaaa1", "pc-aaaa1"}, {"A2", "pc–ааaa1", ""}, {"B2", "cn‐hangzhou", "cn-hangzhou"},
		{"E:A2", "全部", "*"}, {"E:A2", "所有专线", "*"}, {"E:A2", "全部人", ""},
		{"F2", "2027年1月15日 9:00-12:00", "2027-01-15 09:00:00"}, {"F2", "2027年1月15日上午9点至11点", "2027-01-15 09:00:00"}, {"F2", "2027-01-15 9:00～下午5:00", "2027-01-15 09:00:00"},
		{"F2", "2027-01-15 9:00 至 2027-01-16 9:00", ""}, {"F2", "2027-01-15至17日", ""},
		{"D2", "M", ""},
		{"D2", "SDH", ""},
		{"E:E2", "Fmale", ""},
		{"E:E2", "F", "Female"},
		{"E:C2", "Pasport", "Passport"},
		{"E:C2", "身分证", "IDCard"},
		{"F2", "2027年1月15", "2027-01-15"},
		{"F2", "03/04/2027", ""},
		{"F2", "2027年2月30", ""},
		{"G2", "1000.0", "1000"},
		{"G2", "2.5E3", "2500"},
		{"G2", "1000 Mbps", "1000"},
		{"G2", "10.000", ""},
		{"G2", "1,000", ""},
		{"G2", "1G", ""},
		{"C2", "ＡＢ Networks", "AB Networks"},
		{"C2", "Exam\u200bple", "Example"},
		{"C2", "ＡＢ １３８１２３４５６７８", ""}, // personal
		{"A2", "PC-AAAA1", "pc-aaaa1"},
		{"A2", "pc-aaaa1 pc-aaaa2", ""},
		{"E:A2", "pc-aaa1", "pc-aaaa1"},
		{"E:A2", "pc-aaaa", ""}, // two circuits are equally near
		{"E:A2", "PC-AAAA2", "pc-aaaa2"},
		{"E:F2", "13812345678.0", ""}, // personal
	} {
		g := good()
		g.set(c.cell, c.value)
		got := ""
		for _, p := range decode(t, g, sheet.Options{Now: now, Regions: someRegions}).Problems {
			if p.Suggestion != "" {
				got = p.Suggestion
			}
		}
		if got != c.want {
			t.Errorf("%s %q: %q is suggested, want %q", c.cell, c.value, got, c.want)
		}
	}
}
