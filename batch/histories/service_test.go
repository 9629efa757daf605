package histories

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// service is the VPC API of one account, written from its documentation and not from our code. It counts
// what must never happen: a second application accepted for a circuit whose LOA is valid, and a
// request beyond the quota. Its clock is the bubble's.
type service struct {
	habits habits
	dice   dice
	note   func(format string, values ...any) // into the trace; may be nil

	mu       sync.Mutex
	circuits map[string]*circuit // by instance ID, whatever the region
	tokens   map[string]*tokenUse
	arrivals map[string][]arrival      // by region and API
	failures []failure                 // doubles, quota overruns, claims that turned out to be false
	claims   map[string]claim          // by instance ID
	underWay map[string]map[string]int // by instance ID and token: applications that take effect later
}

// claim is a result saying that nothing sent so far takes effect.
type claim struct {
	result string
	at     time.Time
	by     *process
	region string // of the row
}

// holds reports whether a claim covers a request. Circuits are locked by region, so it does not cover one
// that a process makes at the same time in another region.
func (c claim) holds(r request) bool {
	return r.sent.Before(c.at) && (c.by == r.from || c.region == r.region || c.by.night != r.from.night)
}

// circuit is one of the account's circuits.
type circuit struct {
	index   uint64
	home    string    // its region
	ready   time.Time // when its status becomes Allocated
	letters []*letter // of all applications that were accepted, in order
	judged  uint64    // applications that its LOA was compared with
}

// letter is one LOA.
type letter struct {
	status  string
	content request // with which it was applied for
	at      time.Time
	before  string    // the status until changed
	changed time.Time // when the status changed; zero if it has not
}

func (l *letter) void() bool { return l.status == "Rejected" || l.status == "Deleted" }

// valid is the circuit's LOA that is under review or was granted, or nil.
func (c *circuit) valid() *letter {
	for _, l := range slices.Backward(c.letters) {
		if !l.void() {
			return l
		}
	}
	return nil
}

// request is an application as it is on the wire.
type request struct {
	instance, region, token string
	second                  bool   // through SecondApplyPhysicalConnectionLOA
	parameters              string // all of them but region, circuit and token
	company, si, line, time string // those that Describe echoes
	sent                    time.Time
	from                    *process
}

// tokenUse is what the service remembers of a token.
type tokenUse struct {
	parameters string
	refusal    string // empty if it was accepted
	at         time.Time
}

type arrival struct {
	at  time.Time
	run uint64
}

// refusedBuilder is a construction company that the service never accepts.
const refusedBuilder = "Unlicensed Builders"

// take lets an application take effect, and returns the code of the refusal, if it is one.
func (s *service) take(r request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	c := s.circuits[r.instance]
	if c == nil || r.region != c.home && !s.habits.anyRegion {
		return "InvalidInstanceId.NotFound"
	}
	if code := s.guarded(c, r); s.habits.stateFirst && code != "" {
		return code
	}
	all := r.region + r.instance + r.parameters + fmt.Sprint(r.second)
	use := s.tokens[r.token]
	if use != nil && !s.forgotten(use, now) {
		switch {
		case use.parameters != all:
			if !strings.HasPrefix(r.token, ownToken) {
				s.failures = append(s.failures, failure{"misused token", fmt.Sprintf("%s for %s", short(r.token), r.instance)})
			}
			return "IdempotentParameterMismatch"
		case use.refusal == "" || s.habits.refusals:
			return use.refusal
		}
	}
	code := s.judge(c, r, now)
	s.tokens[r.token] = &tokenUse{parameters: all, refusal: code, at: now}
	if code == "" {
		s.accept(c, r, now)
	}
	return code
}

// takeLater lets an application take effect after a delay. Until then it is under way.
func (s *service) takeLater(r request, delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.underWay[r.instance] == nil {
		s.underWay[r.instance] = map[string]int{}
	}
	s.underWay[r.instance][r.token]++
	time.AfterFunc(delay, func() {
		s.take(r)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.underWay[r.instance][r.token]--; s.underWay[r.instance][r.token] == 0 {
			delete(s.underWay[r.instance], r.token)
		}
	})
}

// arrived checks that no application of the circuit is under way with another token.
func (s *service) arrived(r request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token := range s.underWay[r.instance] {
		if use := s.tokens[token]; token != r.token && (use == nil || use.refusal != "") {
			s.failures = append(s.failures, failure{"two tokens under way", fmt.Sprintf("%s: %s and %s", r.instance, short(token), short(r.token))})
		}
	}
}

func (s *service) forgotten(use *tokenUse, now time.Time) bool {
	return s.habits.forget > 0 && now.Sub(use.at) > s.habits.forget
}

// judge decides about an application under a token that is new to the service.
func (s *service) judge(c *circuit, r request, now time.Time) string {
	switch {
	case r.si == refusedBuilder:
		return "IllegalParam.Si"
	case now.Before(c.ready):
		return "IncorrectStatus.PhysicalConnection"
	}
	return s.guarded(c, r)
}

// guarded is the refusal of an application because of the circuit's LOA, if it is refused.
func (s *service) guarded(c *circuit, r request) string {
	c.judged++
	d := s.dice.at(c.index, c.judged)
	if c.valid() == nil {
		if n := len(c.letters); n > 0 && c.letters[n-1].status == "Rejected" && s.habits.second && !r.second {
			return "IncorrectStatus.PhysicalConnectionLOA"
		}
		return ""
	}
	if d.at(1).chance(s.habits.guard) {
		return pick(d.at(2), s.habits.guardCodes)
	}
	return ""
}

func (s *service) accept(c *circuit, r request, now time.Time) {
	if l := c.valid(); l != nil {
		s.failures = append(s.failures, failure{"double", fmt.Sprintf("%s was accepted under %s, and under %s since %s", r.instance,
			short(r.token), short(l.content.token), since(now.Sub(l.content.sent)))})
	}
	if c := s.claims[r.instance]; c.by != nil && c.holds(r) {
		s.failures = append(s.failures, failure{"wrong: " + c.result + ", and it took effect later", r.instance + " under " + short(r.token)})
	}
	c.letters = append(c.letters, &letter{status: "Applying", content: r, at: now})
	s.trace("      %s accepted under %s", r.instance, short(r.token))
}

// describe is what DescribePhysicalConnectionLOA shows of a circuit: its LOA as of a time. Lookups may
// lag, each by a different time, as if they reached different replicas. The status lags only if
// stale.
func (s *service) describe(instance, region string, at time.Time, stale bool) (l *letter, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.circuits[instance]
	if c == nil || region != c.home && !s.habits.anyRegion {
		return nil, "InvalidInstanceId.NotFound"
	}
	return c.seen(at, stale), ""
}

// seen is the circuit's LOA as it was at a time, or nil.
func (c *circuit) seen(at time.Time, stale bool) *letter {
	for _, l := range slices.Backward(c.letters) {
		if l.at.After(at) {
			continue
		}
		seen := *l
		if stale && seen.changed.After(at) {
			seen.status = seen.before
		}
		return &seen
	}
	return nil
}

// listed is a circuit as DescribePhysicalConnections lists it.
type listed struct{ instance, status, letter string }

// list is the listing of a region as it was at a time.
func (s *service) list(region string, at time.Time) (list []listed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, instance := range slices.Sorted(maps.Keys(s.circuits)) {
		c := s.circuits[instance]
		if c.home != region && !s.habits.anyRegion {
			continue
		}
		row := listed{instance: instance, status: "Allocated"}
		if at.Before(c.ready) {
			row.status = "Allocating"
		}
		if l := c.seen(at, false); l != nil {
			row.letter = l.status
		}
		list = append(list, row)
	}
	return list
}

// mustAnswer reports whether a lookup of a circuit has to be answered: its valid LOA was
// applied for under a token that is forgotten, so nothing but the lookup prevents a double.
func (s *service) mustAnswer(instance string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.circuits[instance]
	if c == nil || c.valid() == nil || s.habits.guard == 1 || s.habits.forget == 0 {
		return false
	}
	use := s.tokens[c.valid().content.token]
	return use != nil && time.Since(use.at) > s.habits.forget-20*time.Minute
}

// arrive counts a request against its quota and reports whether it is over it.
func (s *service) arrive(region, api string, run uint64) bool {
	if s.habits.quota == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now, key := time.Now(), region+" "+api
	list := slices.DeleteFunc(s.arrivals[key], func(a arrival) bool { return now.Sub(a.at) >= quotaWindow })
	s.arrivals[key] = append(list, arrival{now, run})
	if len(list) < s.habits.quota {
		return false
	}
	kind := "quota"
	if slices.ContainsFunc(list, func(a arrival) bool { return a.run != run }) {
		kind = "quota of several runs"
	}
	s.failures = append(s.failures, failure{kind, fmt.Sprintf("%d requests in a window of %s", len(list)+1, key)})
	return true
}

// review lets the operator decide about LOAs, and users delete some.
func (s *service) review(d dice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, instance := range slices.Sorted(maps.Keys(s.circuits)) {
		c := s.circuits[instance]
		l := c.valid()
		if l == nil || l.status != "Applying" {
			continue
		}
		status := pick(d.at(c.index), []string{"Applying", "Available", "Rejected", "Rejected", "Deleted"})
		if status != l.status {
			l.before, l.status, l.changed = l.status, status, time.Now()
			s.trace("  the LOA of %s is %s", instance, status)
		}
	}
}

func (s *service) trace(format string, values ...any) {
	if s.note != nil {
		s.note(format, values...)
	}
}

// short is a token as the trace shows it.
func short(token string) string {
	if strings.HasPrefix(token, ownToken) {
		return token
	}
	return token[:min(len(token), 8)]
}

func since(d time.Duration) string { return d.Round(time.Millisecond).String() }
