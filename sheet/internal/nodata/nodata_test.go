package nodata

import (
	"strings"
	"testing"
	"unicode"
)

// key folds a text as the caller does.
func key(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

func TestOf(t *testing.T) {
	for kind, texts := range map[Kind][]string{
		Formula: {"=C2", "==C2", "= C2", "{=A1}", "{=SUM(A1:A2)}", "'=C2", "\"=C2\"", "(=C2)", "=HYPERLINK(\"http://x\",\"y\")", "=RC[-1]", "=-C2", "=#REF!A1", "=Blatt1!C2",
			"+C2", "-C2", "--C2", "+-C2", "@C2", "+$C$2", "+C2&D2", "+C2*2", "+Sheet1!C2", "+'My sheet'!$C$2", "+[Book1.xlsx]Sheet1!C2", "+A1:A3", "+A:B", "+R1C1", "+R[-1]C", "+工作表1!C2", "+c2",
			"@SUM(A1)", "@SUM(A1:A2)", "+SUM(sales)", "-SUM(A1:A2)", "@sum(a1..a3)", "+VLOOKUP(A2,B:C,2,0)", "+SUMME(A1:A3)", "+IF(A1=\"x\",B1,C1)", "-=C2", "+=C2",
			"SUM(A1:A2)", "VLOOKUP(A2,Sheet2!A:B,2,FALSE)", "HYPERLINK(\"http://x\",\"y\")", "IF(A1>0,\"a\",\"b\")", "_xlfn.XLOOKUP(A1,B:B,C:C)", "=_xlfn.SINGLE(A1)", "TODAY()"},
		Picture: {"=DISPIMG(\"ID_AB12\",1)", "DISPIMG(\"ID_AB12\",1)", "=_xlfn.DISPIMG(\"ID_AB12\",1)", "=dispimg(\"x\",1)", "_xlfn.IMAGE(\"http://x\")", "=IMAGE(\"http://x\")", "IMAGE(\"http://x\",4)",
			"=EMBED(\"Forms.Image.1\",\"\")", "[图片]", "图片", "【图片】"},
		ErrorWord: {"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA", "#FIELD!", "#BLOCKED!", "#UNKNOWN!", "#CONNECT!", "#BUSY!", "#EXTERNAL!", "#PYTHON!",
			"#ERROR!", "#N/A!", "#N/A N/A", "#N/A Requesting Data...", "#ref!", "(#REF!)", "'#REF!", "\"#N/A\"", "#REF!#REF!", "Example #REF!", "REF!", "DIV/0!",
			"#BEZUG!", "#WERT!", "#NV", "#ÜBERLAUF!", "#¡REF!", "#¿NOMBRE?", "#¡DIV/0!", "#N/D", "#VALEUR!", "#NOM?", "#NENÍ_K_DISPOZICI", "#DĚLENÍ_NULOU!", "#HIÁNYZIK", "#Н/Д", "#ССЫЛКА!", "#ИМЯ?", "#ДЕЛ/0!",
			"#Δ/Υ", "#ΤΙΜΗ!", "#YOK", "#I/T", "#N/B", "#PUUTTUU!", "#名称?", "#值!", "#名前?", "#DATEN_ABRUFEN", "#ПОЛУЧЕНИЕ_ДАННЫХ", "#ZAHL!", "#VERW!",
			"Err:502", "Err:508", "err:522", "Err :502", "Err\u00a0:502", "#Err:502", "错误:502", "Ошибка:502", "エラー:502", "Erreur:502", "Błąd:502",
			"#####", "##", "########", "Loading...", "Loading…", "loading", "加载中", "加载中...", "正在加载…", "-1.#IND", "1.#QNAN"},
		Placeholder: {"=", "TBD", "tbd", "T.B.D.", "TBD?", "(TBD)", "[TBD]", "<TBD>", "TBC", "TBA", "to be determined", "To be confirmed.", "to-be-announced", "N/A", "n/a", "n.a.", "N.A.", "NA", "N / A", "<NA>", "null", "NULL", "(null)", "nil",
			"none", "None", "NaN", "nan", "undefined", "[object Object]", "unknown", "Unknown", "not available", "not applicable", "no data", "pending", "xxx", "XX", "xxxxxx", "x x x", "XXX公司",
			"???", "?", "-", "--", "—", "－", "…", "...", ".", "。", "、", "/", "\\", "*", "\"", "''", "``", "〃", "″", "_", "____", "!", "~", "$", "○", "×××", "√", "^", "|", "()", "（）", "[]", "¿",
			"same as above", "Same as above", "as above", "ditto", "Ditto.", "see attached", "See attachment", "see notes", "placeholder", "please fill in",
			"待定", "待补充", "待填", "待确认", "暂无", "无", "（无）", "无。", "無", "没有", "未知", "不详", "同上", "同上。", "“同上”", "【待定】", "《待定》", "见附件", "详见附件", "见附件1", "见附件一", "如上", "略", "空", "未定", "请填写", "必填",
			"to be confirmed by the client", "Same as row 2", "same as C5", "See attached list", "待甲方确认", "待客户提供", "需业主确认", "见附件清单", "待定/TBD", "TBD（待定）", "无 N/A", "某某公司", "0", "00", "0.0", "000000", "{{company}}", "${company}", "<company name>", "«Company»", "%COMPANY%", "[Company name]", "{0}", "【公司名称】", "%s", "%!s(<nil>)", "%!d(MISSING)", "Invalid Date"},
		Data: {"X", "5%", "%Arabica", "#值得公司", "x", "A", "王", "Wu", "Na Li", "Xu", "Xx Ltd", "无锡某某有限公司", "无锡", "無錫", "待补镇", "空港物流", "略阳县", "同上海", "同济", "见龙科技", "未来科技", "某某科技公司", "无名氏公司", "没有忧虑公司",
			"NA Networks", "TBD Telecom Ltd", "Null & Sons", "None Such Ltd", "Unknown Worlds", "Nano", "Nana", "Nanjing", "Nandi", "Nilsen", "Tbilisi", "Loading Bay Ltd", "Loading dock 5", "Same Day Couriers", "Same As Ever Ltd", "To Be Ltd", "需求科技", "待补镇", "Ditto Music", "Blankenship",
			"C2", "A1", "A1 Telecom", "C2 Networks", "3M", "360", "58.com", "0571-88000000", "007", "+447700900123", "+86 138-0000-0000", "+1 (415) 555-0100", "+39 Networks", "+Plus GmbH", "@Home Networks", "@home", "-Example-",
			"- Tower (North)", "+ 5 floor", "TEXT(Beijing) Ltd", "Index(China) Ltd", "SUM (Holdings)", "IF Insurance", "IMAGE (Beijing)", "Image Networks", "#1 Networks", "#9", "No. #5", "Suite #12A", "C# Ltd", "Yahoo!", "Why?", "O'Neil & Co. (HK)", "'t Hooft B.V.",
			"E0000001", "X1234567", "000000199001010018", "13800000000", "Error Ltd", "Building:502", "Room 502", "Err Hall 5", "M&S", "AT&T", "7-Eleven", "（中国）有限公司", "[24]7.ai", "<Example> Ltd", "Ref! Me", "示例", "Ω", "上海/杭州", "N/A Ltd"},
	} {
		for _, s := range texts {
			if got := Of(s, key(s)); got != kind {
				t.Errorf("Of(%q) = %d, want %d", s, got, kind)
			}
			if kind != Data && !Suspect(s) && s != "Example #REF!" {
				t.Errorf("%q is not suspect", s)
			}
		}
	}
	for _, s := range []string{"Example Build", "Hangzhou", "Test Person", "+447700900123", "X1234567", "000000199001010018", "示例网络（中国）有限公司", "pc-bp100000001", "cn-hangzhou"} {
		if Suspect(s) {
			t.Errorf("%q takes the slow path", s)
		}
	}
}

func FuzzOf(f *testing.F) {
	for _, s := range []string{"=C2", "#REF!", "TBD", "{{x}}", "见附件1", "Err:502", "+SUM(A1)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		Suspect(s)
		Of(s, key(s))
	})
}

func BenchmarkSuspect(b *testing.B) {
	texts := []string{"示例网络（中国）有限公司", "Example Build", "Hangzhou", "Test Person", "000000199001010018", "+447700900123"}
	for b.Loop() {
		for _, s := range texts {
			Suspect(s)
		}
	}
}
