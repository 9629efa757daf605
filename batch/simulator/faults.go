package simulator

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
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
	Scope   Scope   // the calls it happens to
	Percent float64 // of those calls, above 0 and at most 100
}

// Scope names the calls that something happens to. The zero Scope is every VPC call.
type Scope struct {
	API    string // one API; empty means every API of the VPC product
	Region string // one region; empty means all
}

// holds reports whether a call of an API and region is in the scope.
func (sc Scope) holds(name, region string) bool {
	return (sc.API == name || sc.API == "" && apis[name].version == vpcVersion) && (sc.Region == "" || sc.Region == region)
}

// narrowness tells how much the scope names: 0 to 2.
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
	Jitter  time.Duration // up to so much more or less, evenly spread; at most Latency
}

// Plan tells how the service misbehaves. The zero Plan is a perfect network.
type Plan struct {
	Shares []Share // together at most 100 percent for any call
	Delays []Delay // of those that hold a call, the one with the narrowest scope counts
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
	spread, draw, coin := 2*r.Float64()-1, 100*r.Float64(), When(r.IntN(2))

	latency := p.latency(c, spread)
	for _, share := range p.Shares {
		if !share.Scope.holds(c.api, c.region) {
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

// latency gives the latency of a call; spread, from -1 to 1, is where in the jitter it lies.
func (p *Plan) latency(c *call, spread float64) time.Duration {
	var d Delay
	narrowest := -1
	for _, one := range p.Delays {
		if n := one.Scope.narrowness(); one.Scope.holds(c.api, c.region) && n >= narrowest {
			d, narrowest = one, n
		}
	}
	return d.Latency + time.Duration(spread*float64(d.Jitter))
}
