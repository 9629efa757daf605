package sheet

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// sheetAliases are further names of the two sheets, in the languages that are read.
var sheetAliases = [...][]string{
	CircuitsSheet:  {CircuitsName, "Circuit", "Circuit list", "专线", "物理专线", "专线列表", "专线信息", "专线清单", "线路"},
	EngineersSheet: {EngineersName, "Engineer", "Engineer list", "Construction engineers", "施工工程师", "工程师", "施工人员", "施工工程师列表", "施工工程师信息", "工程师列表", "工程师信息"},
}

// resultAliases are the headers of result columns in further languages.
var resultAliases = [...][]string{
	ColResult:      {"结果"},
	ColMessage:     {"说明", "消息"},
	ColErrorCode:   {"错误码", "错误代码"},
	ColRequestID:   {"请求 ID"},
	ColSubmittedAt: {"提交时间 (UTC)"},
	ColAttempts:    {"尝试次数"},
	ColClientToken: {"使用的客户端 Token"},
	ColLOAStatus:   {"LOA 状态"},
}

// Folded names, each with what it stands for.
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
	return m
}

func foldedHeaders() (m [BothSheets]map[string]ColumnID) {
	for i := range m {
		m[i] = map[string]ColumnID{}
	}
	for _, c := range Columns {
		for _, h := range append([]string{c.Header}, c.Aliases...) {
			m[c.Sheet][foldKey(h)] = c.ID
		}
		if c.Parameter == "" {
			continue
		}
		m[c.Sheet][foldKey(c.Parameter)] = c.ID
		if c.Sheet == EngineersSheet { // as the API's page names it, N for any number
			m[c.Sheet][foldKey("PMInfo.N."+c.Parameter)] = c.ID
		}
	}
	return m
}

func foldedResults() map[string]ResultColumn {
	m := map[string]ResultColumn{}
	for id, h := range ResultHeaders {
		for _, n := range append([]string{h}, resultAliases[id]...) {
			m[foldKey(n)] = ResultColumn(id)
		}
	}
	return m
}

// valueAliases are other spellings of the values of closed lists.
var valueAliases = map[ColumnID]map[string]string{
	CircuitLineType: {
		"光纤": "FIBRE", "裸光纤": "FIBRE", "fiber": "FIBRE", "opticalfibre": "FIBRE", "opticalfiber": "FIBRE",
		"其他": "Other", "其它": "Other", "others": "Other", "mstp专线": "MSTP", "mplsvpn专线": "MPLSVPN",
	},
	EngineerCertificateType: {
		"身份证": "IDCard", "居民身份证": "IDCard", "二代身份证": "IDCard", "identitycard": "IDCard", "护照": "Passport",
	},
	EngineerGender: {"男": "Male", "男性": "Male", "女": "Female", "女性": "Female"},
}

func foldedValues() map[ColumnID]map[string]string {
	m := map[ColumnID]map[string]string{}
	for _, c := range Columns {
		if c.Values == nil {
			continue
		}
		keys := maps.Clone(valueAliases[c.ID])
		for _, v := range c.Values {
			keys[foldKey(v)] = v
		}
		m[c.ID] = keys
	}
	return m
}

// sheetKey folds a sheet's name; the number that a spreadsheet appends to the name of
// a copied sheet, as in Circuits (2), is dropped.
func sheetKey(name string) string {
	base, copied := strings.CutSuffix(strings.TrimSpace(name), ")")
	if i := strings.LastIndexByte(base, '('); copied && i > 0 && isDigits(base[i+1:]) {
		name = base[:i]
	}
	return foldKey(name)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// ownHeader reports whether a header marks a column as the user's own: it starts with #.
func ownHeader(header string) bool {
	h := strings.TrimLeftFunc(header, isOuter)
	return strings.HasPrefix(h, "#") || strings.HasPrefix(h, "＃")
}

// columnByHeader finds the column that a header means on its sheet: by the whole
// header; else by one of its lines, as in a header in two languages; else without a
// remark in brackets, which counts only where it could change no unit and no zone.
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

// measured reports whether the header of a column names a unit or a zone.
func measured(c ColumnID) bool { return c == CircuitConstructionTime || c == CircuitBandwidth }

// nearHeader gives the column whose header a misspelt one probably means.
func nearHeader(id SheetID, header string) (ColumnID, bool) {
	key := foldKey(header)
	for _, known := range slices.Sorted(maps.Keys(headerKeys[id])) {
		if nearMiss(key, known) {
			return headerKeys[id][known], true
		}
	}
	return NoColumn, false
}

// isOuter reports whether a character is dropped at the ends of a value: white space
// of any kind, and what has no width.
func isOuter(r rune) bool {
	switch r {
	case 0x180E, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF:
		return true
	}
	return unicode.IsSpace(r)
}
