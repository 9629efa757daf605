package simulator

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Share is a fault and how often to inject it.
type Share struct {
	Fault   Fault
	Either  bool    // choose Fault.When at random for each call: Before or After
	Scope   Scope   // the calls that may get the fault
	Percent float64 // percentage of those calls, above 0 and at most 100
}

// Scope selects calls. The zero Scope selects every VPC call.
type Scope struct {
	API    string // one API, or Letter for the letters; empty means every API of the VPC product
	Region string // one region; empty means all
}

// contains reports whether the scope selects the calls of an API in a region.
func (sc Scope) contains(name, region string) bool {
	return (sc.API == name || sc.API == "" && apis[name].version == vpcVersion) && (sc.Region == "" || sc.Region == region)
}

// narrowness counts the restrictions of the scope: 0 to 2.
func (sc Scope) narrowness() int {
	n := 0
	for _, part := range []string{sc.API, sc.Region} {
		if part != "" {
			n++
		}
	}
	return n
}

// Delay is the time between the arrival of a call and its effect.
type Delay struct {
	Scope   Scope
	Latency time.Duration
	Jitter  time.Duration // maximum deviation, uniformly distributed; at most Latency
}

// Plan describes how the service misbehaves. The zero Plan is a perfect network.
type Plan struct {
	Shares []Share // in total at most 100 percent for any call
	Delays []Delay // if several apply to a call, the one with the narrowest scope counts
}

// Request identifies a call for Options.Script: the N-th of its API, region and circuit,
// from 1.
type Request struct {
	API        string // Letter for the download of a letter
	Region     string
	InstanceID string // empty for calls that name no circuit
	N          int
}

// choose returns the latency and the fault of a call. They depend only on the seed and on
// the call's API, region, circuit and number, not on any other call.
func (p *Plan) choose(seed uint64, c *call) (time.Duration, Fault) {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00%d", c.api, c.region, c.instance, c.n)
	r := rand.New(rand.NewPCG(seed, h.Sum64()))
	spread, draw, coin := 2*r.Float64()-1, 100*r.Float64(), When(r.IntN(2))

	latency := p.latency(c, spread)
	for _, share := range p.Shares {
		if !share.Scope.contains(c.api, c.region) {
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

// latency returns the latency of a call; spread, from -1 to 1, scales the jitter.
func (p *Plan) latency(c *call, spread float64) time.Duration {
	var d Delay
	narrowest := -1
	for _, one := range p.Delays {
		if n := one.Scope.narrowness(); one.Scope.contains(c.api, c.region) && n >= narrowest {
			d, narrowest = one, n
		}
	}
	return d.Latency + time.Duration(spread*float64(d.Jitter))
}

// String returns the plan in the syntax of ParseFaults.
func (p Plan) String() string {
	var items []string
	for _, s := range p.Shares {
		fault := s.Fault.String()
		if s.Either {
			fault = strings.Replace(fault, "-"+s.Fault.When.String(), "", 1)
		}
		items = append(items, s.Scope.prefix()+fault+":"+strconv.FormatFloat(s.Percent, 'f', -1, 64)+"%")
	}
	for _, d := range p.Delays {
		item := d.Scope.prefix() + "latency:" + d.Latency.String()
		if d.Jitter > 0 {
			item += "±" + d.Jitter.String()
		}
		items = append(items, item)
	}
	return strings.Join(items, ",")
}

// prefix returns the scope as the prefix of an item.
func (sc Scope) prefix() string {
	text := ""
	for _, part := range []string{sc.API, sc.Region} {
		if part != "" {
			text += part + "/"
		}
	}
	return text
}

// ParseFaults reads a plan such as
//
//	503:5%,drop-after:2%,hang=3s:1%,ApplyPhysicalConnectionLOA/cut:10%,cn-beijing/latency:2s,latency:20ms±10ms
//
// An item is a fault and its percentage. The kind of fault may be followed by -before,
// -after or -late, and for hang and stall by =DURATION. Without such a suffix, answers that
// deny an effect are before, those that affirm it after, and all others before or after at
// random for each call. latency:D±D delays calls; ± may be written +-. A prefix of an API,
// a region or both, each followed by a slash, restricts an item. The error is a *PlanError
// about the first item that cannot be read.
func ParseFaults(text string) (Plan, error) {
	var p Plan
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		if err := p.add(item); err != nil {
			err.Item = item
			return Plan{}, err
		}
	}
	if err := p.check(); err != nil {
		return Plan{}, err
	}
	return p, nil
}

// PlanError says what is wrong with a fault plan.
type PlanError struct {
	Problem PlanProblem
	Item    string // the wrong item as written, or the API with too many faults
	Detail  string // the part of the item, the known faults, or the sum
}

// PlanProblem is what can be wrong with a fault plan.
type PlanProblem string

// The problems of fault plans.
const (
	NoValue       PlanProblem = "no-value"   // the item is only a name
	NoScope       PlanProblem = "scope"      // Detail is neither a simulated API nor a region
	NoPercentage  PlanProblem = "percentage" // the value is not a percentage
	UnknownFault  PlanProblem = "unknown"    // Detail lists the known ones
	NoDuration    PlanProblem = "duration"   // the fault takes none, or it is malformed
	NoLatency     PlanProblem = "latency"    // the value is not a latency
	TooManyFaults PlanProblem = "sum"        // Detail is the sum in percent
)

// Error describes the problem in English.
func (e *PlanError) Error() string {
	if e.Problem == TooManyFaults {
		return fmt.Sprintf("the faults of %s add up to %s%%, more than 100%%", e.Item, e.Detail)
	}
	return fmt.Sprintf("fault %q: %s", e.Item, map[PlanProblem]string{
		NoValue:      "missing value; write it as " + e.Item + ":5%",
		NoScope:      strconv.Quote(e.Detail) + " is neither a simulated API nor a region",
		NoPercentage: "want a percentage above 0 and at most 100, such as 5%",
		UnknownFault: "unknown fault; want one of " + e.Detail,
		NoDuration:   "only hang and stall take a duration, such as hang=3s",
		NoLatency:    "want a duration such as 20ms, or 20ms±10ms with a jitter no longer than the latency",
	}[e.Problem])
}

// add parses an item and adds it to the plan.
func (p *Plan) add(item string) *PlanError {
	name, value, ok := strings.Cut(item, ":")
	if !ok {
		return &PlanError{Problem: NoValue}
	}
	scope, name, err := parseScope(name)
	if err != nil {
		return err
	}
	if name == "latency" {
		d, err := parseDelay(value)
		d.Scope = scope
		p.Delays = append(p.Delays, d)
		return err
	}
	s, err := parseShare(name, value)
	s.Scope = scope
	p.Shares = append(p.Shares, s)
	return err
}

// check rejects a plan in which the faults of some call exceed 100 percent.
func (p *Plan) check() *PlanError {
	regions := map[string]bool{"": true}
	for _, s := range p.Shares {
		regions[s.Scope.Region] = true
	}
	for _, name := range append(slices.Sorted(maps.Keys(apis)), letterAPI) {
		for _, region := range slices.Sorted(maps.Keys(regions)) {
			sum := 0.0
			for _, s := range p.Shares {
				if s.Scope.contains(name, region) {
					sum += s.Percent
				}
			}
			if sum > 100+1e-9 {
				return &PlanError{TooManyFaults, name, strconv.FormatFloat(sum, 'g', -1, 64)}
			}
		}
	}
	return nil
}

var regionID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)+$`) })

// parseScope cuts the API and the region off the name of an item.
func parseScope(name string) (sc Scope, rest string, err *PlanError) {
	for {
		part, after, ok := strings.Cut(name, "/")
		_, known := apis[part]
		switch {
		case !ok:
			return sc, name, nil
		case (known || part == letterAPI) && sc == Scope{}:
			sc.API = part
		case sc.Region == "" && regionID().MatchString(part):
			sc.Region = part
		default:
			return sc, "", &PlanError{Problem: NoScope, Detail: part}
		}
		name = after
	}
}

// parseShare parses the name and the percentage of a fault.
func parseShare(name, value string) (Share, *PlanError) {
	percent, sign := strings.CutSuffix(value, "%")
	n, err := strconv.ParseFloat(percent, 64)
	if err != nil || !sign || !(n > 0 && n <= 100) {
		return Share{}, &PlanError{Problem: NoPercentage}
	}
	name, hold, hasHold := strings.Cut(name, "=")
	kind, when, given := cutWhen(name)
	s := Share{Fault: Fault{Kind: kind, When: when}, Percent: n}
	k, known := kinds[kind]
	if !known {
		return Share{}, &PlanError{Problem: UnknownFault, Detail: strings.Join(kindNames(), ", ")}
	}
	if hasHold {
		s.Fault.Hold, err = time.ParseDuration(hold)
		if err != nil || s.Fault.Hold <= 0 || !k.takesHold {
			return Share{}, &PlanError{Problem: NoDuration}
		}
	}
	if !given && k.usual == affirming {
		s.Fault.When = After
	}
	s.Either = !given && k.usual == either
	return s, nil
}

// cutWhen cuts -before, -after or -late off the name of a fault.
func cutWhen(name string) (kind string, when When, found bool) {
	for i, word := range whenNames {
		if kind, ok := strings.CutSuffix(name, "-"+word); ok {
			return kind, When(i), true
		}
	}
	return name, Before, false
}

// parseDelay parses a latency with an optional jitter.
func parseDelay(value string) (Delay, *PlanError) {
	text, spread, jittery := strings.Cut(strings.Replace(value, "+-", "±", 1), "±")
	var d Delay
	var err error
	d.Latency, err = time.ParseDuration(text)
	if err == nil && jittery {
		d.Jitter, err = time.ParseDuration(spread)
	}
	if err != nil || d.Latency < 0 || d.Jitter < 0 || d.Jitter > d.Latency {
		return Delay{}, &PlanError{Problem: NoLatency}
	}
	return d, nil
}

// kindNames returns the kinds of faults, sorted.
func kindNames() []string { return slices.Sorted(maps.Keys(kinds)) }
