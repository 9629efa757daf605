package letters

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

var rowFacts = Facts{InstanceID: "pc-bp1abc123def456ghi789", Company: "测试云帆科技（北京）有限公司", Builder: "样例通信工程有限公司", Private: []string{"张测试", "John Sample"}}

var latinFacts = Facts{InstanceID: "pc-bp1abc123def456ghi789", Company: "Sample Cloud Trading Co., Ltd.", Builder: "Example Wiring GmbH"}

// TestCompareSame finds no difference where there is none, however the text was extracted.
func TestCompareSame(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		facts Facts
	}{
		"sentence":             {"兹授权测试云帆科技（北京）有限公司的物理专线pc-bp1abc123def456ghi789进场施工。", rowFacts},
		"labels":               {"公司名称：测试云帆科技（北京）有限公司\n实例 ID：pc-bp1abc123def456ghi789", rowFacts},
		"half-width brackets":  {"公司名称:测试云帆科技(北京)有限公司\npc-bp1abc123def456ghi789", rowFacts},
		"full width":           {"公司名称：测试云帆科技（北京）有限公司　ｐｃ－ｂｐ１ａｂｃ１２３ｄｅｆ４５６ｇｈｉ７８９", rowFacts},
		"radicals":             {"⻄⻓⻋⻔⻢⻰科技有限公司 pc-bp1abc123def456ghi789", Facts{InstanceID: "pc-bp1abc123def456ghi789", Company: "西长车门马龙科技有限公司"}},
		"spaced out":           {"公 司 名 称 ： 测 试 云 帆 科 技 （ 北 京 ） 有 限 公 司 p c - b p 1 a b c 1 2 3 d e f 4 5 6 g h i 7 8 9", rowFacts},
		"broken ID":            {"测试云帆科技（北京）有限公司 pc-bp1abc\r\n123def456ghi789 杭州", rowFacts},
		"hyphen at line end":   {"测试云帆科技（北京）有限公司 pc\x02bp1abc123def456ghi789", rowFacts},
		"other hyphens":        {"测试云帆科技（北京）有限公司 pc‑bp1abc123def456ghi789 pc–bp1abc123def456ghi789", rowFacts},
		"capitals":             {"SAMPLE CLOUD TRADING CO., LTD. PC-BP1ABC123DEF456GHI789", latinFacts},
		"no spaces":            {"weauthorizeSampleCloudTradingCo.,Ltd.tobuildpc-bp1abc123def456ghi789inregion", latinFacts},
		"glued to a date":      {"Sample Cloud Trading Co.,Ltd pc-bp1abc123def456ghi7892027-01-15", latinFacts},
		"hyphenated":           {"Sample Cloud Trad\x02\r\ning Co., Ltd. pc-bp1abc123def456ghi789", latinFacts},
		"other things":         {"Sample Cloud Trading Co., Ltd. vpc-bp1zzz999 epc-12345678 pc-based PC-2027 pc-bp1abc123def456ghi789", latinFacts},
		"other companies":      {"阿里云计算有限公司授权测试云帆科技（北京）有限公司，施工单位：样例通信工程有限公司，运营商：中国电信股份有限公司 pc-bp1abc123def456ghi789", rowFacts},
		"labels of others":     {"Construction company name: Example Wiring GmbH\nCompany name: Sample Cloud Trading Co., Ltd.\npc-bp1abc123def456ghi789", latinFacts},
		"label of the builder": {"Company name: Example Wiring GmbH\nCustomer: Sample Cloud Trading Co., Ltd.\npc-bp1abc123def456ghi789", latinFacts},
		"columns":              {"公司名称：测试云帆科技 施工单位：样例通信工程有\n（北京）有限公司 限公司\n实例：pc-bp1abc123de 时间：2027 年\nf456ghi789 1 月", rowFacts},
		"three columns":        {"Company name: Sample Region: Builder:\nCloud Trading Hangzhou Example\nCo., Ltd. Wiring GmbH\npc-bp1abc123def456ghi789", latinFacts},
		"cells":                {"公司名称\n测试云帆科技（北京）\n有限公司\n物理专线实例 ID\npc-bp1abc123def456ghi789", rowFacts},
		"no facts":             {"anything", Facts{}},
	} {
		if list := Compare(c.text, c.facts); len(list) > 0 {
			t.Errorf("%s: %+v", name, list)
		}
	}
}

// TestCompareOther finds the letters of others, and quotes nobody's name.
func TestCompareOther(t *testing.T) {
	want := func(code, want, found string) Difference { return Difference{code, want, found} }
	id, company, latin := rowFacts.InstanceID, rowFacts.Company, latinFacts.Company
	for name, c := range map[string]struct {
		text  string
		facts Facts
		want  []Difference
	}{
		"both": {"公司名称：样本星河网络股份有限公司\n实例 ID：pc-bp1zzz123def456ghi000", rowFacts,
			[]Difference{want(codeOtherCircuit, id, "pc-bp1zzz123def456ghi000"), want(codeOtherCompany, company, "样本星河网络股份有限公司")}},
		"nothing":          {"样例通信工程有限公司 施工须知", rowFacts, []Difference{want(codeNoCircuit, id, ""), want(codeNoCompany, company, "")}},
		"empty":            {"", rowFacts, []Difference{want(codeNoCircuit, id, ""), want(codeNoCompany, company, "")}},
		"two IDs":          {company + " pc-bp1abc123def456ghi789 pc-bp1zzz123def456ghi000 pc-bp1zzz123def456ghi000", rowFacts, []Difference{want(codeOtherCircuit, id, "pc-bp1zzz123def456ghi000")}},
		"last digit":       {company + " pc-bp1abc123def456ghi780", rowFacts, []Difference{want(codeOtherCircuit, id, "pc-bp1abc123def456ghi780")}},
		"broken other":     {company + " pc-bp1zzz123\r\ndef456ghi000 杭州", rowFacts, []Difference{want(codeOtherCircuit, id, "pc-bp1zzz123def456ghi000")}},
		"full-width other": {company + " ｐｃ－ｂｐ１ｚｚｚ１２３ｄｅｆ４５６ｇｈｉ０００", rowFacts, []Difference{want(codeOtherCircuit, id, "pc-bp1zzz123def456ghi000")}},
		"many IDs":         {company + " pc-00000001 pc-00000002 pc-00000003 pc-00000004", rowFacts, []Difference{want(codeOtherCircuit, id, "pc-00000001, pc-00000002, pc-00000003")}},
		"label, ours elsewhere": {"致：测试云帆科技（北京）有限公司\n客户名称：样本星河网络有限公司\npc-bp1abc123def456ghi789", rowFacts,
			[]Difference{want(codeOtherCompany, company, "样本星河网络有限公司")}},
		"name over two lines":   {"公司名称 样本星河网络\n技术有限公司\npc-bp1abc123def456ghi789", rowFacts, []Difference{want(codeOtherCompany, company, "样本星河网络技术有限公司")}},
		"English":               {"Letter\nCompany name: Another Sample Ltd.\npc-bp1abc123def456ghi789", latinFacts, []Difference{want(codeOtherCompany, latin, "Another Sample Ltd")}},
		"branch":                {"公司名称：测试云帆科技（上海）有限公司 pc-bp1abc123def456ghi789", rowFacts, []Difference{want(codeOtherCompany, company, "测试云帆科技(上海)有限公司")}},
		"an engineer's company": {"申请单位：张测试 样本星河网络有限公司 pc-bp1abc123def456ghi789", rowFacts, []Difference{want(codeNoCompany, company, "")}},
		"no label":              {"工程师张测试来自样本星河网络有限公司 pc-bp1abc123def456ghi789", rowFacts, []Difference{want(codeNoCompany, company, "")}},
	} {
		list := Compare(c.text, c.facts)
		if !slices.Equal(list, c.want) {
			t.Errorf("%s: %+v\nwant %+v", name, list, c.want)
		}
		for _, d := range list {
			if d.Certain() != strings.Contains(d.Code, "other") || d.OfCompany() != (d.Want == c.facts.Company) {
				t.Errorf("%s: %+v is certain: %v, of the company: %v", name, d, d.Certain(), d.OfCompany())
			}
		}
	}
}

// TestCompareMuch checks that a text designed to be slow to compare does not take longer.
func TestCompareMuch(t *testing.T) {
	for _, part := range []string{"测试 云帆 科技 ", "测试\n云帆 ", "测试云帆科技（北京 ）有限\n", "pc-bp1abc123\n", "pc-", "pc-1\n", "公司名称：", "Company name: A\n"} {
		start := time.Now()
		Compare(strings.Repeat(part, 3*maxWrapped/len(part)), rowFacts)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%q takes %s", part, took)
		}
	}
}

// mangle does to a text what extraction may do: spaces and line breaks disappear and appear, and characters take
// compatibility forms.
func mangle(text string, dice *rand.Rand) string {
	var b strings.Builder
	wide, drop, space, wrap := dice.IntN(3) == 0, dice.IntN(4), dice.IntN(6), dice.IntN(6)
	for _, r := range text {
		switch {
		case unicode.IsSpace(r) && dice.IntN(4) < drop:
			continue
		case r > ' ' && r < 0x7f && wide && dice.IntN(2) == 0:
			r += 0xfee0
		case r == '-' && dice.IntN(3) == 0:
			r = []rune{'‑', '–', hyphenMark}[dice.IntN(3)]
		}
		b.WriteRune(r)
		switch {
		case dice.IntN(40) < space:
			b.WriteString([]string{" ", "\u3000", "\u00a0"}[dice.IntN(3)])
		case dice.IntN(60) < wrap:
			b.WriteString([]string{"\n", "\r\n", " \n", "\u00ad\n"}[dice.IntN(4)])
		}
	}
	return b.String()
}

// FuzzLetterText compares the row's own letter, which no extraction may turn into another's, and the fuzzer's text,
// which must be quoted literally and without names.
func FuzzLetterText(f *testing.F) {
	f.Add(uint64(1), "")
	f.Add(uint64(2), "公司名称：样本星河网络有限公司 张测试 pc-bp1zzz123def456ghi000")
	f.Add(uint64(3), "Company name: John Sample Another Ltd.\r\npc-\r\nbp1zzz\x02123")
	f.Add(uint64(4), "pc pc- pc-b pc-bp1abc123def456ghi789\x00pc-bp1abc123def456ghi78")
	f.Add(uint64(5), "申请单位：：：有限公司公司名称公司名称 公司 Ltd Limited\n\n\n")
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		if len(text) > 4096 {
			return
		}
		dice := rand.New(rand.NewPCG(seed, 0))
		for _, facts := range []Facts{rowFacts, latinFacts} {
			letter := "Letter of Authorization 授权函\n" + facts.Company + " : " + facts.InstanceID + " , 施工单位 " + facts.Builder + "\n2027-01-15 08:00\n"
			if mangled := mangle(letter, dice); len(Compare(mangled, facts)) > 0 {
				t.Errorf("%q is ours: %+v", mangled, Compare(mangled, facts))
			}
			list := Compare(text, facts)
			if !slices.Equal(list, Compare(text, facts)) {
				t.Errorf("%q is compared differently the second time", text)
			}
			all := string(parse(text).bare)
			for _, d := range list {
				for part := range strings.SplitSeq(d.Found, ", ") {
					if d.Code == codeOtherCircuit && !strings.Contains(all, string(fold(part))) {
						t.Errorf("%q has no %q", text, part)
					}
				}
				for _, name := range facts.Private {
					if strings.Contains(string(fold(d.Found)), string(fold(name))) {
						t.Errorf("%q quotes %s", d.Found, name)
					}
				}
				if strings.ContainsAny(d.Found, "\r\n\x00\x1b") {
					t.Errorf("%q has control characters", d.Found)
				}
			}
		}
	})
}
