package batch

import "time"

// alarm wakes a loop that waits for several things at once. It may ring once more than
// it was set, so whoever it wakes looks again. It stands on a function's timer and not
// on a channel's, since in virtual time under the race detector the runtime (Go 1.26)
// crashes on a channel's timer that is due before anybody waits for it.
type alarm struct {
	rings chan struct{}
	timer *time.Timer
}

func newAlarm() *alarm {
	a := &alarm{rings: make(chan struct{}, 1)}
	a.timer = time.AfterFunc(time.Hour, func() {
		select {
		case a.rings <- struct{}{}:
		default:
		}
	})
	a.timer.Stop()
	return a
}

// set has it ring after d, and not at the time it was set to before.
func (a *alarm) set(d time.Duration) { a.timer.Reset(d) }

func (a *alarm) stop() { a.timer.Stop() }
