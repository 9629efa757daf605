package sheet

import "testing"

// TestLabels checks the labels of rows that are not data against names that only look so.
func TestLabels(t *testing.T) {
	for text, want := range map[string]string{
		"Total": "totals", "TOTALS": "totals", "合计（条）": "totals", "本页小计": "totals", "Total number of circuits: 12": "totals", "共12条": "totals", "ＴＯＴＡＬ": "totals", "總計": "totals",
		"Sum of bandwidth": "totals", "Total/合计": "totals", "12": "", "": "", "条": "", "Total Networks": "", "Sum Tak Ltd": "", "共同网络有限公司": "", "合计网络": "", "Totalplay": "", "共": "totals",
		"签字：": "signature", "Signature": "signature", "审核人:张三": "signature", "日期": "signature", "Prepared by": "signature", "Approved By: X": "signature", "Date：2027": "signature", "　年　月　日": "signature", "合　计": "totals",
		"Signature Networks": "", "Date Palm Ltd": "", "审核网络公司": "", "日期科技": "", "Sign Build": "", "制表人 张三": "signature", "甲方（盖章）：": "signature", "Networks: a name": "", "章氏建筑": "",
	} {
		got := ""
		switch {
		case isTotalsLabel(text):
			got = "totals"
		case isSignatureLabel(text):
			got = "signature"
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
