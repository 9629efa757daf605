package batch

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// The names of the states and events, in their order.
var (
	stateNames = strings.Fields(`sendFresh sendClear denied askFirst askVoid askAccepted askConflict askReady
		sendOpen askElsewhere askResume askRepeat askChanged askLost askLast askRefused`)
	eventNames = strings.Fields(`accepted postponed postponedOver lost lostOver refused conflict mismatch runFatal regionFatal
		ours other edited void voidRepeat voidEarly none noneAccepted noneEdited noneEarly waiting lagging mute muteOver interrupted`)
)

// occurs reports whether an event can occur in a state.
func occurs(s state, e event) bool {
	switch {
	case e == evInterrupted:
		return true
	case e == evRunFatal, e == evRegionFatal:
		return true
	case e <= evRegionFatal:
		return s.sends()
	case s.sends():
		return false
	case e == evOurs:
		return s == askResume || s == askRepeat || s == askLost || s == askLast || s == askRefused
	case e == evEdited:
		return s == askElsewhere || s == askFirst || s == askReady || s == askChanged || s == askVoid || s == askAccepted
	case e == evVoidEarly, e == evNoneEarly:
		return s.open()
	case e == evLagging:
		return s == askConflict || s == askRefused
	case e == evVoidRepeat:
		return s != askReady
	case e == evWaiting:
		return s != askFirst && s != askVoid && s != askRepeat
	case e == evNoneAccepted, e == evNoneEdited:
		return s == askAccepted || s.open()
	}
	return true
}

// TestMachine checks every state and event against the rules of the package comment.
func TestMachine(t *testing.T) {
	if len(stateNames) != int(ended) || len(eventNames) != events {
		t.Fatalf("%d names of %d states, %d of %d events", len(stateNames), ended, len(eventNames), events)
	}
	for s := range ended {
		for e := range event(events) {
			to := machine[s][e]
			if to.effect == impossible {
				if occurs(s, e) {
					t.Errorf("%s does nothing on %s", stateNames[s], eventNames[e])
				}
				continue
			}
			for rule, broken := range brokenRules(s, e, to) {
				if broken {
					t.Errorf("%s on %s: %+v breaks the rule: %s", stateNames[s], eventNames[e], to, rule)
				}
			}
		}
	}
}

// brokenRules lists the rules of a transition, and which of them it breaks.
func brokenRules(s state, e event, to transition) map[string]bool {
	settled := !s.open() || e.settles() != "" || e == evAccepted
	ends := to.effect == finish
	return map[string]bool{
		"the row has an outcome when it has ended":                ends != (to.to == ended) || ends != (to.result != ""),
		"another token is sent only when the open one is settled": !settled && (to.effect == repeat || to.effect == start || to.to == sendFresh || to.to == sendClear),
		"nothing but an outcome or a settlement closes a token":   s.open() && !settled && !ends && !to.to.open(),
		"FAILED needs proof":                                             ends && to.result == sheet.Failed && (!settled || e == evAccepted),
		"REFUSED needs an answer to every attempt":                       ends && to.result == sheet.Refused && !settled,
		"only what is not open ends NOT_ATTEMPTED":                       ends && to.result == sheet.NotAttempted && s.open(),
		"only what is open ends UNKNOWN":                                 ends && to.result == sheet.Unknown && (!s.open() || settled),
		"SUBMITTED needs an answer, or an LOA that can be this run's":    ends && to.result == sheet.Submitted && e != evAccepted && e != evOurs,
		"ALREADY takes an LOA, or an acceptance on record":               ends && to.result == sheet.Already && !slices.Contains([]event{evOurs, evOther, evNone, evNoneAccepted, evWaiting}, e),
		"INVALID needs an edit":                                          ends && to.result == sheet.Invalid && e != evEdited && e != evNoneEdited,
		"only a clear rejection and a person's consent lead to a repeat": to.effect == repeat && e != evVoidRepeat,
		"what may have been applied opens the token":                     (e == evLost || e == evLostOver || e == evMismatch && s != sendClear) && !to.to.open(),
		"a lookup that says nothing decides nothing":                     (e == evMute || e == evLagging) && to.to != s,
		"an interruption ends the row":                                   e == evInterrupted && !ends,
		"a lookup without an answer sends no other token":                e == evMuteOver && s.open() && to.to != sendOpen && to.result != sheet.Unknown,
		"an early lookup closes nothing":                                 (e == evVoidEarly || e == evNoneEarly) && to.to != sendOpen && to.result != sheet.Unknown,
	}
}

// TestEveryRowEnds checks that a row does not end UNKNOWN, whatever state it is in, if all its calls get
// clean answers late enough.
func TestEveryRowEnds(t *testing.T) {
	clean := []event{evAccepted, evRefused, evConflict, evOurs, evOther, evEdited, evVoid, evVoidRepeat, evNone, evNoneAccepted, evNoneEdited, evWaiting}
	var follow func(s state, path []string)
	follow = func(s state, path []string) {
		path = append(path, stateNames[s])
		if len(path) > 12 {
			t.Fatalf("no end: %v", path)
		}
		for _, e := range clean {
			to := machine[s][e]
			switch {
			case !occurs(s, e):
			case to.effect != finish:
				follow(to.to, append(slices.Clone(path), eventNames[e]))
			case to.result == sheet.Unknown || to.result == sheet.Failed && e == evAccepted:
				t.Errorf("%v, %s: %s", path, eventNames[e], to.result)
			}
		}
	}
	for s := range ended {
		follow(s, nil)
	}
}

// TestTheDocumentedMachine checks the table of the package comment against the code.
func TestTheDocumentedMachine(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for s := range ended {
		want.WriteString(documented(s))
	}
	if !strings.Contains(string(doc), want.String()) {
		t.Errorf("doc.go does not have this table:\n%s", &want)
	}
}

// documented is a state's part of the table: its events by where they lead, except those that end the
// run or the region.
func documented(s state) string {
	var targets []string
	by := map[string][]string{}
	for e := range event(events) {
		to := machine[s][e]
		if !occurs(s, e) || to.effect == halt || to.effect == haltRegion {
			continue
		}
		target := string(to.result)
		switch {
		case to.effect == repeat:
			target = "repeat"
		case to.effect == start:
			target = "start"
		case to.effect != finish:
			target = stateNames[to.to]
		}
		if by[target] == nil {
			targets = append(targets, target)
		}
		by[target] = append(by[target], eventNames[e])
	}
	text, width := "", 0
	for i, target := range targets {
		part := strings.Join(by[target], " ") + ": " + target
		switch {
		case i == 0:
			text = fmt.Sprintf("//\t%-12s %s", stateNames[s], part)
			width = len(text)
		case width+len(part) > 88:
			text += ";\n" + fmt.Sprintf("//\t%13s%s", "", part)
			width = len(part) + 16
		default:
			text += "; " + part
			width += len(part) + 2
		}
	}
	return text + "\n"
}

// FreeAhead is the bound of the rows that are read ahead without a quota.
const FreeAhead = freeAhead

func TestLimitIsReached(t *testing.T) {
	for _, test := range []struct {
		limit            string
		failed, finished int
		want             bool
	}{
		{"1", 0, 1, false},
		{"1", 1, 1, true},
		{"3", 2, 1000, false},
		{"3", 3, 3, true},
		{"5%", 1, minFinished, true},
		{"5%", 1, minFinished + 1, false},
		{"5%", minFinished - 1, minFinished - 1, false},
		{"5%", 50, 1000, true},
		{"5%", 49, 1000, false},
	} {
		limit, err := ParseLimit(test.limit)
		if err != nil {
			t.Errorf("%s: %v", test.limit, err)
		}
		if got := limit.Reached(Count{Rows: test.finished, Failed: test.failed}); got != test.want {
			t.Errorf("%s is reached by %d of %d: %t", test.limit, test.failed, test.finished, got)
		}
	}
}

// The longest of many waits is near the ceiling, which doubles with each attempt.
func TestBackoffDoubles(t *testing.T) {
	for n, ceiling := range []time.Duration{1: 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 20 * time.Second, 20 * time.Second} {
		if n == 0 {
			continue
		}
		var longest time.Duration
		for range 500 {
			longest = max(longest, backoff(n, 0))
		}
		if longest < ceiling*9/10 || longest > ceiling+time.Millisecond {
			t.Errorf("the longest wait before attempt %d is %v, want one near %v", n+1, longest, ceiling)
		}
	}
	if got := backoff(1, time.Minute); got < time.Minute {
		t.Errorf("waited %v despite a hint of a minute", got)
	}
}
