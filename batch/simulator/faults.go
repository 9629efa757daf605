package simulator

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// When tells whether a call that meets a fault has its effect.
type When uint8

// The three ways.
const (
	Before When = iota // the fault comes before the effect: there never is one
	After              // the call has its effect, then the fault keeps that from the client
	Late               // the fault comes first, the effect after it, once the client has its answer or has given up
)

var whenNames = [...]string{"before", "after", "late"}

// String gives the word that the plan's grammar uses.
func (w When) String() string { return whenNames[w] }

// Fault is one thing that goes wrong with a call: what the client sees, and whether the
// call had its effect. The zero Fault is none.
type Fault struct {
	Kind string        // one of the kinds that FaultHelp lists; empty means no fault
	When When          //
	Hold time.Duration // for hang and stall: the answer comes after all, so much later; 0 means never
}

// String gives the fault in the plan's grammar, such as drop-after.
func (f Fault) String() string {
	if f.Hold > 0 {
		return fmt.Sprintf("%s-%s=%s", f.Kind, f.When, f.Hold)
	}
	return f.Kind + "-" + f.When.String()
}

// Share is a fault and how often it happens.
type Share struct {
	Fault   Fault
	Either  bool    // Fault.When is Before or After, as a coin tossed for each call falls
	API     string  // the one API it happens to; empty means every VPC API
	Percent float64 // of that API's calls, above 0 and at most 100
}

// Plan tells how the service misbehaves. The zero Plan is a perfect network.
type Plan struct {
	Shares  []Share       // together at most 100 percent for any API
	Latency time.Duration // time between the arrival of a call and its effect
	Jitter  time.Duration // up to so much more or less of it, evenly spread; at most Latency
}

// Request names a call for Options.Script: the N-th of its API, region and circuit, from 1.
type Request struct {
	API        string
	Region     string
	InstanceID string // empty for calls that name no circuit
	N          int
}

// fate gives the latency and the fault of a call. They depend on the seed and on the
// call's API, region, circuit and number alone, never on what else goes on.
func (p *Plan) fate(seed uint64, c *call) (time.Duration, Fault) {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00%d", c.api, c.region, c.instance, c.n)
	r := rand.New(rand.NewPCG(seed, h.Sum64()))
	latency := p.Latency + time.Duration((2*r.Float64()-1)*float64(p.Jitter))
	draw, coin := 100*r.Float64(), When(r.IntN(2))
	for _, share := range p.Shares {
		if !share.meets(c.api) {
			continue
		}
		if draw -= share.Percent; draw < 0 {
			if share.Either {
				share.Fault.When = coin
			}
			return latency, share.Fault
		}
	}
	return latency, Fault{}
}

// meets reports whether the fault happens to calls of an API.
func (s *Share) meets(name string) bool {
	return s.API == name || s.API == "" && apis[name].version == vpcVersion
}

// String gives the plan in the grammar of ParseFaults.
func (p Plan) String() string {
	var items []string
	for _, s := range p.Shares {
		item := s.Fault.String()
		if s.Either {
			item = strings.Replace(item, "-"+s.Fault.When.String(), "", 1)
		}
		if s.API != "" {
			item = s.API + "/" + item
		}
		items = append(items, item+":"+strconv.FormatFloat(s.Percent, 'f', -1, 64)+"%")
	}
	if p.Latency > 0 {
		item := "latency:" + p.Latency.String()
		if p.Jitter > 0 {
			item += "±" + p.Jitter.String()
		}
		items = append(items, item)
	}
	return strings.Join(items, ",")
}

// ParseFaults reads a plan such as
//
//	503:5%,drop-after:2%,hang=3s:1%,ApplyPhysicalConnectionLOA/cut:10%,latency:20ms±10ms
//
// An item is a fault and its percentage. The fault's kind may be followed by -before,
// -after or -late (left out: before or after, as a coin falls for each call; for answers
// that deny any effect, before), by =DURATION for hang and stall, and may be preceded by
// the one API it happens to and a slash. latency:D±D delays every call. ± may be written +-.
func ParseFaults(text string) (Plan, error) {
	var p Plan
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		name, value, ok := strings.Cut(item, ":")
		if !ok {
			return Plan{}, fmt.Errorf("fault %q has no value; write it as %s:5%%", item, item)
		}
		var err error
		if name == "latency" {
			p.Latency, p.Jitter, err = parseLatency(value)
		} else {
			var s Share
			s, err = parseShare(name, value)
			p.Shares = append(p.Shares, s)
		}
		if err != nil {
			return Plan{}, err
		}
	}
	return p, p.check()
}

// check refuses a plan that gives some API more than 100 percent.
func (p *Plan) check() error {
	for name := range apis {
		sum := 0.0
		for _, s := range p.Shares {
			if s.meets(name) {
				sum += s.Percent
			}
		}
		if sum > 100+1e-9 {
			return fmt.Errorf("the faults of %s add up to %g%%; at most 100%% is possible", name, sum)
		}
	}
	return nil
}

func parseShare(name, value string) (Share, error) {
	var s Share
	fail := func(what string) (Share, error) { return Share{}, fmt.Errorf("fault %q: %s", name+":"+value, what) }

	percent, hasSign := strings.CutSuffix(value, "%")
	n, err := strconv.ParseFloat(percent, 64)
	if err != nil || !hasSign || !(n > 0 && n <= 100) {
		return fail("want a percentage above 0 and at most 100, such as 5%")
	}
	s.Percent = n

	rest := name
	if api, after, ok := strings.Cut(rest, "/"); ok {
		if _, known := apis[api]; !known {
			return fail("there is no API " + api)
		}
		s.API, rest = api, after
	}
	if before, hold, ok := strings.Cut(rest, "="); ok {
		if s.Fault.Hold, err = time.ParseDuration(hold); err != nil || s.Fault.Hold <= 0 {
			return fail("want a duration after =, such as hang=3s")
		}
		rest = before
	}
	kind, when, hasWhen := cutWhen(rest)
	k, known := kinds[kind]
	switch {
	case !known:
		return fail("there is no such fault; it is one of " + strings.Join(kindNames(), ", "))
	case s.Fault.Hold > 0 && !k.holds:
		return fail("only hang and stall take a duration")
	}
	s.Fault.Kind, s.Fault.When, s.Either = kind, when, !hasWhen && !k.denies
	return s, nil
}

// cutWhen cuts -before, -after or -late off a fault's name.
func cutWhen(name string) (kind string, when When, found bool) {
	for i, word := range whenNames {
		if kind, ok := strings.CutSuffix(name, "-"+word); ok {
			return kind, When(i), true
		}
	}
	return name, Before, false
}

func parseLatency(value string) (latency, jitter time.Duration, err error) {
	text, spread, jittery := strings.Cut(strings.Replace(value, "+-", "±", 1), "±")
	latency, err = time.ParseDuration(text)
	if err == nil && jittery {
		jitter, err = time.ParseDuration(spread)
	}
	if err != nil || latency < 0 || jitter < 0 || jitter > latency {
		return 0, 0, fmt.Errorf("latency %q: want a duration such as 20ms, or 20ms±10ms with the second one no longer than the first", value)
	}
	return latency, jitter, nil
}

// kindNames gives the kinds in order.
func kindNames() []string {
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
