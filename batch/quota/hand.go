package quota

import "time"

// hand is what a process holds of a quota: tokens that were granted but not used, and what is to be
// given back. It uses no clock or goroutine; all times are by the process's clock.
type hand struct {
	limits  Limits
	process uint64

	tokens []token
	back   []returned
	seen   moment // the latest reading of the clock
	jumped bool   // since the latest exchange

	number  uint64        // of the latest ask
	asked   moment        // when it was made
	next    time.Duration // when tokens may be asked for again
	last    int           // how many were wanted
	claimed int           // since the latest exchange
	peak    int           // of [Grant.Used]
	slow    stretches
}

// token allows one request to start.
type token struct {
	ask         uint64        // to which it was granted
	start, late time.Duration // not before start, not after late
}

// returned is a token to be given back.
type returned struct {
	token
	sent, throttled         bool
	started, answered, hold time.Duration
}

// A process asks ahead for what it has just used, so a fast one asks about ten times a second; a slow
// one asks for as many requests as it has callers. It does not ask more often than that unless it
// used up all that it wanted.
const (
	lookAhead  = 200 * time.Millisecond
	maxWanted  = 4096
	leastPause = time.Millisecond
	mostPause  = 100 * time.Millisecond
	mostWait   = 900 * time.Millisecond // others may give back earlier than expected
)

// Answers are given back with the next ask. If there is none, they are given back alone before a window
// has passed, and tokens that nobody waits for at once.
const (
	flushTokens  = 200 * time.Millisecond
	flushAnswers = time.Second
)

// pause is how long a process waits at least before it asks again for what it did not get.
func (r Rate) pause() time.Duration { return min(max(r.Per/20, leastPause), mostPause) }

// flush returns how long the hand may keep what it has, or 0 if it has nothing.
func (h *hand) flush(waiting int) time.Duration {
	eighth := max(h.limits.Rate.Per/8, leastPause)
	switch {
	case waiting == 0 && len(h.tokens) > 0:
		return min(eighth, flushTokens)
	case len(h.back) > 0:
		return min(eighth, flushAnswers)
	}
	return 0
}

// read records a reading of the clock. After a jump the age of the tokens is not known, so none may be
// used.
func (h *hand) read(now moment) time.Duration {
	if now.jumped(h.seen) {
		h.jumped = true
		h.giveUp()
	}
	h.seen = now
	return now.run
}

// giveUp gives all tokens back.
func (h *hand) giveUp() {
	for _, t := range h.tokens {
		h.back = append(h.back, returned{token: t})
	}
	h.tokens = h.tokens[:0]
}

// claim uses a token if its time has come; otherwise it returns how long to wait for it, or 0 if there is
// no token.
func (h *hand) claim(now time.Duration) (t token, ok bool, wait time.Duration) {
	for len(h.tokens) > 0 && h.tokens[0].late < now {
		h.back = append(h.back, returned{token: h.tokens[0]})
		h.tokens = h.tokens[1:]
	}
	switch {
	case len(h.tokens) == 0:
		return token{}, false, 0
	case h.tokens[0].start > now:
		return token{}, false, h.tokens[0].start - now
	}
	t, h.tokens = h.tokens[0], h.tokens[1:]
	h.claimed++
	return t, true, 0
}

// finished records that a request was answered. If it was throttled, the pace of what was granted is too
// high.
func (h *hand) finished(t token, started, now time.Duration, throttled bool, hint time.Duration) {
	h.back = append(h.back, returned{token: t, sent: true, throttled: throttled, started: started, answered: now, hold: now + hint})
	if throttled {
		h.giveUp()
	}
}

// low reports whether so few tokens are left that more should be asked for.
func (h *hand) low() bool { return len(h.tokens) <= h.last/2 }

// ask makes the next ask, for this many waiting callers. Without any, everything is given back.
func (h *hand) ask(now moment, waiting int) Ask {
	run := h.read(now)
	if waiting == 0 {
		h.giveUp()
	}
	h.number++
	a := Ask{
		Process: h.process, Number: h.number, Rate: h.limits.Rate, Burst: h.limits.Burst, Life: h.limits.Life,
		Want: h.wanted(run, waiting), Held: len(h.tokens), Jumped: h.jumped,
	}
	for _, b := range h.back {
		a.Returns = append(a.Returns, Return{
			Ask: b.ask, Sent: b.sent, Started: run - b.started, Answered: run - b.answered,
			Throttled: b.throttled, Hint: max(0, b.hold-run),
		})
	}
	h.back = h.back[:0]
	h.asked, h.claimed, h.jumped = now, 0, false
	if a.Want > 0 {
		h.last = a.Want + a.Held
	}
	return a
}

// wanted is how many more tokens to ask for.
func (h *hand) wanted(now time.Duration, waiting int) int {
	if waiting == 0 {
		return 0
	}
	recent := 0
	if since := now - h.asked.run; since > 0 {
		recent = int(min(float64(h.claimed)*float64(lookAhead)/float64(since), maxWanted))
	}
	return max(0, max(waiting, min(recent, 2*h.last))-len(h.tokens))
}

// granted takes the grant for an ask.
func (h *hand) granted(now moment, want int, g Grant) {
	run := h.read(now)
	h.peak = max(h.peak, g.Used)
	for _, offset := range g.Starts {
		h.tokens = append(h.tokens, token{ask: h.number, start: run + offset, late: h.asked.run + offset + slack})
	}
	if now.jumped(h.asked) {
		h.giveUp()
	}
	h.next = run
	if len(g.Starts) < want {
		h.next += min(max(g.Wait, h.limits.Rate.pause()), mostWait)
	}
	if g.Share < 1 {
		h.slow.add(run, run+g.Recovers)
	}
}
