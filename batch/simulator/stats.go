package simulator

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Stats is what the simulator saw since it was made, as GET /stats gives it. It holds no
// personal data: engineers are counted, never named.
type Stats struct {
	Account     string         `json:"account"`
	Quota       int            `json:"quota"`     // requests in a window; below 1 there is no limit
	WindowMS    int64          `json:"window_ms"` // length of the window
	Requests    int            `json:"requests"`  // calls of APIs that arrived, in whatever state
	Turned      int            `json:"turned_away"`
	Throttled   int            `json:"throttled"`   // beyond the quota; throttling by a fault is counted in Faults
	Connections int            `json:"connections"` // opened, as far as ConnState was told of them
	Answers     map[string]int `json:"answers"`     // answers without a fault, by error code; OK for those that succeeded
	Faults      map[string]int `json:"faults"`      // faults that happened, such as drop-after
	Accepted    int            `json:"accepted"`    // applications that took effect
	Duplicates  int            `json:"duplicates"`  // of those, how many took effect beside a standing LOA (Options.AllowDuplicates)
	SecondTries int            `json:"second_tries"`
	Mismatches  int            `json:"token_mismatches"` // uses of a client token with other parameters
	Tokenless   int            `json:"without_token"`    // applications without a client token
	Lanes       []LaneStats    `json:"lanes"`            // by region and API
	Circuits    []CircuitStats `json:"circuits"`         // by region and instance ID; those that were named in a call
}

// LaneStats is what one API of one region saw.
type LaneStats struct {
	Region      string    `json:"region_id"`
	API         string    `json:"api"`
	Requests    int       `json:"requests"`      // that passed the gate, throttled ones included
	Throttled   int       `json:"throttled"`     // of those, beyond the quota
	MaxInWindow int       `json:"max_in_window"` // the most that arrived in any sliding window
	MaxInFlight int       `json:"max_in_flight"` // the most that were at work at once
	First       time.Time `json:"first"`         // arrival of the first, UTC
	Last        time.Time `json:"last"`          // arrival of the last, UTC
}

// CircuitStats is what was done to one circuit. Applications are calls of
// ApplyPhysicalConnectionLOA and SecondApplyPhysicalConnectionLOA that reached the
// service: neither throttled nor lost to a fault before their effect.
type CircuitStats struct {
	Region       string    `json:"region_id"`
	InstanceID   string    `json:"instance_id"`
	Applications int       `json:"applications"`
	Accepted     int       `json:"accepted"`             // of those, how many took effect
	Duplicates   int       `json:"duplicates"`           // of the accepted, how many did beside a standing LOA
	Replays      int       `json:"replays"`              // known token and parameters: the same answer again
	Processing   int       `json:"processing"`           // known token, first call still at work
	Mismatches   int       `json:"token_mismatches"`     // known token, other parameters
	Refused      int       `json:"refused"`              // all other errors
	SecondTries  int       `json:"second_tries"`         // of the refused, those with a new token for a circuit whose application was accepted
	Tokens       int       `json:"tokens"`               // different client tokens seen
	Token        string    `json:"client_token"`         // of the last accepted one
	RequestID    string    `json:"request_id"`           // of the last accepted one
	AcceptedAt   time.Time `json:"accepted_at,omitzero"` // of the last accepted one, UTC; zero if none was
	Engineers    int       `json:"engineers"`            // of the last accepted one
	Status       string    `json:"status"`               // of the circuit; NotFound if the account has none such
	LOAStatus    string    `json:"loa_status"`           // empty if there is none
}

// Stats tells what the simulator saw up to now.
func (s *Simulator) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{
		Account: s.o.Account, Quota: s.o.Quota, WindowMS: s.o.Window.Milliseconds(),
		Requests: s.requests, Turned: s.turned, Tokenless: s.tokenless, Connections: s.connections,
		Answers: maps.Clone(s.answers), Faults: maps.Clone(s.faults),
		Lanes: []LaneStats{}, Circuits: []CircuitStats{},
	}
	for key, l := range s.lanes {
		l.LaneStats.Region, l.LaneStats.API, l.MaxInWindow = key.region, key.api, l.window.most
		st.Lanes = append(st.Lanes, l.LaneStats)
		st.Throttled += l.Throttled
	}
	now := s.o.Now()
	for _, c := range s.circuits.all {
		c.review(now, s.o.Review)
		cs := c.stats()
		st.Circuits = append(st.Circuits, cs)
		st.Accepted += cs.Accepted
		st.Duplicates += cs.Duplicates
		st.SecondTries += cs.SecondTries
		st.Mismatches += cs.Mismatches
	}
	slices.SortFunc(st.Lanes, func(a, b LaneStats) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.API, b.API))
	})
	slices.SortFunc(st.Circuits, func(a, b CircuitStats) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.InstanceID, b.InstanceID))
	})
	return st
}

// laneState counts what a lane saw.
type laneState struct {
	LaneStats
	window window
	flying int
}

// circuitTally counts what was done to a circuit.
type circuitTally struct {
	CircuitStats
	tokens map[string]bool
}

// use counts a call that applies.
func (t *circuitTally) use(c *call) {
	t.Applications++
	if token, given := c.token(); given {
		if t.tokens == nil {
			t.tokens = map[string]bool{}
		}
		t.tokens[token] = true
	}
}

// replay counts what a client token meant.
func (t *circuitTally) replay(how replay) {
	switch how {
	case replayed:
		t.Replays++
	case processing:
		t.Processing++
	case mismatch:
		t.Mismatches++
	}
}

// accept counts an application that takes effect.
func (t *circuitTally) accept(c *call, at time.Time, beside bool) {
	t.Accepted++
	if beside {
		t.Duplicates++
	}
	t.Token, _ = c.token()
	t.RequestID, t.AcceptedAt = c.id, at.UTC()
	t.Engineers, _ = engineers(c.params)
}

// refuse counts an application that was refused as the circuit stands.
func (t *circuitTally) refuse(code string) {
	t.Refused++
	if t.Accepted > 0 && code == codeLOAExists {
		t.SecondTries++
	}
}

// stats gives the tally with the circuit's state.
func (c *circuit) stats() CircuitStats {
	s := c.tally.CircuitStats
	s.Region, s.InstanceID, s.Tokens, s.Status, s.LOAStatus = c.Region, c.InstanceID, len(c.tally.tokens), c.Status, c.LOA
	if c.absent {
		s.Status = "NotFound"
	}
	return s
}
