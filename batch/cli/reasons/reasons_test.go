package reasons

import (
	"testing"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/sheet"
)

// If a circuit's status could not be read, the hint is not about an application: none was sent.
func TestHintWithoutAnApplication(t *testing.T) {
	const code = "ServiceUnavailable"
	_, apiHint := prose.English.Render(code, nil)
	for reason, own := range map[batch.Reason]bool{batch.ReasonUnasked: true, batch.ReasonAttempts: false} {
		_, want := prose.English.Render(string(reason), nil)
		if !own {
			want = apiHint
		}
		o := batch.Outcome{Result: sheet.NotAttempted, Reason: reason, ErrorCode: code}
		if _, hint := Message(prose.English, &o); hint != want || hint == "" {
			t.Errorf("%s: hint %q, want %q", reason, hint, want)
		}
	}
}
