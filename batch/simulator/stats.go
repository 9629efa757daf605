package simulator

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Stats are the statistics of a simulator since its creation, as served by GET /stats. They
// contain no personal data: engineers are counted, never named.
type Stats struct {
	Account     string         `json:"account"`
	Quota       int            `json:"quota"`            // requests per window; 0 or less means unlimited
	WindowMS    int64          `json:"window_ms"`        // length of the window in milliseconds
	Requests    int            `json:"requests"`         // API calls, valid or not
	Turned      int            `json:"turned_away"`      // calls refused before they counted against a quota
	Throttled   int            `json:"throttled"`        // calls over quota; throttling by a fault counts in Faults only
	Connections int            `json:"connections"`      // connections opened, as reported to ConnState
	Answers     map[string]int `json:"answers"`          // answers without a fault, by error code; OK for success
	Faults      map[string]int `json:"faults"`           // injected faults, such as drop-after
	Accepted    int            `json:"accepted"`         // applications that took effect
	Duplicates  int            `json:"duplicates"`       // of the accepted, those for a circuit with an LOA (Options.AllowDuplicates)
	SecondTries int            `json:"second_tries"`     // refused applications with a new token after an accepted one
	Mismatches  int            `json:"token_mismatches"` // client tokens reused with other parameters
	Tokenless   int            `json:"without_token"`    // applications without a client token
	Lanes       []LaneStats    `json:"lanes"`            // sorted by account, region and API
	Circuits    []CircuitStats `json:"circuits"`         // circuits known so far, sorted by region and instance ID
}

// LaneStats are the statistics of one API of one account in one region.
type LaneStats struct {
	Account     string    `json:"account"`
	Region      string    `json:"region_id"`
	API         string    `json:"api"`
	Requests    int       `json:"requests"`      // authenticated requests, including throttled ones
	Throttled   int       `json:"throttled"`     // of those, over quota
	MaxInWindow int       `json:"max_in_window"` // the most arrivals in any sliding window
	MaxInFlight int       `json:"max_in_flight"` // the most in progress at once
	First       time.Time `json:"first"`         // arrival of the first, UTC
	Last        time.Time `json:"last"`          // arrival of the last, UTC
}

// CircuitStats are the statistics of one circuit. Applications are calls of
// ApplyPhysicalConnectionLOA and SecondApplyPhysicalConnectionLOA that were neither
// throttled nor stopped by a fault before their effect.
type CircuitStats struct {
	Account      string    `json:"account"` // that it belongs to; empty if it is not known yet
	Region       string    `json:"region_id"`
	InstanceID   string    `json:"instance_id"`
	Applications int       `json:"applications"`
	Accepted     int       `json:"accepted"`             // applications that took effect
	Duplicates   int       `json:"duplicates"`           // of the accepted, those made while the circuit had an LOA
	Replays      int       `json:"replays"`              // known token and parameters: the same answer again
	Processing   int       `json:"processing"`           // known token, first call still in progress
	Mismatches   int       `json:"token_mismatches"`     // known token, other parameters
	Refused      int       `json:"refused"`              // all other errors
	SecondTries  int       `json:"second_tries"`         // of the refused, those with a new token after an accepted application
	Tokens       int       `json:"tokens"`               // different client tokens seen
	Token        string    `json:"client_token"`         // of the last accepted one
	RequestID    string    `json:"request_id"`           // of the last accepted one
	AcceptedAt   time.Time `json:"accepted_at,omitzero"` // of the last accepted one, UTC; zero if none was
	Engineers    int       `json:"engineers"`            // of the last accepted one
	Status       string    `json:"status"`               // of the circuit; NotFound if it does not exist
	LOAStatus    string    `json:"loa_status"`           // empty if it has no LOA
}

// Stats returns the statistics so far.
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
		l.Account, l.Region, l.API, l.MaxInWindow = key.account, key.region, key.api, l.window.most
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
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.API, b.API))
	})
	slices.SortFunc(st.Circuits, func(a, b CircuitStats) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.InstanceID, b.InstanceID))
	})
	return st
}

// laneState is the state of a lane.
type laneState struct {
	LaneStats
	window   window
	inFlight int
}

// circuitTally collects the statistics of a circuit.
type circuitTally struct {
	CircuitStats
	tokens map[string]bool
}

// use counts an application and its token.
func (t *circuitTally) use(c *call) {
	t.Applications++
	if token, given := c.token(); given {
		if t.tokens == nil {
			t.tokens = map[string]bool{}
		}
		t.tokens[token] = true
	}
}

// countToken counts a use of a client token.
func (t *circuitTally) countToken(use tokenUse) {
	switch use {
	case replayed:
		t.Replays++
	case processing:
		t.Processing++
	case mismatch:
		t.Mismatches++
	}
}

// accept counts an accepted application.
func (t *circuitTally) accept(c *call, at time.Time, duplicate bool) {
	t.Accepted++
	if duplicate {
		t.Duplicates++
	}
	t.Token, _ = c.token()
	t.RequestID, t.AcceptedAt = c.id, at.UTC()
	t.Engineers, _ = engineers(c.params)
}

// refuse counts a refused application.
func (t *circuitTally) refuse(code string) {
	t.Refused++
	if t.Accepted > 0 && code == codeLOAExists {
		t.SecondTries++
	}
}

// stats returns the statistics of the circuit with its current state.
func (c *circuit) stats() CircuitStats {
	s := c.tally.CircuitStats
	s.Account, s.Region, s.InstanceID, s.Tokens, s.Status, s.LOAStatus = c.Account, c.Region, c.InstanceID, len(c.tally.tokens), c.Status, c.LOA
	if c.absent {
		s.Status = "NotFound"
	}
	return s
}
