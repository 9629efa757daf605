package sheet_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

// odd are values that may be in any cell.
var odd = []string{
	"", "", "' ", "pc-aaaa1", "pc-aaaa2", "pc-aaaa3", "PC-AAAA1", "pc-\u0430", "pc-aaaa1, pc-aaaa2", "*", "*,pc-aaaa1", ",;", `'pc-aaaa1\npc-aaaa2`,
	"cn-hangzhou", "' cn-hangzhou\u3000", "ｃｎ－hangzhou", "华东1", "Example\u200bNetworks", "Socie\u0301te", "\xff\xfe", "Example（中国）",
	"MSTP", "mstp", "光纤", "SDH", "IDCard", "护照", "Male", "女", "M", "=1", "=1000", "=110101199001011000", "=1.1E+17", "5.1E+17", "=-0", "=46402", "@46402.75", "@0.25", "@60", "@1E300",
	"?TRUE", "!#REF!", "~", "~'", "~=12", "~Example", "%Example", "^2027-01-15T08:00:00", "^",
	"'=C2", "'+C2", "#REF!", "Err:502", `~'=DISPIMG("ID_1",1)`, "TBD", "待定", "'-", "pc-aaaa1, N/A", "''13800000000", "=1.38E10", "=612345678{0000000000}", "=0.5{0%}", "=1E400",
	"2027-01-15", "03/04/2027", "2027-02-30", "2027-01-15T08:00:00+08:00", "08:00", "2027年1月15日", "soon", "1000", "1G", "=20480",
	"yes", "no", "Y", "?FALSE", "已完工", "√", "maybe", "China Telecom", "中国联通", "移动", "HZ-SH-10GE0001NP", "沪杭（0001）", "示例 +44 7700 900123", "+4*********23",
	"token-1", "my token", "X1234567", "000000199001010018", "000000900101001", "+447700900123", "13800000000",
}

// randomGrid makes a workbook of the standard columns, in any order, with odd values.
func randomGrid(rng *rand.Rand) *grid {
	g := &grid{date1904: rng.IntN(4) == 0}
	for name, head := range map[string]string{"Circuits": circuitsHead + laterHead + "|Remarks|#Own| |Result|Message", "Engineers": engineersHead + "| |Notes"} {
		heads := strings.Split(strings.ReplaceAll(head, "\n", ""), "|")
		rng.Shuffle(len(heads), func(i, j int) { heads[i], heads[j] = heads[j], heads[i] })
		lines := []string{strings.Join(heads, "|")}
		for range rng.IntN(12) {
			cells := make([]string, len(heads)+rng.IntN(2))
			for i := range cells {
				cells[i] = odd[rng.IntN(len(odd))]
			}
			line := strings.Join(cells, "|")
			if rng.IntN(8) == 0 {
				line = "-" + line
			}
			lines = append(lines, line)
		}
		g.add(name, strings.Join(lines, "\n"))
	}
	slices.SortFunc(g.sheets, func(a, b gridSheet) int { return strings.Compare(a.info.Name, b.info.Name) })
	return g
}

func TestAnyGrid(t *testing.T) {
	t.Parallel()
	for seed := range uint64(600) {
		rng := rand.New(rand.NewPCG(seed, 1))
		g := randomGrid(rng)
		o := sheet.Options{Now: now, Regions: regions, Strict: seed%3 == 0, Purpose: sheet.Purpose(seed % 3)}
		w, err := sheet.Decode(g, o)
		if err != nil && strings.HasPrefix(err.Error(), "header-apart") { // the column without a header is empty
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		again, _ := sheet.Decode(g, o)
		if !reflect.DeepEqual(w, again) {
			t.Fatalf("seed %d: decoding twice differs", seed)
		}
		checkWorkbook(t, g, w)
		checkKept(t, g, w)
		checkShuffled(t, g, w, o, rng)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// laterHead are the columns for the time after the letter.
const laterHead = "|Line code|Line label|Line provider|Line contact|Construction finished|Confirm circuit"

// checkKept checks that no cell for the time after the letter is lost: its value was read, or
// a problem says why not.
func checkKept(t *testing.T, g *grid, w *sheet.Workbook) {
	t.Helper()
	reported := map[sheet.Ref]bool{}
	for _, p := range w.Problems {
		reported[p.At] = true
	}
	s := g.find(w.CircuitsTable.Sheet)
	for _, c := range w.Circuits {
		read := map[sheet.ColumnID]string{
			sheet.CircuitLineCode: c.LineCode, sheet.CircuitLineLabel: c.LineLabel, sheet.CircuitLineProvider: c.LineProvider,
			sheet.CircuitLineContact: c.LineContact.Reveal(), sheet.CircuitFinished: c.Finished, sheet.CircuitConfirm: c.Confirm,
		}
		cells := strings.Split(strings.TrimPrefix(s.lines[c.Row-1], "-"), "|")
		for id, value := range read {
			at := sheet.Ref{Sheet: s.info.Name, Row: c.Row, Col: w.CircuitsTable.Columns[id]}
			if at.Col == 0 || at.Col > len(cells) {
				continue
			}
			cell := gridCell(cells[at.Col-1])
			if empty := cell.Type == sheet.BlankCell && !cell.Formula || cell.Type == sheet.TextCell && strings.TrimSpace(cell.Value) == ""; !empty && value == "" && !reported[at] {
				t.Errorf("%s, %q, is lost", at, cells[at.Col-1])
			} else if empty && value != "" {
				t.Errorf("%s is empty and read as %q", at, value)
			}
		}
	}
}

// checkWorkbook checks what is true of every decoded workbook.
func checkWorkbook(t *testing.T, g *grid, w *sheet.Workbook) {
	t.Helper()
	against := map[sheet.Ref]bool{} // rows with an error
	for _, p := range w.Problems {
		s := g.find(p.At.Sheet)
		if s == nil || p.At.Row < 1 || p.At.Row > len(s.lines) || p.At.Col < 1 || p.At.Col > width(s) {
			t.Errorf("%s points at %s, which does not exist", p.Code, p.At)
		}
		if p.Code == "" || p.Column == "" || p.Severity == sheet.Off {
			t.Errorf("incomplete problem %+v", p)
		}
		if p.Severity == sheet.Error && p.Code != "stray-value" { // which is beside the row, even with Strict
			against[sheet.Ref{Sheet: p.At.Sheet, Row: p.At.Row}] = true
		}
	}
	for _, e := range w.Engineers {
		if e.Invalid != against[sheet.Ref{Sheet: "Engineers", Row: e.Row}] {
			t.Errorf("engineer in row %d: invalid %v", e.Row, e.Invalid)
		}
	}
	for _, c := range w.Circuits {
		bad := against[sheet.Ref{Sheet: "Circuits", Row: c.Row}]
		for _, e := range c.Engineers {
			bad = bad || w.Engineers[e].Invalid
		}
		if invalid := c.Invalid || c.Unfit; invalid != bad || w.Purpose != sheet.ForAdvance && c.Invalid != bad {
			t.Errorf("circuit in row %d: invalid %v, unfit %v", c.Row, c.Invalid, c.Unfit)
		}
		switch {
		case c.InstanceID == "" || c.RegionID == "":
			if !c.Invalid {
				t.Errorf("circuit in row %d is valid without an ID: %+v", c.Row, c)
			}
		case w.Purpose == sheet.ForCompletion:
		case !c.Invalid && (c.CompanyName == "" || c.LineType == "" || c.Si == "" || c.ConstructionTime.IsZero() || len(c.Engineers) == 0 || len(c.Engineers) > 16):
			t.Errorf("circuit in row %d is valid and lacks something: %+v", c.Row, c)
		}
	}
}

func width(s *gridSheet) (n int) {
	for _, l := range s.lines {
		n = max(n, strings.Count(l, "|")+1)
	}
	return n
}

// checkShuffled moves the rows of both sheets and expects the problems to move with them.
func checkShuffled(t *testing.T, g *grid, w *sheet.Workbook, o sheet.Options, rng *rand.Rand) {
	t.Helper()
	moved := &grid{date1904: g.date1904}
	to := map[string][]int{}
	for _, s := range g.sheets {
		order := rng.Perm(len(s.lines) - 1)
		lines := []string{s.lines[0]}
		rows := make([]int, len(s.lines)+1)
		rows[1] = 1
		for i, from := range order {
			lines = append(lines, s.lines[from+1])
			rows[from+2] = i + 2
		}
		to[s.info.Name] = rows
		moved.add(s.info.Name, "x")
		moved.sheets[len(moved.sheets)-1].lines = lines
	}
	v, err := sheet.Decode(moved, o)
	if err != nil {
		t.Fatal(err)
	}
	keys := func(ps []sheet.Problem, row func(sheet.Ref) int) (all []string) {
		for _, p := range ps {
			all = append(all, fmt.Sprint(p.Severity, p.Code, p.At.Sheet, row(p.At), p.At.Col))
		}
		slices.Sort(all)
		return all
	}
	want := keys(w.Problems, func(r sheet.Ref) int { return to[r.Sheet][r.Row] })
	got := keys(v.Problems, func(r sheet.Ref) int { return r.Row })
	if !slices.Equal(got, want) {
		t.Errorf("shuffled:\n got %v\nwant %v", got, want)
	}
}

// TestNoPersonalData checks that problems contain no personal data.
func TestNoPersonalData(t *testing.T) {
	g := good()
	secrets := []string{"Zhang Secret Example", "999999199001019999", "+999 555 0100 0100", "Zhang\u200bHidden", "=138000000009", "9.99999E+17"}
	for i, s := range secrets {
		col := []string{"B", "D", "F", "B", "F", "D"}[i]
		g.set(fmt.Sprint("E:", "A", i+4), "pc-aaaa1")
		g.set(fmt.Sprint("E:", col, i+4), s)
	}
	w := decode(t, g, sheet.Options{Strict: true})
	text := fmt.Sprintf("%+v %#v %v", w.Problems, w.Engineers, w.Engineers)
	for _, s := range secrets {
		if s = strings.TrimPrefix(s, "="); strings.Contains(text, s) {
			t.Errorf("%q is shown", s)
		}
	}
}

// FuzzDecode reads any text as the grid of both sheets.
func FuzzDecode(f *testing.F) {
	f.Add(circuitsHead+"pc-a|cn|C|MSTP|S|2027-01-15|=3|P|t", engineersHead+"*|N|IDCard|000000199001010018|Male|1", false)
	f.Add(strings.TrimSpace(circuitsHead)+laterHead+"\npc-a|cn|C|MSTP|S|2027-01-15|=3|P|t|HZ-SH-10GE0001NP|A12|中国电信|示例 13800000000|?TRUE|√", engineersHead+"*|N|IDCard|000000199001010018|Male|1", true)
	f.Add("实例 ID|地域 ID|公司名称|专线类型|施工单位|施工时间 (UTC)|线路编码|线路标签|运营商|线路联系方式|是否完工|确认专线|结果|LOA 文件|LOA 查询时间 (UTC)\npc-a|cn|示例|其他|样例|2027-01-15|沪杭（１）|'-|联通|＋８６ 138—0000—0000|未完工|确认|SUBMITTED|letters/cn-pc-a.pdf (SHA-256 00ff)|@46402.5", "实例 ID|姓名\n*|示例", false)
	f.Add("InstAnCe|Region|CompAnY|LinetYpe|ConstruCtionCompAnY|ConstruCtiontime\npc-0|10|||||0", "InstAnCe|NAme|CertifiCAtetYpe|CertifiCAte|Gender|ContACt", true)
	f.Add("Title\n"+circuitsHead+strings.Join(odd, "|"), strings.Join(odd, "|")+"\n"+engineersHead, true)
	f.Add("实例 ID|地域 ID|公司名称|专线类型|施工单位|施工时间 (UTC)|带宽 (Mbit/s)|结果\npc-aaaa1|华东1（杭州）|示例（杭州）有限公司|光纤直连|样例|二〇二七年一月十五日（星期五）下午三点一刻 北京时间|１００|SUBMITTED 已受理",
		"实例 ID|姓名|证件类型|证件号码|性别|联系方式\npc-aaaa1、pc-aaaa2|示例·测试|港澳居民来往内地通行证|H00000000|男|＋８６ 138—0000—0000\n全部|示例|身份证|00000019900101001Ｘ|女|1", true)
	f.Fuzz(func(t *testing.T, circuits, engineers string, flag bool) {
		g := (&grid{date1904: flag}).add("Circuits", circuits).add("Engineers", engineers)
		for _, purpose := range []sheet.Purpose{sheet.ForApplication, sheet.ForCompletion, sheet.ForAdvance} {
			decodeAnything(t, g, sheet.Options{Now: now, Strict: flag, Purpose: purpose})
		}
	})
}

// decodeAnything decodes a workbook and checks what is true of every one.
func decodeAnything(t *testing.T, g *grid, o sheet.Options) {
	t.Helper()
	w, err := sheet.Decode(g, o)
	var input *sheet.InputError
	switch {
	case err == nil:
		checkWorkbook(t, g, w)
		checkKept(t, g, w)
		sheet.Results(w, nil, codes{}, w.Language())
	case !errors.As(err, &input) || len(input.Problems) == 0:
		t.Fatal(err)
	}
}

// codes renders a problem as its code.
type codes struct{}

func (codes) Problem(p sheet.Problem) (string, string) { return p.Code, "fix it" }
func (codes) Line(code string, args ...sheet.Arg) string {
	for _, a := range args {
		code += " " + a.Name + "=" + a.Value
	}
	return code
}
