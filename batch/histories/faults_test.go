package histories

import (
	"time"

	"github.com/loabatch/loabatch/batch"
)

// habits are properties of the service that its documentation leaves open. Each history
// draws them once.
type habits struct {
	guard      float64       // how often an application is refused because an LOA is valid: 1 always, 0 never
	guardCodes []string      // the codes of that refusal
	stateFirst bool          // the state of the circuit is checked before the token
	refusals   bool          // a refusal is remembered under its token
	forget     time.Duration // tokens are forgotten after this long; 0 means never
	lag        time.Duration // the most by which a lookup lags behind
	delay      time.Duration // the most by which an application takes effect after its answer is lost
	second     bool          // a rejected LOA can only be applied for through SecondApply
	anyRegion  bool          // a circuit can be applied for in every region
	quota      int           // requests in any quotaWindow, for each region and API; 0 means no limit
}

// quotaWindow is the length of the quota's window.
const quotaWindow = time.Minute

func drawHabits(d dice, late bool) habits {
	h := habits{
		guard: pick(d.at(1), []float64{0, 0, 0.5, 1, 1}),
		guardCodes: pick(d.at(2), [][]string{
			{"IncorrectStatus.PhysicalConnectionLOA"}, {"IncorrectStatus.PhysicalConnection"},
			{"IncorrectStatus.PhysicalConnectionLOA", "IncorrectStatus.PhysicalConnection"},
		}),
		stateFirst: d.at(3).chance(0.4),
		refusals:   d.at(4).chance(0.5),
		forget:     pick(d.at(5), []time.Duration{0, 0, 40 * time.Minute, 20 * time.Hour}),
		lag:        pick(d.at(6), []time.Duration{0, 20 * time.Second, 5 * time.Minute}),
		delay:      pick(d.at(7), []time.Duration{5 * time.Second, 4 * time.Minute}),
		second:     d.at(8).chance(0.5),
		anyRegion:  d.at(9).chance(0.5),
		quota:      pick(d.at(10), []int{0, 0, 6, 12}),
	}
	if late {
		h.lag, h.delay = 5*time.Minute, 4*time.Minute
	}
	return h
}

// fault is how one call fails: (applied?, answer).
type fault struct {
	name   string
	effect effect
	err    *batch.CallError
	takes  time.Duration // until the answer, beyond the usual latency
	hollow bool          // of a lookup: a success that says nothing
}

// effect says whether an application takes effect despite a fault.
type effect uint8

const (
	never   effect = iota
	applied        // it takes effect, and then the fault happens
	delayed        // the fault happens, and it takes effect up to minutes later
)

// The answers, as package cloud classifies them.
var (
	reset       = &batch.CallError{Class: batch.MaybeReceived, Code: "(connection-reset)", Unsettled: true}
	timeout     = &batch.CallError{Class: batch.MaybeReceived, Code: "(timeout)", Unsettled: true}
	cutOff      = &batch.CallError{Class: batch.MaybeReceived, Code: "(cut-off)", Status: 200, Unsettled: true}
	unreadable  = &batch.CallError{Class: batch.MaybeReceived, Code: "(odd-answer)", Status: 200, Unsettled: true}
	webPage     = &batch.CallError{Class: batch.MaybeReceived, Code: "(odd-answer)", Status: 403, Unsettled: true}
	redirect    = &batch.CallError{Class: batch.MaybeReceived, Code: "(redirect)", Status: 302, Unsettled: true}
	unavailable = &batch.CallError{Class: batch.MaybeReceived, Code: "ServiceUnavailable", Status: 503, Unsettled: true}
	brokenPage  = &batch.CallError{Class: batch.MaybeReceived, Code: "(server-error)", Status: 502, Unsettled: true}
	internal    = &batch.CallError{Class: batch.TryLater, Code: "InternalError", Status: 400, Unsettled: true}
	processing  = &batch.CallError{Class: batch.TryLater, Code: "LastTokenProcessing", Status: 403, Unsettled: true}
	throttled   = &batch.CallError{Class: batch.TryLater, Code: "Throttling.User", Status: 400, Throttled: true}
	throttledBy = &batch.CallError{Class: batch.TryLater, Code: "Throttling.Api", Status: 400, Throttled: true, Wait: 7 * time.Second}
	conflict    = &batch.CallError{Class: batch.TryLater, Code: "OperationConflict", Status: 409}
	noConnect   = &batch.CallError{Class: batch.NotSent, Code: "(connection-refused)"}
	unlisted    = &batch.CallError{Class: batch.Refused, Code: "OperationDenied.NotListed", Status: 400}
	expired     = &batch.CallError{Class: batch.RunFatal, Code: "InvalidSecurityToken.Expired", Status: 400}
)

// applyFaults are those of applications. The last four are rare.
var applyFaults = []fault{
	{"lost", never, reset, 0, false}, {"lost", applied, reset, 0, false}, {"lost", delayed, reset, 0, false},
	{"timeout", never, timeout, 14 * time.Second, false}, {"timeout", applied, timeout, 14 * time.Second, false}, {"timeout", delayed, timeout, 14 * time.Second, false},
	{"503", never, unavailable, 0, false}, {"503", applied, unavailable, 0, false}, {"503", delayed, unavailable, 0, false},
	{"502", never, brokenPage, 0, false}, {"502", applied, brokenPage, 0, false},
	{"cut off", applied, cutOff, 0, false}, {"unreadable", applied, unreadable, 0, false}, {"unreadable", never, unreadable, 0, false},
	{"web page", never, webPage, 0, false}, {"redirect", never, redirect, 0, false},
	{"internal", never, internal, 0, false}, {"internal", applied, internal, 0, false},
	{"processing", delayed, processing, 0, false}, {"processing", applied, processing, 0, false},
	{"throttled", never, throttled, 0, false}, {"throttled", never, throttledBy, 0, false}, {"conflict", never, conflict, 0, false},
	{"no connection", never, noConnect, 0, false},
	{"unlisted", never, unlisted, 0, false}, {"expired", never, expired, 0, false},
}

// lookupFaults are those of lookups.
var lookupFaults = []fault{
	{"lost", never, reset, 0, false}, {"timeout", never, timeout, 14 * time.Second, false}, {"503", never, unavailable, 0, false},
	{"502", never, brokenPage, 0, false}, {"unreadable", never, unreadable, 0, false},
	{"throttled", never, throttled, 0, false}, {"no connection", never, noConnect, 0, false},
	{"unlisted", never, unlisted, 0, false}, {"unlisted", never, unlisted, 0, false}, {"unlisted", never, unlisted, 0, false},
	{"hollow", never, nil, 0, true}, {"hollow", never, nil, 0, true}, {"hollow", never, nil, 0, true},
	{"expired", never, expired, 0, false},
}

// weather is how the service behaves during a night.
type weather struct {
	name    string
	apply   float64 // share of applications that fail
	lookups float64 // share of lookups that fail
	lags    bool    // lookups lag behind
	only    string  // the one fault of lookups; empty means all
}

var (
	calm = weather{name: "calm"}
	late = weather{"late", 0.7, 0.1, true, ""}
	// weathers are those of the nights before the quiet ones.
	weathers = []weather{
		calm, {"lagging", 0.2, 0, true, ""}, {"fair", 0.3, 0.1, true, ""}, {"bad", 0.6, 0.4, true, ""}, {"very bad", 0.9, 0.7, true, ""},
		{"no lookups", 0.5, 1, true, "unlisted"}, {"hollow lookups", 0.5, 1, true, "hollow"}, {"lookups fail", 0.5, 1, true, ""},
	}
)

// applyFault draws how one application fails, if it does.
func (w weather) applyFault(d dice) (fault, bool) {
	if !d.at(1).chance(w.apply) {
		return fault{}, false
	}
	f := pick(d.at(2), applyFaults)
	if f.name == "expired" && !d.at(3).chance(0.2) {
		f = applyFaults[0]
	}
	return f, true
}

// lookupFault draws how one lookup fails, if it does.
func (w weather) lookupFault(d dice) (fault, bool) {
	if !d.at(1).chance(w.lookups) {
		return fault{}, false
	}
	f := pick(d.at(2), lookupFaults)
	for i := uint64(3); w.only != "" && f.name != w.only || f.name == "expired" && !d.at(i).chance(0.2); i++ {
		f = pick(d.at(i), lookupFaults)
	}
	return f, true
}
