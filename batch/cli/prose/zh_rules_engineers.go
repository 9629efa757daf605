package prose

// zhEngineers: the rules of the Engineers sheet.
var zhEngineers = map[string]Entry{
	"engineer-circuit-missing": {
		Message: "本行没有写明工程师负责哪条专线",
		Hint:    "请填写专线的实例 ID，多个 ID 用逗号分隔；所有专线填写 *。",
		Why:     "否则该工程师不会列入任何申请。",
		Wrong:   "（空）", Right: "pc-bp1example, pc-bp2example", Source: zhContract,
	},
	"engineer-circuit-malformed": {
		Message: "“{circuit}”不是专线实例 ID",
		Hint:    "请填写 pc- 加小写字母和数字；多个 ID 用逗号、分号或换行分隔。",
		Why:     "无法与工作表“专线”中的行对应。",
		Wrong:   "pc-bp1example pc-bp2example", Right: "pc-bp1example, pc-bp2example", Source: zhContract,
	},
	"engineer-circuit-unknown": {
		Message: "工作表“专线”中没有专线“{value}”",
		Hint:    "请更正 ID、添加该专线，或从此单元格中删除该 ID。",
		Why:     "该工程师应当负责某条专线；如不更正，那条专线就会缺少这名工程师。",
		Wrong:   "pc-bp9example，“专线”中没有", Right: "pc-bp1example", Source: zhContract,
	},
	"engineer-circuit-repeated": {
		Message: "单元格中重复列出了专线“{circuit}”",
		Hint:    "请只保留一个，并核对是否本应填写另一条专线。",
		Why:     "重复的 ID 多半是把相近的 ID 填错了。",
		Wrong:   "pc-bp1example, pc-bp1example", Right: "pc-bp1example, pc-bp2example", Source: zhContract,
	},
	"engineer-circuit-star": {
		Message: "* 与其他专线写在了一起",
		Hint:    "所有专线请只填写 *；否则请只填写实例 ID。",
		Why:     "* 已表示所有专线，不清楚其余 ID 的用意。",
		Wrong:   "*, pc-bp1example", Right: "*", Source: zhContract,
	},
	"engineer-name-missing": {
		Message: "缺少工程师姓名",
		Hint:    "请填写与证件一致的姓名全称。",
		Why:     "API 要求每名工程师都提供此项。",
		Wrong:   "（空）", Right: "张示例", Source: zhAPIPage + "，PMInfo.N.PMName",
	},
	"engineer-certificate-type-missing": {
		Message: "缺少证件类型",
		Hint:    "请填写身份证（IDCard）或护照（Passport）。",
		Why:     "API 要求每名工程师都提供此项。",
		Wrong:   "（空）", Right: "IDCard", Source: zhAPIPage + "，PMInfo.N.PMCertificateType",
	},
	"engineer-certificate-type-unknown": {
		Message: "“{value}”不是可用的证件类型",
		Hint:    "可填写的值：{allowed}。",
		Why:     "申请时 API 只接受这两种。",
		Wrong:   "驾驶证、Other", Right: "Passport", Source: zhAPIPage + "，PMInfo.N.PMCertificateType",
	},
	"engineer-certificate-missing": {
		Message: "缺少证件号码",
		Hint:    "请以文本格式填写身份证或护照的号码。",
		Why:     "API 要求每名工程师都提供此项。",
		Wrong:   "（空）", Right: "文本 'E00000000", Source: zhAPIPage + "，PMInfo.N.PMCertificateNo",
	},
	"engineer-gender-missing": {
		Message: "缺少性别",
		Hint:    "请填写男（Male）或女（Female）。",
		Why:     "API 要求每名工程师都提供此项。",
		Wrong:   "（空）", Right: "Female", Source: zhAPIPage + "，PMInfo.N.PMGender",
	},
	"engineer-gender-unknown": {
		Message: "API 不接受性别“{value}”",
		Hint:    "可填写的值：{allowed}。",
		Why:     "API 只接受这两个值。",
		Wrong:   "M、先生", Right: "Male", Source: zhAPIPage + "，PMInfo.N.PMGender",
	},
	"engineer-contact-missing": {
		Message: "缺少联系方式",
		Hint:    "请以文本格式填写工程师的电话号码。",
		Why:     "机房会向此号码发送短信。",
		Wrong:   "（空）", Right: "文本 '+44 7700 900123", Source: zhAPIPage + "，PMInfo.N.PMContactInfo",
	},
	"engineer-masked": {
		Message: "值中有星号，是脱敏后的内容，不能发送",
		Hint:    "请填写完整的值，或使用原来的工作簿：用 --redact 写出的副本中已没有姓名、号码和联系方式。",
		Why:     "脱敏的值无法还原，照此发送等于向机房报备并不存在的人。",
		Wrong:   "E0*****00", Right: "E00000000", Source: zhContract,
	},
	"engineer-twice": {
		Message: "同一条专线的同一证件出现了两次：本行和 {also}",
		Hint:    "请删除其中一行，或从其中一行去掉该专线；实例 ID 为 * 的行计入每一条专线。",
		Why:     "重复的一行会占用 16 个名额中的一个；号码相同的两行，往往有一行填错。",
		Wrong:   "pc-bp1example 有两行证件号码相同", Right: "只有一行", Source: zhContract,
	},
	"engineer-certificate-malformed": {
		Message: "该值不可能是完整的证件号码",
		Hint:    "请与证件核对：身份证号码为 18 位，护照号码为 5 到 9 位。",
		Why:     "位数比任何证件都少或都多；机房不会放行该工程师。",
		Wrong:   "123456", Right: "99999919900101122X", Source: zhGB11643 + "；ICAO Doc 9303 第 4 部分",
	},
	"engineer-id-form": {
		Message: "身份证号码应为 18 位：17 位数字，加一位数字或 X",
		Hint:    "请与身份证核对；如为护照，请选择护照（Passport）。",
		Why:     "API 可能放行，但机房不会放行。",
		Wrong:   "999999 19900101 122X", Right: "99999919900101122X", Source: zhGB11643,
	},
	"engineer-id-old-form": {
		Message: "15 位号码属于第一代身份证，已经失效",
		Hint:    "请填写现用身份证的 18 位号码。",
		Why:     "第一代身份证已于 2013 年 1 月 1 日停止使用。",
		Wrong:   "999999900101123", Right: "99999919900101122X", Source: zhGB11643,
	},
	"engineer-id-check-digit": {
		Message: "身份证号码的校验位不正确",
		Hint:    "请与身份证逐位核对全部 18 位：其中有一位填错，或有两位颠倒。",
		Why:     "最后一位由前 17 位计算得出，用于发现填写错误。",
		Wrong:   "…1229，应为 …122X", Right: "与身份证一致的号码", Source: zhGB11643 + "；ISO 7064，MOD 11-2",
	},
	"engineer-id-birth-date": {
		Message: "身份证号码中的出生日期不存在，或在今天之后",
		Hint:    "请与身份证核对第 7 到 14 位，依次为年、月、日。",
		Why:     "第 7 到 14 位是出生日期。",
		Wrong:   "99999919901301…", Right: "99999919900131…", Source: zhGB11643,
	},
	"engineer-id-age": {
		Message: "按身份证号码，该工程师不满 16 岁或超过 80 岁",
		Hint:    "请与身份证核对第 7 到 10 位（出生年份）。",
		Why:     "年份错了一位，日期仍可能有效。",
		Wrong:   "99999920190101…", Right: "99999919910101…", Source: zhGB11643,
	},
	"engineer-id-gender": {
		Message: "性别“{value}”与身份证号码不符，按号码应为“{implied}”",
		Hint:    "请与身份证核对性别和号码，可能有值错了行。",
		Why:     "第 17 位男性为奇数，女性为偶数。",
		Wrong:   "Male，号码为 …0020", Right: "Female，号码为 …0020", Source: zhGB11643,
	},
	"engineer-passport-form": {
		Message: "该值不像护照号码",
		Hint:    "请与护照核对：5 到 9 位字母和数字，不含空格。",
		Why:     "API 可能放行，但机房不会放行。",
		Wrong:   "E 0000-0000", Right: "E00000000", Source: "ICAO Doc 9303 第 4 部分",
	},
	"engineer-contact-malformed": {
		Message: "该值的位数过少或过多，不是电话号码",
		Hint:    "请填写完整的号码，含国家代码或区号。",
		Why:     "机房会向此号码发送短信。",
		Wrong:   "110", Right: "+447700900123", Source: "ITU-T E.164",
	},
	"engineer-contact-form": {
		Message: "该值不像电话号码",
		Hint:    "请填写 + 加国家代码和号码、11 位内地手机号码，或带区号的固定电话。",
		Why:     "机房会向此号码发送短信。",
		Wrong:   "name@example.com", Right: "+447700900123", Source: "ITU-T E.164",
	},
}
