package prose_test

import (
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/sheet"
)

// TestEveryRule holds that a rule says everything that explain shows, in the house's style.
func TestEveryRule(t *testing.T) {
	for _, r := range sheet.Rules() {
		e, ok := prose.English.Entry(r.Code)
		if !ok {
			t.Errorf("%s has no entry", r.Code)
			continue
		}
		if e.Message == "" || e.Why == "" || e.Wrong == "" || e.Right == "" || e.Source == "" {
			t.Errorf("%s lacks a message, why, wrong, right or source", r.Code)
		}
		if r.Severity > sheet.Note && e.Hint == "" {
			t.Errorf("%s does not say what to do", r.Code)
		}
		if strings.HasSuffix(e.Message, ".") || strings.Contains(e.Message, "\n") {
			t.Errorf("%s: the message %q ends in a full stop or has two lines", r.Code, e.Message)
		}
		if e.Hint != "" && !strings.HasSuffix(e.Hint, ".") {
			t.Errorf("%s: the hint %q is no sentence", r.Code, e.Hint)
		}
		if e.Wrong == e.Right {
			t.Errorf("%s: wrong and right are the same example", r.Code)
		}
	}
}
