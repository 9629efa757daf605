// Package labels recognises the rows that people put between and below their data: sums and
// signature lines. A text that could be a name is never taken for a label.
package labels

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Max is the length, in bytes, of the longest text that can be a label.
const Max = 120

// Kind says what a text labels.
type Kind uint8

// The kinds.
const (
	None      Kind = iota
	Totals         // sums and counts: Total, 合计, Sub-total:, 共 12 条
	Signature      // signatures and dates: 签字：, 制表人 张三, Prepared by, Date: 2027-01-15
)

// Of returns what a text labels. The text must be in lower case, without full-width letters
// and outer spaces.
func Of(s string) Kind {
	switch {
	case totalsWords.made(s):
		return Totals
	case isSignature(s):
		return Signature
	}
	return None
}

// words are the words of one kind of label: at least one of heads, and others that may go
// with it. Chinese words need no spaces between them.
type words struct {
	heads, others []string
	whole         map[string]bool // each word, and whether it is one of heads
}

// newWords makes the words of one kind of label.
func newWords(heads, others []string) *words {
	w := &words{heads: heads, others: others, whole: map[string]bool{}}
	for _, word := range others {
		w.whole[word] = false
	}
	for _, word := range heads {
		w.whole[word] = true
	}
	return w
}

// The labels of rows that are not data.
var (
	totalsWords = newWords(
		[]string{"total", "totals", "subtotal", "subtotals", "sum", "sums", "average", "avg",
			"合计", "小计", "总计", "共计", "总共", "总数", "总和", "汇总", "累计", "平均", "平均值", "计数", "共", "合計", "小計", "總計", "共計", "總共", "總數"},
		[]string{"grand", "sub", "overall", "of", "the", "and", "all", "no", "number", "count", "amount", "qty", "quantity", "page", "this",
			"circuit", "circuits", "line", "lines", "row", "rows", "engineer", "engineers", "people", "persons", "staff", "bandwidth", "application", "applications",
			"item", "items", "entry", "entries", "record", "records", "mbit", "mbits", "mbps", "m", "mb", "g", "gbps", "s",
			"条", "个", "人", "名", "项", "行", "家", "户", "位", "份", "处", "笔", "数", "量", "数量", "专线", "物理", "线路", "电路", "带宽", "工程师", "施工", "人员", "记录", "兆",
			"本页", "本表", "本月", "全部", "所有", "页", "的", "和", "及", "條", "個", "項"},
	)
	signatureWords = newWords(
		[]string{"signature", "signatures", "signed", "sign", "signoff", "prepared", "approved", "approval", "checked", "reviewed", "verified", "authorised", "authorized",
			"submitted", "compiled", "drafted", "confirmed", "issued", "stamp", "seal", "date", "dated",
			"签字", "签名", "签章", "签署", "签收", "签发", "会签", "盖章", "公章", "章", "制表", "制表人", "制单", "填表", "填报", "编制", "审核", "审批", "审定", "批准", "核准", "复核", "校对", "校核",
			"经办", "经办人", "负责人", "申请人", "提交人", "确认人", "验收人", "日期", "年月日", "簽字", "簽名", "蓋章", "製表", "填表", "審核", "審批", "覆核", "經辦", "負責人"},
		[]string{"by", "and", "of", "the", "off", "on", "for", "behalf", "company", "customer", "client", "contractor", "manager", "project", "name", "print", "title", "person", "officer",
			"人", "者", "员", "人员", "施工", "单位", "公司", "客户", "甲方", "乙方", "部门", "项目", "经理", "工程师", "主管", "领导", "意见", "时间", "处", "栏", "及", "与", "和", "总", "我方", "对方", "單位", "公司", "客戶"},
	)
)

// made reports whether a text consists of words of a kind of label and of numbers.
func (w *words) made(s string) bool {
	found := false
	if !strings.ContainsFunc(s, isLatin) { // spread over the cell, as in 合　计
		s = strings.Join(strings.Fields(s), "")
	}
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) }) {
		for word != "" {
			r, _ := utf8.DecodeRuneInString(word)
			latin, run := isLatin(r), word
			if i := strings.IndexFunc(word, func(c rune) bool { return isLatin(c) != latin }); i > 0 {
				run = word[:i]
			}
			head, n := w.first(run, latin)
			if n == 0 {
				return false
			}
			found = found || head
			word = word[n:]
		}
	}
	return found
}

// first returns the length of the longest word at the start of a run of letters, and whether
// it is one of heads. With whole, the word must be the whole run.
func (w *words) first(run string, whole bool) (head bool, length int) {
	if whole {
		head, found := w.whole[run]
		if !found {
			return false, 0
		}
		return head, len(run)
	}
	for i, words := range [][]string{w.heads, w.others} {
		for _, word := range words {
			if len(word) > length && strings.HasPrefix(run, word) {
				head, length = i == 0, len(word)
			}
		}
	}
	return head, length
}

// isSignature reports whether a text labels a signature or a date, filled in or not.
func isSignature(s string) bool {
	label, _, colon := strings.Cut(s, ":")
	if signatureWords.made(label) {
		return true
	}
	if fields := strings.Fields(label); !colon && len(fields) > 1 {
		r, _ := utf8.DecodeRuneInString(fields[0])
		return signatureWords.made(fields[0]) && (fields[1] == "by" || !isLatin(r))
	}
	return false
}

// isLatin reports whether r is a letter of the Latin alphabet, with or without accents.
func isLatin(r rune) bool { return r < 0x250 && unicode.IsLetter(r) }
