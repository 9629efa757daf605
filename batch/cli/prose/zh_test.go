package prose

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// zhBanned lists what reads as translated into Chinese, is spelt wrong, or is set wrong.
var zhBanned = []ban{
	// translated
	{regexp.MustCompile(`(已|不|没有|未|无法|不能|可能)被`), nil, "申请已被受理", "申请已受理"},
	{regexp.MustCompile(`被 ?(成功|正确|我们|系统|用户|API)`), nil, "被 API 拒绝", "API 已拒绝"},
	{regexp.MustCompile(`进行(了|一次)?(检查|校验|操作|修改|查询|重试|处理|发送|确认|提交|申请|核对)`), nil, "请对单元格进行检查", "请检查单元格"},
	{regexp.MustCompile(`[是为成]一个`), nil, "SDH 不是一个专线类型", "SDH 不是专线类型"},
	{regexp.MustCompile(`当[^，。；]{1,20}(时|的时候|后)，`), nil, "当账号欠费时，API 会拒绝", "账号欠费时，API 会拒绝"},
	{regexp.MustCompile(`的话[，。；]`), nil, "如果没有的话，请添加", "如没有，请添加"},
	{regexp.MustCompile(`[由基]于[^，。；]{1,20}的原因`), nil, "由于网络的原因", "网络原因"},
	{regexp.MustCompile(`对于[^，。；]{1,20}(来说|而言)，`), nil, "对于这条专线来说，没有 LOA", "这条专线没有 LOA"},
	{regexp.MustCompile(`它们?`), nil, "请删除它", "请删除该行"},
	{regexp.MustCompile(`[您你]`), nil, "您的账号欠费", "账号欠费"},
	{regexp.MustCompile(`来(检查|查看|了解|获取|确认|查询|生成)`), nil, "运行 loabatch doctor 来检查", "运行 loabatch doctor 检查"},
	{regexp.MustCompile(`(成功|正确|自动|错误|安全|清楚|明确)地`), nil, "已成功地写入", "已写入"},
	{regexp.MustCompile(`以便(于)?|以使得|从而使得`), nil, "请修改单元格以便重新运行", "请修改单元格，然后重新运行"},
	{regexp.MustCompile(`请注意|需要注意的是|请确保`), nil, "请确保专线 ID 正确", "请核对专线 ID"},
	{regexp.MustCompile(`再一次`), nil, "请再一次运行", "请重新运行"},
	{regexp.MustCompile(`的的|了了|，但是却`), nil, "专线的的状态", "专线的状态"},
	{regexp.MustCompile(`其(所)?是`), nil, "因为其是旧副本", "因为是旧副本"},
	{regexp.MustCompile(`(某)?一些|某些`), nil, "一些行有错误", "有的行有错误"},
	{regexp.MustCompile(`持有|站立|出去的`), nil, "API 持有一份申请", "API 中有一份申请"},

	// one word for a thing
	{regexp.MustCompile(`未决`), nil, "一份申请未决", "一份申请的结果待确认"},
	{regexp.MustCompile(`国家代码`), nil, "加国家代码", "加国际区号"},
	{regexp.MustCompile(`排除(各行的)?原因`), nil, "请排除原因", "请解决问题"},
	{regexp.MustCompile(`修改各行`), nil, "修改各行后重新运行", "修改有问题的行，然后重新运行"},
	{regexp.MustCompile(`帐号|帐户|账户`), nil, "帐号欠费", "账号欠费"},
	{regexp.MustCompile(`台帐|账本|分类账`), nil, "写入账本", "写入台账"},
	{regexp.MustCompile(`登陆`), nil, "登陆控制台", "登录控制台"},
	{regexp.MustCompile(`区域`), nil, "专线所属的区域", "专线所属的地域"},
	{regexp.MustCompile(`令牌`), nil, "客户端令牌", "客户端 Token"},
	{regexp.MustCompile(`凭证`), nil, "访问凭证", "访问凭据"},
	{regexp.MustCompile(`(施工|建设)(公司|方)\p{Han}?`), nil, "缺少施工公司", "缺少施工单位"},
	{regexp.MustCompile(`授权信|委托书|授权书`), nil, "申请授权书", "申请 LOA"},
	{regexp.MustCompile(`错误代码|报错码`), nil, "见错误代码", "见错误码"},
	{regexp.MustCompile(`电路|回线`), nil, "每条电路一行", "每条专线一行"},
	{regexp.MustCompile(`电子表格程序|活页簿|储存格|档案`), nil, "活页簿已加密", "工作簿已加密"},
	{regexp.MustCompile(`重试运行|再次运行|重新跑`), nil, "请再次运行", "请重新运行"},

	{regexp.MustCompile(`应答|回应`), nil, "应答丢失", "响应丢失"},
	{regexp.MustCompile(`试运行|演练|干跑`), nil, "试运行，没有发送", "预检，没有发送"},
	{regexp.MustCompile(`没有参数|命令行(中的)?参数|标志`), nil, "没有参数 --x", "没有选项 --x"},
	{regexp.MustCompile(`该行为|本行为`), nil, "该行为 REFUSED", "该行的结果为 REFUSED"},
	{regexp.MustCompile(`遭(到)? ?API`), nil, "会遭 API 拒绝", "API 会拒绝"},

	// set wrong
	{regexp.MustCompile(`\p{Han}[,.;:!?()]|[,;:!?()]\p{Han}`), nil, "文件为空,请重新导出", "文件为空，请重新导出"},
	{regexp.MustCompile(`\}[,;:!?]( |$|\p{Han})|[,;:!?] ?\{|\} \(`), nil, "无法读取 {file}: {reason}", "无法读取 {file}：{reason}"},
	{regexp.MustCompile(`\p{Han} \([^)]*\)`), regexp.MustCompile(`\((UTC|Mbit/s|\.xlsx)\)`), "代理 (407)", "施工时间 (UTC)"},
	{regexp.MustCompile("\\p{Han}[A-Za-z0-9{<*+~`-]|[A-Za-z0-9}>%*`]\\p{Han}"), nil, "申请LOA需要2个工作日", "申请 LOA 需要 2 个工作日"},
	{regexp.MustCompile(` [，。；：！？、（）“”《》]|[，。；：！？、（）“”《》] `), nil, "文件为空 ，请重新导出", "文件为空，请重新导出"},
	{regexp.MustCompile(`[，。；：！？、]{2}`), nil, "文件为空，。", "文件为空。"},
	{regexp.MustCompile(`\p{Han} \p{Han}`), nil, "文件 为空", "文件为空"},
	{regexp.MustCompile(`["'][^"']*\p{Han}[^"']*["']|[「」『』]`), nil, "工作表「专线」为空", "工作表“专线”为空"},
	{regexp.MustCompile(`\.\.\.|。。|－|～`), nil, "pc-...", "pc-…"},
}

// zhFind reports what is wrong with a Chinese text.
func zhFind(text string) []string {
	var list []string
	for _, b := range zhBanned {
		for _, found := range b.pattern.FindAllString(text, -1) {
			if b.except == nil || !b.except.MatchString(found) {
				list = append(list, fmt.Sprintf("%q in %q: write as in %q, not as in %q", found, text, b.good, b.bad))
			}
		}
	}
	for _, pair := range []string{"“”", "（）", "《》"} {
		r := []rune(pair)
		if strings.Count(text, string(r[0])) != strings.Count(text, string(r[1])) {
			list = append(list, fmt.Sprintf("%q: %s are not paired", text, pair))
		}
	}
	// GB 2312 has the simplified characters in common use, and no traditional ones.
	for _, r := range text {
		if _, err := simplifiedchinese.HZGB2312.NewEncoder().String(string(r)); err != nil && unicode.Is(unicode.Han, r) {
			list = append(list, fmt.Sprintf("%q: %c is not a simplified character in common use", text, r))
		}
	}
	return list
}

// TestChineseBans checks that each ban finds its own example but not the better phrase.
func TestChineseBans(t *testing.T) {
	for _, b := range append(slices.Clone(zhBanned),
		ban{bad: "工作表“专线为空", good: "工作表“专线”为空"}, ban{bad: "物理專線", good: "物理专线"}) {
		if len(zhFind(b.bad)) == 0 {
			t.Errorf("nothing is found in %q", b.bad)
		}
		for _, f := range zhFind(b.good) {
			t.Errorf("the better phrase for %q is banned: %s", b.bad, f)
		}
	}
	for _, b := range zhBanned {
		if !b.pattern.MatchString(b.bad) {
			t.Errorf("%s does not find its own example %q", b.pattern, b.bad)
		}
	}
}

// zhTyped matches what a person types or sees as it is: placeholders, flags, commands,
// addresses, rules and permissions.
var zhTyped = regexp.MustCompile(`\{[^}]*\}|--[a-z][a-z-]*([= ][a-z-]+(=[a-z]+)?)?|-o FILE|(env -u DEBUG )?loabatch( (validate|submit|status|report|history|simulator|explain|doctor|template|version|complete|advance|plan( show)?)\b)?` +
	`|https?://[A-Za-z:@0-9.]+|RULE=[a-z]+|N/DURATION|vpc:[A-Za-z]+|127\.0\.0\.1:PORT|pc-|[vr]br-…|ri-…|cn-[a-z]+|\.[a-z]+\b|xl/worksheets/…|[0-9]+(ms|[hdms])\b|[0-9T]+:[0-9:]+Z?|[A-Z_]{2,}_[A-Z_]+` +
	`|postgres://[A-Za-z:@0-9/]+|PG[A-Z]+|pg_[a-z_]+|\?[a-z_]+=[a-z-]+|CREATE( DATABASE)?|schema|psql|sslmode|sslrootcert`)

// zhSettings matches settings of a database server and its driver, and commands named as such.
var zhSettings = regexp.MustCompile(`\?[a-z_]+=[a-z-]+|[a-z]+(_[a-z]+)+( = on)?|\bfsync\b|\bssl(mode|rootcert)?(=[a-z-]+)?\b|postgresql\.conf|'ANY 1 \(\*\)'|postgres://…|\b(history|report)\b`)

// zhLatin lists the other words in Latin letters that a Chinese sentence may have: names of
// programs, formats and standards, and values as the API and spreadsheets spell them.
var zhLatin = strings.Fields(`
	API LOA VPC RAM STS SDK AccessKey ID Secret Token DNS NTP TLS URL JSON CSV HTML PDF ZIP XML ASCII UTC UTF IANA SHA AES HMAC IRM SDH README DEBUG HOME
	Excel WPS LibreOffice Google OpenDocument macOS PostgreSQL SQLite Mbit Gbit MiB GiB KiB GB Enter Backspace FILE PATH SECRET
	shell sh LocalAppData Windows RUN CODE PLAN CIRCUIT SUBMITTED ALREADY VALID BLOCKED INVALID FAILED UNKNOWN SKIPPED SIGINT SIGQUIT SIGABRT SIGTERM SIGKILL HTTP xx Available hang stall
	IDC MSTP MPLSVPN FIBRE Other IDCard Passport Male Female TRUE FALSE DISPIMG IMAGE XFD ABC REFUSED true false yes zh CN
	Initial Approved Allocating Allocated Confirmed Enabled Rejected Canceled Allocation Failed Terminated Normal FinancialLocked SecurityLocked
	SecondApplyPhysicalConnectionLOA CompletePhysicalConnectionLOA ConfirmPhysicalConnection DescribePhysicalConnections Asia Shanghai applications http https chmod
`)

// TestChineseStyle checks the form of every Chinese entry.
func TestChineseStyle(t *testing.T) {
	for _, code := range slices.Sorted(maps.Keys(Chinese.entries())) {
		e := Chinese.entries()[code]
		switch {
		case e.Message == "" || strings.Contains(e.Message, "\n"):
			t.Errorf("%s: the message %q is not a single line", code, e.Message)
		case strings.HasSuffix(e.Message, "。") && !strings.HasPrefix(code, "template-"):
			t.Errorf("%s: the message %q ends in a full stop", code, e.Message)
		case strings.Contains(e.Message+e.Hint+e.Why, "`"):
			t.Errorf("%s: commands and flags are plain text", code)
		}
		if e.Hint != "" && !regexp.MustCompile(`[。？]$|：[ -~]+$`).MatchString(e.Hint) {
			t.Errorf("%s: the hint %q is neither a sentence nor ends in a command", code, e.Hint)
		}
		if e.Why != "" && !strings.HasSuffix(e.Why, "。") {
			t.Errorf("%s: the reason %q is not a sentence", code, e.Why)
		}
		for _, text := range []string{e.Message, e.Hint, e.Why} {
			text = strings.ReplaceAll(text, "{todo}", "") // a sentence of its own
			for _, word := range regexp.MustCompile(`[A-Za-z]{2,}`).FindAllString(zhTyped.ReplaceAllString(zhSettings.ReplaceAllString(text, " "), " "), -1) {
				if !slices.Contains(zhLatin, word) {
					t.Errorf("%s: %q is not Chinese in %q", code, word, text)
				}
			}
			for _, f := range zhFind(text) {
				t.Errorf("%s: %s", code, f)
			}
		}
	}
}
