// Package watch asks again and again until nothing is being waited for.
//
// After an answer that changed something, the next question follows after the interval that
// was asked for. While nothing changes, the wait grows by half each time, up to eight
// intervals. Every wait is up to a tenth shorter or longer than that, so that commands that
// were started together do not keep asking at the same time.
package watch

import (
	"math/rand/v2"
	"time"
)

// Loop says how often to ask.
type Loop struct {
	Every time.Duration   // the interval, above 0
	Until time.Time       // no question begins after this time; zero means no limit
	Stop  <-chan struct{} // closed when the command is to end

	Wait func(d time.Duration) // called before each wait; may be nil
}

// Answer is what a question found out.
type Answer struct {
	Changed bool // something differs from the last time
	Waiting bool // something is still being waited for
	Final   bool // no further question would be answered, or the command is to end
}

// End is why a loop ended.
type End uint8

// The ends.
const (
	Done    End = iota // nothing is being waited for
	Failed             // the last answer was final
	Stopped            // Stop was closed
	Late               // the time was up
)

const (
	growth  = 1.5 // of the wait while nothing changes
	longest = 8   // intervals
	spread  = 0.1 // of a wait, to either side
)

// Run asks until nothing is being waited for. The last question has been answered when it
// returns.
func (l Loop) Run(ask func() Answer) End {
	wait := float64(l.Every)
	for {
		switch a := ask(); {
		case a.Final:
			return Failed
		case !a.Waiting:
			return Done
		case a.Changed:
			wait = float64(l.Every)
		}
		if end, over := l.sleep(time.Duration(wait * (1 - spread + 2*spread*rand.Float64()))); over {
			return end
		}
		wait = min(wait*growth, longest*float64(l.Every))
	}
}

// sleep waits and reports whether the loop is over meanwhile, and why.
func (l Loop) sleep(d time.Duration) (End, bool) {
	late := !l.Until.IsZero() && time.Until(l.Until) < d
	if late {
		d = max(0, time.Until(l.Until))
	}
	if l.Wait != nil {
		l.Wait(d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-l.Stop:
		return Stopped, true
	case <-timer.C:
		return Late, late
	}
}
