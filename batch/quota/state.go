package quota

import (
	"cmp"
	"math"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// The limits of what a grant promises. They are the same for every process that shares a quota, so
// changing one requires a new version of the stored form.
const (
	// Ahead is how far in the future a granted request may start. It limits what a process can
	// withhold from the others, and how long a round trip to the keeper may take.
	Ahead = time.Second
	// slack is how late a request may start and, again, how late its end may be noticed, since the
	// machine may schedule a process late.
	slack = time.Second
	// activeFor is how long after an ask a process gets a share of what is granted.
	activeFor = 2 * time.Second
)

// Ask is what one process tells the keeper of a quota: what it wants, and how its earlier requests
// ended.
type Ask struct {
	Process uint64        // a random number, the same in all asks of a process
	Number  uint64        // of the ask, which identifies what it is granted; a process uses each once
	Rate    Rate          // the quota as the user of this process states it; not the zero Rate
	Burst   int           // of the pace, 1 to Rate.N
	Life    time.Duration // a request is answered or given up at most this long after it started
	Want    int           // requests; 0 if the process only gives back
	Held    int           // granted before but not started yet
	Jumped  bool          // the process's clocks jumped: no burst may follow
	Returns []Return      // each granted request is given back once
}

// Return is one granted request that was answered, given up, or not sent at all. Its times are ages by
// the process's clock, so only the keeper's clock counts.
type Return struct {
	Ask       uint64        // to which it was granted
	Sent      bool          // it may have been sent
	Started   time.Duration // how long ago
	Answered  time.Duration // how long ago it was answered or given up
	Throttled bool          // the answer said that the quota was exceeded
	Hint      time.Duration // how long from now the server asked to wait
}

// Grant allows a process to start requests, each no earlier than its offset after the grant was
// received, and no later than its offset plus slack after the grant was asked for.
type Grant struct {
	Starts   []time.Duration // offsets, ascending, at most Ahead
	Wait     time.Duration   // if fewer were granted than wanted: how long to wait before asking again
	Share    float64         // share of the full pace that throttling leaves; 1 is all of it
	Recovers time.Duration   // how long the pace will be below the full one
	Used     int             // requests that count in the window now, of all processes, including those granted here
}

// Time is a reading of a keeper's clock. The clock is monotonic and never runs fast; it may stop while
// no process runs.
type Time struct {
	Line string        // identifies the time line: it changes when the clock starts over
	Now  time.Duration // on this line
	Up   time.Duration // for how long the line has existed at least
}

// State is what all processes that use a quota share. Take changes it, and its binary form is stored
// between two takes. The zero State is that of an unused quota.
type State struct {
	begun     bool
	line      string
	seen      time.Duration // the latest take
	keep      time.Duration // how long answers count: the longest span of any process that asked
	answers   []answers     // ascending
	grants    []outstanding // not given back yet
	processes []process     // that asked lately
	drained   time.Duration // when the bucket of the pace is empty; it fills from then on
	unknown   time.Duration // until then, requests that are not in the state may have been answered
	throttle  throttle
}

// answers is a number of requests that were answered at the same time.
type answers struct {
	at time.Duration
	n  int
}

// outstanding is what a process has not given back of a grant. If it never does, its requests count as
// answered at the last possible moment.
type outstanding struct {
	process, ask uint64
	n            int
	last         time.Duration
}

type process struct {
	id   uint64
	seen time.Duration
}

// span is how long a request counts after its answer: the window, and a margin for clocks that run at
// different speeds.
func (r Rate) span() time.Duration { return r.Per + max(r.Per/1000, time.Millisecond) }

// resolution is the precision to which answers are stored, rounded up. It bounds the size
// of a state, and costs about a thousandth of the quota.
func (r Rate) resolution() time.Duration { return max(r.Per/512, time.Microsecond) }

// Take takes back requests that were granted earlier, and grants up to Want new ones. It is a pure
// function of the state, the time and the ask.
func (s *State) Take(t Time, ask Ask) Grant {
	s.advance(t, ask)
	for _, r := range ask.Returns {
		s.takeBack(r, ask)
	}
	s.forget(ask.Rate)
	if ask.Jumped {
		s.drained = max(s.drained, s.seen)
	}
	g := s.grant(ask)
	g.Share = s.throttle.share(s.seen, ask.Rate.Per)
	g.Recovers = max(0, s.throttle.recovers(ask.Rate.Per)-s.seen)
	return g
}

// advance sets the time. On a new time line the state may lack the latest grants, so it says nothing.
// Everything granted before is over when it would be if all of it had been granted at the start of
// the line.
func (s *State) advance(t Time, ask Ask) {
	switch {
	case !s.begun:
		s.begun, s.drained, s.unknown = true, t.Now-ask.Rate.Per, -never
	case t.Line != s.line || t.Now < s.seen:
		start, longest := t.Now-t.Up, lifeOf(ask)
		for _, g := range s.grants {
			longest = max(longest, g.last-s.seen)
		}
		moved := s.throttle
		moved.cut += start - s.seen
		moved.hold += start - s.seen
		*s = State{begun: true, drained: start, unknown: start + longest, throttle: moved}
	}
	s.line, s.seen = t.Line, t.Now
}

// lifeOf is how long after a grant its last request is over: started late, answered as
// late as possible, and noticed late.
func lifeOf(ask Ask) time.Duration { return Ahead + slack + ask.Life + slack }

// takeBack ends one granted request. An answer counts even if the request was presumed to be over
// because it took longer than it should have.
func (s *State) takeBack(r Return, ask Ask) {
	i := slices.IndexFunc(s.grants, func(g outstanding) bool { return g.process == ask.Process && g.ask == r.Ask })
	if i >= 0 {
		if s.grants[i].n--; s.grants[i].n == 0 {
			s.grants = slices.Delete(s.grants, i, i+1)
		}
	}
	switch {
	case r.Sent:
		s.answered(s.seen-max(r.Answered, 0), 1, ask.Rate)
	case i >= 0: // the pace gets its token back
		s.drained -= time.Duration(float64(time.Second) / ask.Rate.PerSecond())
	}
	if r.Throttled {
		s.throttle.answer(s.seen-r.Started, s.seen, r.Hint, ask.Rate.Per)
	}
}

// answered counts requests from their answer on.
func (s *State) answered(at time.Duration, n int, q Rate) {
	at = roundUp(at, q.resolution())
	i, found := slices.BinarySearchFunc(s.answers, at, func(a answers, at time.Duration) int { return cmp.Compare(a.at, at) })
	if !found {
		s.answers = slices.Insert(s.answers, i, answers{at: at})
	}
	s.answers[i].n += n
}

func roundUp(d, to time.Duration) time.Duration {
	if rounded := d.Truncate(to); rounded >= d {
		return rounded
	}
	return d.Truncate(to) + to
}

// forget drops what no longer counts for anyone. What counts only in windows longer than that of the
// asking process is kept as long as the documented quota needs it.
func (s *State) forget(q Rate) {
	s.grants = slices.DeleteFunc(s.grants, func(g outstanding) bool {
		over := g.last <= s.seen
		if over {
			s.answered(g.last, g.n, q)
		}
		return over
	})
	if len(s.answers) == 0 && len(s.grants) == 0 {
		s.keep = DefaultRate.span()
	}
	s.keep = max(s.keep, q.span())
	coarse, kept := DefaultRate.resolution(), s.answers[:0]
	for _, a := range s.answers {
		if a.at+coarse+q.span() <= s.seen {
			a.at = roundUp(a.at, coarse)
		}
		switch last := len(kept) - 1; {
		case a.at+s.keep <= s.seen:
			s.unknown = max(s.unknown, a.at) // it would count for a window longer than any so far
		case last >= 0 && kept[last].at == a.at:
			kept[last].n += a.n
		default:
			kept = append(kept, a)
		}
	}
	s.answers = kept
	s.processes = slices.DeleteFunc(s.processes, func(p process) bool { return p.seen+activeFor <= s.seen })
}

// grant grants requests that may start within Ahead: each when the pace has a token for it and fewer
// than N of the requests before it count.
func (s *State) grant(ask Ask) Grant {
	bucket := s.bucket(ask)
	want, active := s.allowed(ask, bucket)
	earliest := max(s.seen, s.unknown+ask.Rate.span(), s.throttle.hold)
	order := s.order()
	var g Grant
	for len(g.Starts) < want {
		at := max(earliest, s.drained, order.free(len(g.Starts), ask.Rate))
		start := at + bucket.ReserveN(epoch.Add(at), 1).DelayFrom(epoch.Add(at))
		if start > s.seen+Ahead {
			g.Wait = start - s.seen - Ahead
			break
		}
		g.Starts = append(g.Starts, start-s.seen)
		s.drained = at - tokenTime(bucket, at)
	}
	if len(g.Starts) < ask.Want { // the more processes wait, the less often each one asks
		g.Wait = max(g.Wait, min(time.Duration(active-1)*Ahead/10, Ahead*8/10))
	}
	g.Used = order.counted(s.seen-ask.Rate.span()) + len(g.Starts)
	if n := len(g.Starts); n > 0 {
		last := s.seen + g.Starts[n-1] + lifeOf(ask) - Ahead
		s.grants = append(s.grants, outstanding{ask.Process, ask.Number, n, last})
	}
	return g
}

// bucket returns the token bucket of the pace from the state.
func (s *State) bucket(ask Ask) *rate.Limiter {
	share, burst := s.throttle.share(s.seen, ask.Rate.Per), max(ask.Burst, 1)
	if share < 1 {
		burst = 1
	}
	bucket := rate.NewLimiter(rate.Limit(ask.Rate.PerSecond()*share), burst)
	full := time.Duration(float64(burst) / float64(bucket.Limit()) * float64(time.Second))
	s.drained = max(s.drained, s.seen-full)
	bucket.AllowN(epoch.Add(s.drained), burst)
	return bucket
}

// tokenTime is how long a bucket takes to fill to its content at the given time; it is negative if tokens
// are owed.
func tokenTime(bucket *rate.Limiter, at time.Duration) time.Duration {
	return time.Duration(bucket.TokensAt(epoch.Add(at)) / float64(bucket.Limit()) * float64(time.Second))
}

// allowed returns how many requests may be granted to the asking process, given what it already holds,
// for each active process to get an equal share of what the pace allows.
func (s *State) allowed(ask Ask, bucket *rate.Limiter) (n, active int) {
	i := slices.IndexFunc(s.processes, func(p process) bool { return p.id == ask.Process })
	switch {
	case ask.Want <= 0:
		return 0, len(s.processes)
	case i >= 0:
		s.processes[i].seen = s.seen
	default:
		s.processes = append(s.processes, process{ask.Process, s.seen})
	}
	active = len(s.processes)
	if active == 1 {
		return ask.Want, active
	}
	ready := max(0, bucket.TokensAt(epoch.Add(max(s.seen, s.drained)))) + float64(bucket.Limit())*Ahead.Seconds()
	return min(ask.Want, max(1, int(ready)/active)-ask.Held), active
}

// never is later than anything, and can still be added to.
const never = time.Duration(math.MaxInt64 / 4)

// order is the requests that count, sorted by when they cease to.
type order struct {
	ends  []answers
	total int
	next  int // of ends
	sum   int // of ends before next
}

func (s *State) order() *order {
	o := &order{ends: s.answers}
	if len(s.grants) > 0 {
		o.ends = slices.Clone(s.answers)
		for _, g := range s.grants {
			o.ends = append(o.ends, answers{g.last, g.n})
		}
		slices.SortFunc(o.ends, func(a, b answers) int { return cmp.Compare(a.at, b.at) })
	}
	for _, a := range o.ends {
		o.total += a.n
	}
	return o
}

// counted is how many of the requests still count at a time.
func (o *order) counted(after time.Duration) (n int) {
	for _, a := range o.ends {
		if a.at > after {
			n += a.n
		}
	}
	return n
}

// free returns when fewer than N requests count: those of the order, and those that are being granted.
// The number of the latter only rises from call to call.
func (o *order) free(granted int, q Rate) time.Duration {
	over := o.total + granted - (q.N - 1)
	if over <= 0 {
		return math.MinInt64
	}
	for o.next < len(o.ends) && o.sum < over {
		o.sum += o.ends[o.next].n
		o.next++
	}
	if o.sum < over {
		return never
	}
	return o.ends[o.next-1].at + q.span()
}

// InUse returns how many requests count in the window of a rate at a time. It advances the state, which
// must not be stored afterwards.
func (s *State) InUse(t Time, r Rate) int {
	return s.Take(t, Ask{Rate: r, Burst: 1}).Used
}

// Move moves a state from one keeper to another: from is a reading of the old keeper's clock, and to
// one of the new keeper's, made no earlier. What counts there counts here for as long. A state that
// is not of the old clock's line says nothing, as on a new time line; since it is not known how
// long ago it was used, nothing is granted until all of it is over.
func (s *State) Move(from, to Time) {
	if !s.begun {
		return
	}
	by, longest := to.Now-from.Now, lifeOf(Ask{Life: defaultLife})
	for _, g := range s.grants {
		longest = max(longest, g.last-s.seen)
	}
	foreign := s.line != from.Line || from.Now < s.seen
	if foreign {
		by = to.Now - s.seen
	}
	s.line, s.throttle.cut, s.throttle.hold = to.Line, s.throttle.cut+by, s.throttle.hold+by
	if foreign {
		*s = State{begun: true, line: to.Line, seen: to.Now, drained: to.Now, unknown: to.Now + longest, throttle: s.throttle}
		return
	}
	s.seen, s.drained = s.seen+by, s.drained+by
	if s.unknown > -never {
		s.unknown += by
	}
	for i := range s.answers {
		s.answers[i].at += by
	}
	for i := range s.grants {
		s.grants[i].last += by
	}
	for i := range s.processes {
		s.processes[i].seen += by
	}
}

// Merge adds what counts in another state of the same quota and line: two keepers kept it, each for its
// own processes, and from now on one does.
func (s *State) Merge(other State) {
	switch {
	case !other.begun:
		return
	case !s.begun:
		*s = other
		return
	}
	s.seen, s.keep = max(s.seen, other.seen), max(s.keep, other.keep)
	s.drained, s.unknown = max(s.drained, other.drained), max(s.unknown, other.unknown)
	merged := slices.Concat(s.answers, other.answers)
	slices.SortStableFunc(merged, func(a, b answers) int { return cmp.Compare(a.at, b.at) })
	s.answers = merged
	s.grants, s.processes = slices.Concat(s.grants, other.grants), slices.Concat(s.processes, other.processes)
	hold := max(s.throttle.hold, other.throttle.hold)
	if other.throttle.begun && (!s.throttle.begun || other.throttle.part < s.throttle.part) {
		s.throttle = other.throttle
	}
	s.throttle.hold = hold
}
