package nodata

import (
	"strings"
	"unicode"
)

// set makes a set of the words of a text.
func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// functions are the worksheet functions that people type or export most (Microsoft, Excel
// functions by category; Google, Sheets function list). Any other function is recognised
// when its arguments have the form of a formula.
var functions = set(`ABS ADDRESS AND ARRAYFORMULA AVERAGE CELL CHAR CHOOSE CLEAN COLUMN CONCAT CONCATENATE COUNT COUNTA
	COUNTIF COUNTIFS DATE DATEVALUE DAY EDATE EXACT FILTER FIND FLATTEN GETPIVOTDATA GOOGLEFINANCE HLOOKUP HYPERLINK IF
	IFERROR IFNA IFS IMPORTDATA IMPORTRANGE IMPORTXML INDEX INDIRECT INT ISBLANK ISERROR LAMBDA LEFT LEN LET LOOKUP LOWER
	MATCH MAX MID MIN MOD MONTH NOT NOW NUMBERVALUE OFFSET OR PROPER QUERY REPLACE RIGHT ROUND ROW SEARCH SORT SPLIT
	SUBSTITUTE SUBTOTAL SUM SUMIF SUMIFS SUMPRODUCT SWITCH TEXT TEXTJOIN TODAY TRANSPOSE TRIM TRUNC UNIQUE UPPER VALUE
	VLOOKUP WEBSERVICE XLOOKUP XMATCH YEAR`)

// markedWords are the error values in English (Microsoft, Excel.ErrorCellValueType and
// ERROR.TYPE; Google, ERROR.TYPE), without their #, which may be lost. Those of other
// languages are recognised by their form.
var markedWords = set(`NULL! DIV/0! VALUE! REF! NAME? NUM! SPILL! CALC! FIELD! BLOCKED! UNKNOWN! CONNECT! BUSY! EXTERNAL!
	PYTHON! TIMEOUT! ERROR! CIRCULAR! CYCLE!`)

// bareErrors are error values that end without a mark: not available, in the languages that
// write it as one word (Excel in German, Hungarian, Slovak, Turkish, Finnish, Swedish), and
// the English ones whose mark is lost.
var bareErrors = set(`NV YOK HIÁNYZIK NEDOSTUPNÝ NEDOSTUPNÉ PUUTTUU SAKNAS ND NA NULL DIV/0 VALUE REF NAME NUM SPILL CALC FIELD ERROR BUSY`)

// errorNames are the words before the number in LibreOffice's Err:502, in its languages.
var errorNames = set(`ERR ERROR ERREUR ERRO ERRORE FEHLER FOUT FEL FEJL FEIL VIRHE BŁĄD CHYBA HIBA HATA ОШ ОШИБКА ПОМИЛКА 错误 錯誤 エラー 오류`)

// waiting are the texts of a cell whose value has not arrived yet (Google Sheets, Excel,
// WPS), as keys.
var waiting = set(`loading calculating refreshing gettingdata requestingdata 加载中 正在加载 載入中 载入中 正在載入 正在载入 读取中 正在计算 计算中 正在獲取資料 正在获取数据 読み込み中`)

// pictures stand for a picture in the text of other programs, as keys.
var pictures = set(`图片 圖片 照片 截图 单元格图片`)

// placeholders say that there is no value, as keys. The first line is what programs write
// for a missing value (pandas, read_csv na_values; JavaScript, undefined and [object
// Object]; Java and SQL, null); the others are what people write.
var placeholders = set(`na nan null nil none undefined objectobject notanumber nonetype invaliddate
	notapplicable notavailable nodata noinfo noinformation novalue nothingyet nonegiven unknown notknown unspecified notspecified
	notprovided notgiven notset notassigned unassigned notyetknown notyet notfound blank empty unk
	tbd tbc tba tbdtbc tobedetermined tobeconfirmed tobeannounced tobeadvised tobedecided tobedefined tobefilled tobefilledin
	tobecompleted tobeprovided tobesupplied tobespecified tobeadded tobeupdated tobenotified tobeagreed tofollow pending todo fixme placeholder
	fillin fillmein pleasefill pleasefillin pleaseenter pleaseselect pleasechoose selectone chooseone loremipsum
	ditto sameasabove sameabove asabove seeabove asbelow seebelow sameasbefore sameasprevious sameaslast
	seeattached seeattachment seeattachments attached asattached perattached perattachment seenote seenotes seeremark seeremarks seecomment seecomments seefile seeemail
	无 無 沒有 没有 暂无 暫無 暂时没有 暂缺 空 空白 空缺 缺 没 否 略 从略 省略 未知 不详 不詳 不明 不知道 不清楚 不适用 不適用 不涉及 无需 无需填写 不需要 不填 不用填 可不填
	待定 待补 待補 待补充 待補充 待填 待填写 待填寫 待确认 待確認 待确定 待確定 待提供 待更新 待完善 待核实 待核对 待通知 待录入 待查 待议 待办 待告知 待回复 待反馈 待分配 待安排 待落实 待商定 待明确 待公布 尚未确定 尚未 暂定 暂未 暂未确定 暂未提供
	未定 未确定 未填 未填写 未提供 未指定 未设置 未分配 未命名 未确认 无数据 無資料 无信息 无内容 无此项 空值 查无
	同上 同下 同左 同右 同前 同上行 同上一行 同上一条 同上述 同上所述 同第一行 同首行 上同 如上 如下 如上所述 如前 如前所述 以上 依上 仝上 仝
	见附件 見附件 详见附件 詳見附件 请见附件 参见附件 如附件 附件 见附表 见附图 见附页 见附录 見附檔 见附 另附 见备注 詳見備註 见下 见下表 见上 见上表 见右 见左 见合同 见邮件 见说明 详见备注 详见邮件 详见合同
	后补 後補 后续补充 后续提供 稍后补充 稍后提供 另行通知 另行提供 随后提供 请填写 请填 请选择 請選擇 请输入 请补充 填写 必填 必填项 选填 选填项 可选
	某 某某 某某某 某某公司 某公司 xx公司 xxx公司 xxxx公司 xx有限公司 xxx有限公司 xxxx有限公司 某某有限公司`)

// names are placeholders that are also names of people and places, spelt like names.
var names = set(`Na Nan Nil Null Todo Blank`)

// startsWord has a bit for the second letter of every word in lower case, by the first;
// names of functions and errors are left to hasMark. startsHan has a bit for the lower 12
// bits of the first character of every Chinese word.
var (
	startsWord [26]uint32
	startsHan  [64]uint64
)

func init() {
	start := func(word string) {
		w := strings.ToLower(word)
		switch r := firstRune(w); {
		case len(w) > 1 && r >= 'a' && r <= 'z' && w[1] >= 'a' && w[1] <= 'z':
			startsWord[w[0]-'a'] |= 1 << (w[1] - 'a')
		case unicode.Is(unicode.Han, r):
			startsHan[r>>6&63] |= 1 << (r & 63)
		}
	}
	start("xx")
	start("错误")
	start("錯誤")
	start("需")
	start("等")
	for _, table := range []map[string]bool{waiting, pictures, placeholders} {
		for word := range table {
			start(word)
		}
	}
}
