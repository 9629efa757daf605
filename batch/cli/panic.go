package cli

import (
	"fmt"
	"path"
	"runtime"
	"strings"
)

// panicked makes a panic the internal error that it is, with its place for whoever mends
// it: a person is shown no stack trace, and no value that may be personal.
func panicked(p any) error {
	reason := fmt.Sprintf("%T", p)
	if fault, ok := p.(runtime.Error); ok {
		reason = fault.Error()
	}
	return failure(exitInternal, "internal", nil, "reason", reason+", "+panicPlace())
}

// panicPlace is the nearest line of this module to the panic that is being recovered.
func panicPlace() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	below := false
	for {
		frame, more := frames.Next()
		switch {
		case frame.Function == "runtime.gopanic" || frame.Function == "runtime.sigpanic":
			below = true
		case below && strings.Contains(frame.Function, "/loabatch/"):
			return fmt.Sprintf("%s:%d", path.Base(frame.File), frame.Line)
		}
		if !more {
			return "place unknown"
		}
	}
}
