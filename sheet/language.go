package sheet

import (
	"slices"
	"strings"
	"unicode"
)

// Language is a language in which workbooks are made: the template, and what is written
// back. A workbook is read whatever its language; the names may even be mixed.
type Language uint8

// The languages.
const (
	English Language = iota
	Chinese          // simplified
)

// Languages lists the languages.
var Languages = []Language{English, Chinese}

// Tag returns the language's tag (BCP 47): en, zh.
func (l Language) Tag() string { return vocabularies[l].tag }

// vocabulary is what a workbook of one language is made of. Whatever is written in one
// language is read in every other: the names of sheets and columns, the values of closed
// lists, the results.
type vocabulary struct {
	tag     string
	sheets  [BothSheets]string             // names of the data sheets
	headers [columnCount]string            // of the data columns
	results [len(ResultHeaders)]string     // headers of the result columns
	added   map[string]string              // names of the sheets that a run or the template adds, by their English names
	colon   string                         // behind the place that a sentence is about
	check   string                         // header of the template's column that checks what is typed
	values  map[ColumnID]map[string]string // of closed lists, by the API's spelling; others are shown as the API has them
	words   map[Result]string              // beside the word of a result; empty if that is clear
	states  map[string]string              // beside the state of an LOA; likewise
}

// vocabularies holds the vocabulary of each language. The Chinese terms are those of
// Alibaba Cloud's own pages.
var vocabularies = [...]vocabulary{
	English: {tag: "en", sheets: [...]string{CircuitsSheet: CircuitsName, EngineersSheet: EngineersName}, headers: englishHeaders(), results: ResultHeaders, colon: ": ", check: "#Check",
		values: map[ColumnID]map[string]string{
			CircuitLineProvider: {"中国电信": "China Telecom", "中国联通": "China Unicom", "中国移动": "China Mobile", "中国其他": "Other ISPs in China"},
		},
	},
	Chinese: {
		tag:    "zh",
		sheets: [...]string{CircuitsSheet: "专线", EngineersSheet: "施工工程师"},
		headers: [...]string{
			CircuitInstanceID: "实例 ID", CircuitRegionID: "地域 ID", CircuitCompanyName: "公司名称", CircuitLineType: "专线类型", CircuitSi: "施工单位",
			CircuitConstructionTime: "施工时间 (UTC)", CircuitBandwidth: "带宽 (Mbit/s)", CircuitPeerLocation: "对端位置", CircuitClientToken: "客户端 Token", CircuitAccount: "账号",
			CircuitLineCode: "线路编码", CircuitLineLabel: "线路标签", CircuitLineProvider: "线路运营商", CircuitLineContact: "线路联系方式", CircuitFinished: "施工完成", CircuitConfirm: "确认专线",
			EngineerInstanceID: "实例 ID", EngineerName: "姓名", EngineerCertificateType: "证件类型", EngineerCertificateNo: "证件号码", EngineerGender: "性别", EngineerContact: "联系方式",
		},
		results: [...]string{
			ColResult: "结果", ColMessage: "说明", ColErrorCode: "错误码", ColRequestID: "请求 ID", ColSubmittedAt: "提交时间 (UTC)",
			ColAttempts: "尝试次数", ColClientToken: "使用的客户端 Token", ColLOAStatus: "LOA 状态", ColLOAAskedAt: "LOA 查询时间 (UTC)", ColLetter: "LOA 文件",
		},
		added: map[string]string{"Errors": "错误", "Summary": "摘要", "Guide": "填写说明", "Lists": "列表"},
		check: "#检查",
		colon: "：",
		values: map[ColumnID]map[string]string{
			CircuitLineType:         {"FIBRE": "光纤直连", "Other": "其他"},
			CircuitFinished:         {Yes: "是", No: "否"},
			CircuitConfirm:          {Yes: "是", No: "否"},
			EngineerCertificateType: {"IDCard": "身份证", "Passport": "护照"},
			EngineerGender:          {"Male": "男", "Female": "女"},
		},
		words: map[Result]string{
			Submitted: "已受理", Already: "此前已受理", Valid: "校验通过", Blocked: "暂不可申请", Invalid: "校验未通过",
			Refused: "已拒绝", Failed: "失败", Unknown: "结果未知", NotAttempted: "未执行", Skipped: "已跳过",
		},
		states: map[string]string{
			LOAApplying: "申请中", LOAAccept: "申请通过", LOAAvailable: "可用", LOARejected: "已驳回", LOACompleting: "施工中", LOAComplete: "施工完成", LOADeleted: "已删除", NoLOA: "没有 LOA",
		},
	},
}

// englishHeaders returns the headers of the column table.
func englishHeaders() (headers [columnCount]string) {
	for _, c := range Columns {
		headers[c.ID] = c.Header
	}
	return headers
}

// SheetName returns the name of a data sheet.
func (l Language) SheetName(id SheetID) string { return vocabularies[l].sheets[id] }

// Header returns the header of a data column.
func (l Language) Header(id ColumnID) string { return vocabularies[l].headers[id] }

// ResultHeader returns the header of a result column.
func (l Language) ResultHeader(id ResultColumn) string { return vocabularies[l].results[id] }

// CheckHeader returns the header of the template's column that checks what is typed. It
// starts with #, so that it is not read.
func (l Language) CheckHeader() string { return vocabularies[l].check }

// AddedName returns the name of a sheet that a run or the template adds, given its English
// name.
func (l Language) AddedName(english string) string {
	if name := vocabularies[l].added[english]; name != "" {
		return name
	}
	return english
}

// Values returns the closed list of a column as a person reads it, in the API's order.
func (l Language) Values(c *Column) []string {
	shown := slices.Clone(c.Values)
	for i, v := range shown {
		if s := vocabularies[l].values[c.ID][v]; s != "" {
			shown[i] = s
		}
	}
	return shown
}

// Result returns a result as a person reads it: the word, and what it means beside it,
// such as SUBMITTED 已受理.
func (l Language) Result(r Result) string { return beside(string(r), vocabularies[l].words[r]) }

// State returns the state of an LOA as a person reads it, such as Applying 申请中.
func (l Language) State(status string) string {
	return beside(status, vocabularies[l].states[status])
}

func beside(word, meaning string) string {
	if meaning == "" {
		return word
	}
	return word + " " + meaning
}

// ParseResult returns the result in a cell of a Result column, in any language it was
// written. Any other text is returned as it is.
func ParseResult(s string) Result {
	if slices.Contains(AllResults, Result(s)) { // as most are, of English books
		return Result(s)
	}
	if word, found := wordKeys[foldKey(s)]; found {
		return Result(word)
	}
	return Result(s)
}

// ParseState returns the state of an LOA in a cell, in any language it was written. Any
// other text is returned as it is.
func ParseState(s string) string {
	if word, found := stateKeys[foldKey(s)]; found {
		return word
	}
	return s
}

// Folded texts of the result columns with their words. Texts of English alone are left out:
// they are compared letter by letter.
var wordKeys, stateKeys = foldedWords()

func foldedWords() (words, states map[string]string) {
	words, states = map[string]string{}, map[string]string{}
	for _, v := range vocabularies {
		for r, meaning := range v.words {
			words[foldKey(beside(string(r), meaning))], words[foldKey(meaning)] = string(r), string(r)
		}
		for s, meaning := range v.states {
			states[foldKey(beside(s, meaning))], states[foldKey(meaning)] = s, s
		}
	}
	return words, states
}

// Language returns the language of a workbook: Chinese if the name of one of its sheets is,
// or where people have given them names of their own, if most headers are.
func (w *Workbook) Language() Language {
	chinese, headers := 0, 0
	for _, t := range []*Table{&w.CircuitsTable, &w.EngineersTable} {
		if isChinese(t.Sheet) {
			return Chinese
		}
		for _, h := range t.Headers {
			headers++
			if isChinese(h) {
				chinese++
			}
		}
	}
	if chinese*2 > headers {
		return Chinese
	}
	return English
}

// isChinese reports whether a name has Chinese characters.
func isChinese(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}
