package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

// A fault of the program ends with a line that says where it is, not with a stack trace.
func TestPanicIsAnInternalError(t *testing.T) {
	for _, fault := range []func(){
		func() { panic("made-up 000000199001010018") },
		func() { var none []int; _ = none[len(none)] },
	} {
		var stdout, stderr bytes.Buffer
		got := Run(context.Background(), Env{
			Args: []string{"validate", "../../testdata/clean.xlsx"}, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
			Getenv: func(string) string { return "" },
			Now: func() time.Time {
				fault()
				return time.Time{}
			},
		})
		told := stderr.String()
		if got != exitInternal || !strings.Contains(told, "internal error: ") || !strings.Contains(told, "panic_test.go:") ||
			strings.Contains(told, "goroutine") || strings.Contains(told, "000000199001010018") {
			t.Errorf("exit %d: %s", got, told)
		}
	}
}
