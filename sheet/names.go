package sheet

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sheetAliases are further names of the two sheets, and those that a misspelt name is compared with.
var sheetAliases = [...][]string{
	CircuitsSheet:  {CircuitsName, "Circuit", "Circuit list", "专线", "物理专线", "专线列表", "专线信息", "专线清单", "线路"},
	EngineersSheet: {EngineersName, "Engineer", "Engineer list", "Construction engineers", "施工工程师", "工程师", "施工人员", "施工工程师列表", "施工工程师信息", "工程师列表", "工程师信息"},
}

// resultAliases are further headers of the result columns.
var resultAliases = map[ResultColumn][]string{ColMessage: {"消息"}, ColErrorCode: {"错误代码"}, ColLOAAskedAt: {"LOA asked at", "LOA 查询时间"}}

// valueAliases are further spellings of the values of closed lists, folded.
var valueAliases = map[ColumnID]map[string]string{
	CircuitLineType: {
		"光纤": "FIBRE", "光纤专线": "FIBRE", "裸光纤": "FIBRE", "fiber": "FIBRE", "opticalfibre": "FIBRE", "opticalfiber": "FIBRE",
		"其它": "Other", "others": "Other", "mstp专线": "MSTP", "mplsvpn专线": "MPLSVPN",
	},
	CircuitLineProvider: {
		"电信": "中国电信", "telecom": "中国电信", "chinatelecomcorporation": "中国电信", "chinatelecommunications": "中国电信", "chinanet": "中国电信", "ct": "中国电信", "ctcc": "中国电信",
		"联通": "中国联通", "unicom": "中国联通", "chinaunitedtelecom": "中国联通", "cu": "中国联通", "cucc": "中国联通", "中国网通": "中国联通", "网通": "中国联通",
		"移动": "中国移动", "mobile": "中国移动", "chinamobilecommunications": "中国移动", "cm": "中国移动", "cmcc": "中国移动", "中国铁通": "中国移动", "铁通": "中国移动",
		"其他": "中国其他", "其它": "中国其他", "中国其它": "中国其他", "其他运营商": "中国其他", "其它运营商": "中国其他", "other": "中国其他", "others": "中国其他", "otherisp": "中国其他", "otherisps": "中国其他", "otherispinchina": "中国其他",
	},
	CircuitFinished: yesNoAliases(
		[]string{"done", "finished", "complete", "completed", "完成", "已完成", "完工", "已完工", "竣工", "已竣工", "施工完成"},
		[]string{"notdone", "notfinished", "notcomplete", "notcompleted", "unfinished", "incomplete", "未完成", "未完工", "未竣工", "尚未完成", "施工中"}),
	CircuitConfirm: yesNoAliases(
		[]string{"confirm", "pleaseconfirm", "确认", "请确认"},
		[]string{"donotconfirm", "dontconfirm", "不确认", "暂不确认", "先不确认"}),
	EngineerCertificateType: {
		"居民身份证": "IDCard", "二代身份证": "IDCard", "identitycard": "IDCard",
	},
	EngineerGender: {"男性": "Male", "女性": "Female"},
}

// yesNoAliases returns further spellings of yes and no: those of any question, and some of
// one. None may be taken for its opposite, or for "not known yet".
func yesNoAliases(yes, no []string) map[string]string {
	m := map[string]string{}
	for _, s := range append(yes, "y", "true", "t", "1", "是的", "对", "真", "要", "需要") {
		m[s] = Yes
	}
	for _, s := range append(no, "n", "false", "f", "0", "not", "notyet", "不", "不是", "假", "不要", "不需要", "暂不") {
		m[s] = No
	}
	return m
}

// Folded names with their meanings.
var (
	sheetKeys  = foldedSheets()
	headerKeys = foldedHeaders()
	resultKeys = foldedResults()
	valueKeys  = foldedValues()
)

func foldedSheets() map[string]SheetID {
	m := map[string]SheetID{}
	for id, names := range sheetAliases {
		for _, n := range names {
			m[foldKey(n)] = SheetID(id)
		}
	}
	for _, l := range vocabularies {
		for id, n := range l.sheets {
			m[foldKey(n)] = SheetID(id)
		}
	}
	return m
}

func foldedHeaders() (m [BothSheets]map[string]ColumnID) {
	for i := range m {
		m[i] = map[string]ColumnID{}
	}
	for _, c := range Columns {
		for _, h := range c.Aliases {
			m[c.Sheet][foldKey(h)] = c.ID
		}
		for _, l := range vocabularies {
			m[c.Sheet][foldKey(l.headers[c.ID])] = c.ID
		}
		if c.Parameter == "" {
			continue
		}
		m[c.Sheet][foldKey(c.Parameter)] = c.ID
		if c.Sheet == EngineersSheet { // as on the API's page, where N stands for a number
			m[c.Sheet][foldKey("PMInfo.N."+c.Parameter)] = c.ID
		}
	}
	return m
}

func foldedResults() map[string]ResultColumn {
	m := map[string]ResultColumn{}
	for _, l := range vocabularies {
		for id, h := range l.results {
			m[foldKey(h)] = ResultColumn(id)
		}
	}
	for id, headers := range resultAliases {
		for _, h := range headers {
			m[foldKey(h)] = id
		}
	}
	return m
}

func foldedValues() map[ColumnID]map[string]string {
	m := map[ColumnID]map[string]string{}
	for _, c := range Columns {
		if c.Values == nil {
			continue
		}
		keys := maps.Clone(valueAliases[c.ID])
		for _, l := range Languages {
			for i, shown := range l.Values(&c) {
				keys[foldKey(shown)] = c.Values[i]
			}
		}
		m[c.ID] = keys
	}
	return m
}

// Spellings lists the spellings of the values of a closed list that are read, sorted and folded:
// letters and digits only, in lower case and half width.
func (c *Column) Spellings() []string { return slices.Sorted(maps.Keys(valueKeys[c.ID])) }

// regionNames are the Chinese names of regions as the console shows them, without what is in
// front of the brackets: 华东1（杭州） is cn-hangzhou (Alibaba Cloud, regions and zones).
var regionNames = map[string]string{
	"杭州": "cn-hangzhou", "上海": "cn-shanghai", "南京": "cn-nanjing", "福州": "cn-fuzhou", "武汉": "cn-wuhan-lr",
	"青岛": "cn-qingdao", "北京": "cn-beijing", "张家口": "cn-zhangjiakou", "呼和浩特": "cn-huhehaote", "乌兰察布": "cn-wulanchabu",
	"深圳": "cn-shenzhen", "河源": "cn-heyuan", "广州": "cn-guangzhou", "成都": "cn-chengdu", "香港": "cn-hongkong",
	"新加坡": "ap-southeast-1", "吉隆坡": "ap-southeast-3", "雅加达": "ap-southeast-5", "马尼拉": "ap-southeast-6", "曼谷": "ap-southeast-7",
	"东京": "ap-northeast-1", "首尔": "ap-northeast-2", "法兰克福": "eu-central-1", "伦敦": "eu-west-1",
	"硅谷": "us-west-1", "弗吉尼亚": "us-east-1", "迪拜": "me-east-1", "利雅得": "me-central-1",
}

// regionNamed returns the region whose name is in a folded text, or "" if none or several are.
func regionNamed(key string) string {
	return only(func(yield func(string)) {
		for name, id := range regionNames {
			if strings.Contains(key, name) {
				yield(id)
			}
		}
	})
}

// sheetKey folds a sheet's name without the number that a spreadsheet program appends to
// the name of a copied sheet, as in Circuits (2).
func sheetKey(name string) string {
	base, copied := strings.CutSuffix(strings.TrimSpace(name), ")")
	if i := strings.LastIndexByte(base, '('); copied && i > 0 && isDigits(base[i+1:]) {
		name = base[:i]
	}
	return foldKey(name)
}

// ownHeader reports whether a header marks a column as the user's own: it starts with #.
func ownHeader(header string) bool {
	h := strings.TrimLeftFunc(header, isOuter)
	return strings.HasPrefix(h, "#") || strings.HasPrefix(h, "＃")
}

// columnByHeader finds the column that a header on a sheet means: by the whole header;
// or by its lines, as in a header in two languages; or without a remark in brackets. The
// last two do not apply to columns whose header names a unit or a zone.
func columnByHeader(id SheetID, header string) (ColumnID, bool) {
	if c, ok := headerKeys[id][foldKey(header)]; ok {
		return c, true
	}
	parts := strings.FieldsFunc(header, func(r rune) bool { return r == '\n' || r == '\r' || r == '/' || r == '|' || r == '／' })
	found, ok := NoColumn, false
	for _, part := range parts {
		c, known := headerKeys[id][foldKey(part)]
		switch {
		case !known:
		case ok && c != found:
			return NoColumn, false
		default:
			found, ok = c, true
		}
	}
	if ok && len(parts) > 1 && !measured(found) {
		return found, true
	}
	if i := strings.IndexFunc(header, func(r rune) bool { return r == '(' || r == '（' }); i > 0 {
		c, ok := headerKeys[id][foldKey(header[:i])]
		return c, ok && !measured(c)
	}
	return NoColumn, false
}

// measured reports whether the header of a column names a unit or a time zone.
func measured(c ColumnID) bool { return c == CircuitConstructionTime || c == CircuitBandwidth }

// nearHeader returns the column that a misspelt header probably means.
func nearHeader(id SheetID, header string) (ColumnID, bool) {
	key := foldKey(header)
	for _, known := range slices.Sorted(maps.Keys(headerKeys[id])) {
		if nearMiss(key, known) {
			return headerKeys[id][known], true
		}
	}
	return NoColumn, false
}

// nearSheet returns the name that is probably a misspelling of a sheet's, or "".
func nearSheet(id SheetID, names []string) string {
	for _, name := range names {
		key := sheetKey(name)
		if _, taken := sheetKeys[key]; taken {
			continue
		}
		for _, known := range sheetAliases[id] {
			if nearMiss(key, foldKey(known)) {
				return name
			}
		}
	}
	return ""
}

// foldKey returns the form in which headers, sheet names and values of closed lists are
// compared: letters and digits only, in lower case and half width.
func foldKey(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch r = narrow(r); {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteByte(byte(r))
		case r >= 'A' && r <= 'Z':
			b.WriteByte(byte(r) | 0x20)
		case r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// nearMiss reports whether a key is probably a misspelling of a known one: at most two
// edits apart from ten characters on, one from three on, and none below.
func nearMiss(key, known string) bool {
	n, m := utf8.RuneCountInString(key), utf8.RuneCountInString(known)
	limit := 0
	switch shorter := min(n, m); {
	case shorter >= 10:
		limit = 2
	case shorter >= 3:
		limit = 1
	}
	if limit == 0 || n-m > limit || m-n > limit {
		return false
	}
	return Distance([]rune(key), []rune(known)) <= limit
}

// nearest returns the candidate with the smallest distance to s, the first of equals.
func nearest(s string, candidates []string) string {
	best, least := "", -1
	from := []rune(s)
	from = from[:min(len(from), 64)]
	for _, c := range candidates {
		if d := Distance(from, []rune(c)); least < 0 || d < least {
			best, least = c, d
		}
	}
	return best
}

// Distance returns the optimal string alignment distance of two texts: the number of edits
// between them, each of which inserts, deletes or replaces a character or swaps neighbours.
func Distance(a, b []rune) int {
	prev, cur, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range cur {
		cur[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(cur[j]+1, next[j-1]+1, cur[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], prev[j-2]+1)
			}
		}
		prev, cur, next = cur, next, prev
	}
	return cur[len(b)]
}
