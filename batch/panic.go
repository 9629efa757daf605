package batch

import (
	"fmt"
	"path"
	"runtime"
	"strings"

	"github.com/loabatch/loabatch/sheet"
)

// PanicError is a recovered panic. It names the place in the source, without a stack trace and
// without a value that may be personal.
type PanicError struct {
	Reason string // the runtime's message, else the type of the value
	Place  string // file and line of this module
}

// Error returns reason and place.
func (e *PanicError) Error() string { return e.Reason + ", " + e.Place }

// Guard recovers a panic of the function that defers it, and passes it to report. Every goroutine has
// one: a panic that ended the process would leave a run without its copy.
func Guard(report func(error)) {
	p := recover()
	if p == nil {
		return
	}
	e := &PanicError{Reason: fmt.Sprintf("%T", p), Place: panicPlace()}
	if err, ok := p.(runtime.Error); ok {
		e.Reason = err.Error()
	}
	report(e)
}

// panicPlace returns the line of this module nearest to the panic being recovered.
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

// own runs a function that owns rows in a new goroutine. The run ends once every such function has
// returned; fillMissing deals with the rows that a panic loses.
func (r *run) own(f func()) {
	r.owners.Add(1)
	go func() {
		defer r.owners.Done()
		defer Guard(r.panicked)
		f()
	}()
}

// panicked stops the run after a panic in one of its goroutines. The first one counts.
func (r *run) panicked(err error) {
	r.panicErr.CompareAndSwap(nil, &err)
	r.group.halt(StopPanic)
}

// guarded calls a function after an answer has arrived, which a panic in it must not lose.
func guarded(panicked func(error), f func()) {
	defer Guard(panicked)
	f()
}

// fillMissing gives the rows that were lost in a panic their outcome. An application that is in the
// ledger may have arrived, and the ledger keeps it open.
func (r *run) fillMissing() {
	application, settled := 0, 0
	for slot := range r.outcomes {
		o := &r.outcomes[slot]
		if application == len(r.slots) || int(r.slots[application]) != slot {
			if o.Result == "" {
				*o = r.plan.Settled[settled]
			}
			settled++
			continue
		}
		a := &r.plan.Applications[application]
		application++
		taken, several := r.steps[int32(slot)]
		if several {
			a = a.step(taken.shown().Operation)
		}
		switch {
		case o.Result != "":
			continue
		case !r.plan.DryRun && (a.state().open() || r.begun[slot].Load()):
			*o = a.Outcome(sheet.Unknown, ReasonUnsettled)
		default:
			*o = a.Outcome(sheet.NotAttempted, r.reason.Reason())
		}
		if several {
			taken.outcomes = append(taken.outcomes, *o)
			*o = taken.shown()
		}
	}
}
