package sheet_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

func rename(from, to string) func(*grid) { return func(g *grid) { g.find(from).info.Name = to } }

func both(fs ...func(*grid)) func(*grid) {
	return func(g *grid) {
		for _, f := range fs {
			f(g)
		}
	}
}

var _ = table("sheet-missing",
	ruleCase{want: "error sheet-missing ", book: rename("Circuits", "Data")},
	ruleCase{want: "error sheet-missing ; error sheet-missing ", book: both(rename("Circuits", "Data"), rename("Engineers", "People"))},
	ruleCase{want: "error sheet-missing ; error header-missing Circuits!1:1", set: []string{"B1", "#"}, book: rename("Engineers", "People")},
	ruleCase{book: both(rename("Circuits", " CIRCUITS "), rename("Engineers", "施工工程师")), set: nil},
	ruleCase{book: rename("Circuits", "Circuits (2)")},
)

var _ = table("sheet-misspelt",
	ruleCase{want: "error sheet-misspelt Circiuts", book: rename("Circuits", "Circiuts")},
	ruleCase{want: "error sheet-misspelt 施工工程帅", book: rename("Engineers", "施工工程帅")},
	ruleCase{book: rename("Engineers", "engineers")},
)

var _ = table("sheet-twice",
	ruleCase{want: "error sheet-twice 专线", book: func(g *grid) { g.add("专线", circuitsHead) }},
	ruleCase{want: "error sheet-twice Circuits (2)", book: func(g *grid) { g.add("Circuits (2)", circuitsHead) }},
	ruleCase{book: func(g *grid) { g.add("Old circuits", circuitsHead) }},
)

func titles(n int) func(*grid) {
	return func(g *grid) {
		s := g.find("Circuits")
		s.lines = append(strings.Split(strings.TrimSuffix(strings.Repeat("A title\n", n), "\n"), "\n"), s.lines...)
	}
}

var _ = table("header-row-missing",
	ruleCase{want: "error header-row-missing Circuits", book: func(g *grid) { g.find("Circuits").lines = g.find("Circuits").lines[1:] }},
	ruleCase{want: "error header-row-missing Circuits", book: titles(50)},
	ruleCase{want: "note header-row-late Circuits!A50", book: titles(49)},
)

var _ = table("sheet-empty",
	ruleCase{want: "error sheet-empty Circuits", book: func(g *grid) { g.find("Circuits").lines = nil }},
	ruleCase{want: "error header-row-missing Circuits", book: func(g *grid) { g.find("Circuits").lines = []string{"a title"} }},
)

// TestParameterNames checks that the API's own names are read as headers.
func TestParameterNames(t *testing.T) {
	for _, prefix := range []string{"", "PMInfo.N."} {
		checkCase(t, c("", "A1", "InstanceId", "B1", "RegionId", "C1", "CompanyName", "D1", "LineType", "E1", "Si", "F1", "ConstructionTime",
			"G1", "Bandwidth", "H1", "PeerLocation", "I1", "ClientToken", "E:A1", "InstanceId", "E:B1", prefix+"PMName", "E:C1", prefix+"PMCertificateType",
			"E:D1", prefix+"PMCertificateNo", "E:E1", prefix+"PMGender", "E:F1", prefix+"PMContactInfo"))
	}
}

var _ = table("header-missing",
	c("error header-missing Circuits!1:1", "C1", ""),
	c("error header-missing Circuits!1:1; error header-missing Circuits!1:1", "C1", "", "D1", ""),
	c("error header-missing Circuits!1:1; error header-missing Engineers!1:1", "B1", "", "E:F1", ""),
	c("error header-missing Circuits!1:1", "F1", "Construction time (Beijing)"),
	ruleCase{set: []string{"B1", "", "B2", "", "B3", ""}, opts: sheet.Options{DefaultRegion: "cn-hangzhou"}},
	c("", "C1", "公司名称", "B1", "地 域", "F1", "施工时间（UTC）", "D1", "LINE  TYPE", "G1", "带宽", "A1", `'实例 ID\nInstance ID`, "E1", "施工单位 *"),
	c("", "E:E1", "Gender (Male/Female)", "E:A1", "专线"),
)

var _ = table("header-misspelt",
	c("error header-misspelt Circuits!G1", "G1", "Bandwith (Mbit/s)"),
	c("error header-misspelt Circuits!C1", "C1", "Compnay name"),
	c("error header-misspelt Engineers!C1", "E:C1", "证件类形"),
	c("warning header-unknown Circuits!J1", "J1", "Bandwith (Mbit/s)"),
	c("", "G1", "#Bandwith"),
)

var _ = table("header-twice",
	c("error header-twice Circuits!J1", "J1", "Company"),
	c("error header-twice Engineers!G1", "E:G1", "手机"),
	c("", "J1", "#Company"),
)

var _ = table("header-unknown",
	c("warning header-unknown Circuits!J1", "J1", "Remarks", "J2", "anything"),
	c("warning header-unknown Circuits!J1", "J1", "Message"),
	c("", "J1", "# Remarks", "J2", "anything"),
	c("", "J1", "Result", "K1", "Message", "J2", "REFUSED"),
	c("", "J1", "LOA status", "J2", "Complete"),
	c("", "J1", "Request ID", "K1", "Submitted at (UTC)", "L1", "Client token used", "M1", "Error code"),
	c("warning header-unknown Circuits!K1", "J1", "LOA 状态", "K1", "Attempts"),
)

var _ = table("header-row-late",
	ruleCase{want: "note header-row-late Circuits!A4", book: titles(3)},
	ruleCase{book: func(g *grid) {}},
)

func hideSheet(name string) func(*grid) { return func(g *grid) { g.find(name).info.Hidden = true } }

var _ = table("hidden-sheet",
	ruleCase{want: "warning hidden-sheet Circuits!A1", book: hideSheet("Circuits")},
	ruleCase{book: func(g *grid) { g.add("Lists", "MSTP"); hideSheet("Lists")(g) }},
)

var _ = table("hidden-column",
	ruleCase{want: "warning hidden-column Circuits!I1", book: func(g *grid) { g.find("Circuits").hidden = []int{9} }},
	ruleCase{book: func(g *grid) { g.find("Circuits").hidden = []int{12} }},
)

func hideLine(name string, row int) func(*grid) {
	return func(g *grid) { s := g.find(name); s.lines[row-1] = "-" + s.lines[row-1] }
}

var _ = table("hidden-row",
	ruleCase{want: "warning hidden-row Circuits!A3", book: hideLine("Circuits", 3)},
	ruleCase{want: "error hidden-row Engineers!A2", book: hideLine("Engineers", 2), opts: asked("hidden-row", sheet.Error)},
	ruleCase{book: hideLine("Circuits", 3), opts: asked("hidden-row", sheet.Off)},
	ruleCase{book: hideLine("Circuits", 1)},
)

// excelTable makes a range of a sheet an Excel table.
func excelTable(name string, r sheet.Range) func(*grid) {
	return func(g *grid) {
		s := g.find(name)
		s.tables = append(s.tables, sheet.ExcelTable{Range: r})
	}
}

func dataTable(col2 int) func(*grid) {
	return excelTable("Circuits", sheet.Range{Row1: 1, Col1: 1, Row2: 3, Col2: col2})
}

func sideTable(col, rows int) func(*grid) {
	return excelTable("Circuits", sheet.Range{Row1: 1, Col1: col, Row2: rows, Col2: col})
}

// hide hides columns of a sheet.
func hide(name string, cols ...int) func(*grid) {
	return func(g *grid) { g.find(name).hidden = append(g.find(name).hidden, cols...) }
}

// moved clears the last three data columns of Circuits and writes some of their headers
// elsewhere.
func moved(set ...string) []string {
	return append([]string{"G1", "", "G2", "", "H1", "", "H2", "", "I1", "", "I2", ""}, set...)
}

var _ = table("header-outside-table",
	ruleCase{want: "warning header-outside-table Circuits!K1", set: moved("K1", "Bandwidth", "K2", "=5", "K3", "=6", "K4", "=7", "K9", "=8"), book: dataTable(6)},
	ruleCase{want: "warning header-outside-table Circuits!K1", set: moved("K1", "带宽", "K2", "=5"), book: both(sideTable(11, 9), dataTable(6))},
	ruleCase{want: "warning header-outside-table Circuits!G1", set: moved("G1", "对端地址", "G2", "x"), book: dataTable(6)},
	ruleCase{want: "warning header-outside-table Circuits!K1", set: []string{"K1", "Company", "K2", "x"}, book: dataTable(9)}, // not a second company
	ruleCase{want: "warning header-outside-table Circuits!K1; warning header-outside-table Circuits!L1", set: []string{"K1", "Circuit", "K2", "pc-x1", "L1", "Region", "L2", "x"},
		book: both(dataTable(9), excelTable("Circuits", sheet.Range{Row1: 1, Col1: 11, Row2: 5, Col2: 12}))}, // two lists with instance IDs
	ruleCase{want: "warning header-outside-table Circuits!K1", set: moved("K1", "Token", "K2", "x"), book: excelTable("Circuits", sheet.Range{Row1: 2, Col1: 1, Row2: 3, Col2: 6})}, // a table without headers
	ruleCase{want: "warning header-outside-table Engineers!H1", set: []string{"E:H1", "手机", "E:H2", "x"}, book: excelTable("Engineers", sheet.Range{Row1: 1, Col1: 1, Row2: 3, Col2: 6})},
	ruleCase{want: "warning header-unknown Circuits!K1", set: []string{"K1", "Bandwith", "K2", "x"}, book: dataTable(9)},
	ruleCase{want: "error header-outside-table Circuits!F1", book: dataTable(5)}, // a required column
	ruleCase{want: "error header-outside-table Engineers!F1", book: excelTable("Engineers", sheet.Range{Row1: 1, Col1: 1, Row2: 3, Col2: 5})},
	ruleCase{book: dataTable(9)},
	ruleCase{set: []string{"K1", "#Bandwidth", "K2", "=5"}, book: dataTable(9)},
	ruleCase{set: []string{"K1", "Result", "K2", "VALID", "L1", "Message"}, book: dataTable(9)},
	ruleCase{book: excelTable("Circuits", sheet.Range{Row1: 20, Col1: 1, Row2: 30, Col2: 2})}, // another table of the sheet
	ruleCase{want: "error header-twice Circuits!K1; error header-twice Circuits!L1", set: []string{"K1", "Circuit", "L1", "Region"}},
)

var _ = table("header-apart",
	c("error header-apart Circuits!K1", moved("K1", "Bandwidth", "K2", "=5")...),
	c("error header-apart Circuits!H1", moved("H1", "带宽", "H2", "=5")...),
	c("error header-apart Circuits!K1; error header-apart Circuits!L1", moved("K1", "Peer location", "L1", "Client token")...),
	ruleCase{want: "error header-apart Circuits!A1", book: func(g *grid) { // a list on the left
		s := g.find("Circuits")
		s.lines = []string{"Bandwidth | | " + strings.Join(strings.Split(s.lines[0], "|")[:6], "|"), "=5 | | " + s.lines[1], "=6 | | " + s.lines[2]}
	}, set: moved()},
	ruleCase{want: "error header-apart Circuits!H1", set: moved("B1", "", "B2", "", "B3", "", "H1", "Region", "H2", "cn-hangzhou"), opts: sheet.Options{DefaultRegion: "cn-hangzhou"}},
	ruleCase{want: "error header-apart Circuits!G1", set: moved("G1", "Bandwidth", "G2", "=5"), book: sideTable(7, 9)}, // adjacent, but another table
	ruleCase{want: "error header-apart Circuits!K1", set: moved("K1", "Bandwidth"), book: hide("Circuits", 7, 8, 9)},   // one empty column is visible
	c("error header-twice Circuits!K1", "K1", "Bandwidth"),
	c("", moved("H1", "#Bandwidth", "H2", "=5")...),
	c("warning header-unknown Circuits!G1", moved("G1", "Remarks", "H1", "Bandwidth", "H2", "=5")...), // not empty
	c("", moved("G1", "#Own", "H1", "Bandwidth", "H2", "=5")...),
	c("warning stray-value Circuits!G3", moved("G3", "x", "H1", "Bandwidth", "H2", "=5")...),
	c("", moved("K1", "Result", "L1", "Message")...), // results of an earlier copy
	ruleCase{set: moved("H1", "Bandwidth", "H2", "=5"), book: merge("Circuits", 1, 6, 1, 7)},
	ruleCase{book: func(g *grid) { // spacers between groups of required columns
		for _, s := range g.sheets {
			for i, line := range s.lines {
				cells := strings.Split(line, "|")
				s.lines[i] = strings.Join(slices.Concat(cells[:1], []string{" "}, cells[1:3], []string{" ", " "}, cells[3:]), "|")
			}
		}
	}},
)

var _ = table("header-after-hidden",
	ruleCase{want: "warning header-after-hidden Circuits!I1", set: moved("I1", "Bandwidth", "I2", "=5"), book: hide("Circuits", 7, 8)},
	ruleCase{book: hide("Circuits", 12)},
	c("error header-apart Circuits!I1", moved("I1", "Bandwidth", "I2", "=5")...),
)

var _ = table("stray-value",
	c("warning stray-value Circuits!K3", "K3", "a remark"),
	c("warning stray-value Circuits!L9", "L9", "=12"),
	c("", "K1", "#Remarks", "K3", "a remark"),
	c("", "K3", "' "),
	c("warning stray-value Circuits!K2; warning stray-value Circuits!K3", "K2", "=1", "K3", "=2"),
	c("warning stray-value Circuits!K2", "K2", "=1", "K3", "=2", "K4", "=3", "K5", "=4", "K9", "=5"), // a list
	c("warning stray-value Circuits!K2", "K2", "a", "L2", "=1", "K3", "b", "L3", "=2", "K4", "c", "L4", "=3"),
	c("warning stray-value Circuits!K2; warning stray-value Circuits!L2", "K2", "a remark", "L2", "=1", "L4", "=3"),
	c("warning stray-value Engineers!I2", "E:I2", "x", "E:I8", "x"),
)

var _ = table("values-below-data",
	c("warning values-below-data Circuits!G4", "G4", "=5", "G5", "=6", "G6", "=7"),
	c("warning values-below-data Circuits!C4", "C4", "Example Networks", "C5", "Example Networks"),
	c("warning values-below-data Circuits!G5", "G5", "=5", "H5", "Hangzhou", "G7", "=6"),
	c("warning values-below-data Engineers!B4", "E:B4", "Other Person", "E:B5", "Other Person"),
	c("warning values-below-data Circuits!A5", "A5", "备注：以上均为新建专线"),
	c("warning values-below-data Circuits!A5", "A5", "Note: all circuits are new", "A6", "End of list"),
	ruleCase{set: []string{"G4", "=5"}, opts: asked("values-below-data", sheet.Off)},
	c("error circuit-instance-missing Circuits!A4; error circuit-region-missing Circuits!B4; error circuit-line-type-missing Circuits!D4; error circuit-si-missing Circuits!E4; error circuit-time-missing Circuits!F4",
		"C4", "Example Networks", "A5", "pc-aaaa3", "B5", "cn-hangzhou", "C5", "Example Networks", "D5", "MSTP", "E5", "Example Build", "F5", "2027-01-15T08:00:00Z"), // data after it
	c("error circuit-instance-missing Circuits!A4; error circuit-line-type-missing Circuits!D4; error circuit-si-missing Circuits!E4; error circuit-time-missing Circuits!F4",
		"B4", "cn-hangzhou", "C4", "Example Networks"), // more than a list
	c("error circuit-region-missing Circuits!B4; error circuit-company-missing Circuits!C4; error circuit-line-type-missing Circuits!D4; error circuit-si-missing Circuits!E4; error circuit-time-missing Circuits!F4",
		"A4", "pc-aaaa3"), // a circuit, although without anything else
)

func totals(name string, row, col1, col2 int) func(*grid) {
	return func(g *grid) {
		s := g.find(name)
		s.tables = append(s.tables, sheet.ExcelTable{Range: sheet.Range{Row1: row, Col1: col1, Row2: row, Col2: col2}, Totals: 1})
	}
}

var _ = table("totals-row",
	ruleCase{want: "note totals-row Circuits!A4", set: []string{"A4", "Total", "G4", "~=1000"}, book: totals("Circuits", 4, 1, 9)},
	ruleCase{want: "note totals-row Circuits!A4", set: []string{"G4", "~"}, book: totals("Circuits", 4, 1, 9)},
	ruleCase{want: "note totals-row Engineers!A4", set: []string{"E:B4", "~=2"}, book: totals("Engineers", 4, 1, 6)},
	ruleCase{want: "error totals-row Circuits!A4", set: []string{"A4", "Total"}, book: totals("Circuits", 4, 1, 9), opts: asked("totals-row", sheet.Error)},
	ruleCase{book: totals("Circuits", 3, 1, 9)},  // it names a circuit
	ruleCase{book: totals("Engineers", 3, 1, 6)}, // it names all of them
	ruleCase{book: totals("Circuits", 4, 1, 9)},  // it is empty
	ruleCase{want: "error circuit-instance-malformed Circuits!A3", set: []string{"A3", "pc", "E:A2", "pc-aaaa1"}, book: totals("Circuits", 3, 12, 13)},
)

var _ = table("summary-row",
	c("warning summary-row Circuits!A4", "A4", "Total", "G4", "~=1000"),
	c("warning summary-row Circuits!A4", "A4", "合计", "B4", "-", "C4", "2 家", "G4", "=1000"),
	c("warning summary-row Circuits!A4", "A4", " Sub-total: "),
	c("warning summary-row Circuits!A4", "A4", "共 2 条专线"),
	c("warning summary-row Circuits!A4", "A4", "合 计："),
	c("warning summary-row Circuits!A4", "A4", "合计 Total (Mbit/s)", "G4", "=1000"),
	c("warning summary-row Circuits!F4", "A4", "=2", "F4", "Grand total", "G4", "=1000"),
	c("warning stray-value Circuits!K3; warning summary-row Circuits!C4", "C4", "小计", "G4", "=1000", "K3", "x", "K4", "x"),
	ruleCase{want: "warning summary-row Circuits!J4", set: []string{"J1", "#No.", "J4", "总计", "G4", "=1000"}},
	c("warning summary-row Engineers!B4", "E:B4", "共计", "E:D4", "2人"),
	c("warning summary-row Circuits!A4; warning summary-row Circuits!A5", "A4", "小计", "A5", "总计", "A6", ""),
	c("", "C2", "Total", "E3", "Sum"),                                                            // names of companies
	c("error circuit-instance-missing Circuits!A3", "A3", "", "C3", "Total", "E:A2", "pc-aaaa1"), // nearly a whole row
)

var _ = table("signature-row",
	c("warning signature-row Circuits!A5", "A5", "制表人：张三", "C5", "审核：", "E5", "日期：2027-01-15"),
	c("warning signature-row Circuits!A5", "A5", "签字盖章"),
	c("warning signature-row Circuits!A5", "A5", "施工单位负责人签字：", "C5", "李四"),
	c("warning signature-row Circuits!A5", "A5", "制表人 张三"),
	c("warning signature-row Circuits!A5", "A5", "Prepared by Test Person", "D5", "Approved by: Other Person"),
	c("warning signature-row Circuits!A5", "A5", "SIGNATURE: ________"),
	c("warning signature-row Circuits!A5", "A5", "Name and signature"),
	c("warning signature-row Circuits!C5; warning signature-row Circuits!A6", "C5", "Approved by", "D5", "Other Person", "A6", "Date:", "B6", "2027-01-15"),
	c("warning signature-row Engineers!B5", "E:B5", "签名：", "E:C5", "Other Person"),
	c("", "C2", "Signature Networks", "E3", "Date: Build"), // names of companies
)

var _ = table("header-row-repeated",
	ruleCase{want: "warning header-row-repeated Circuits!A4", book: func(g *grid) { s := g.find("Circuits"); s.lines = append(s.lines, s.lines[0]) }},
	ruleCase{want: "warning header-row-repeated Circuits!A2", book: func(g *grid) { // in another language
		s := g.find("Circuits")
		s.lines = slices.Insert(s.lines, 1, "实例 ID | 地域 | 公司名称 | 专线类型 | 施工单位 | 施工时间 | 带宽 | 对端位置 | 客户端 Token")
	}},
	ruleCase{want: "warning header-row-repeated Engineers!A2", book: func(g *grid) {
		s := g.find("Engineers")
		s.lines = slices.Insert(s.lines, 1, "必填 | 必填 | 必填 | 必填 | 必填 | 必填")
	}},
	c("warning header-row-repeated Circuits!A4", "A4", "Instance ID"),
	c("warning header-row-repeated Circuits!A4", "A4", "instance id", "B4", "REGION", "C4", "my own"),
	c("", "C2", "Company", "E2", "Contractor"), // names
)

// TestAside checks that a row that is not data gets no result, unless it names a circuit.
func TestAside(t *testing.T) {
	for _, id := range []string{"pc-aaaa3", "PC-AAAA3", "ｐｃ－aaaa3", "pc_aaaa3", "pc-aaaa3, pc-aaaa4"} {
		g := good()
		g.set("A4", id)
		g.set("C4", "Total")
		g.set("E4", "签字：")
		g.set("A5", "Total")
		if w := decode(t, g, sheet.Options{}); len(w.Circuits) != 3 || w.CircuitsTable.LastRow != 4 {
			t.Errorf("%s: %d circuits down to row %d", id, len(w.Circuits), w.CircuitsTable.LastRow)
		}
	}
}
