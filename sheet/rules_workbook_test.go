package sheet_test

import (
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
