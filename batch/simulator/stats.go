package simulator

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Stats are the statistics of a simulator since its creation, as served by GET /stats. They
// contain no personal data: engineers are counted, never named.
type Stats struct {
	Account       string         `json:"account"`
	Quota         int            `json:"quota"`              // requests per window; 0 or less means unlimited
	WindowMS      int64          `json:"window_ms"`          // length of the window in milliseconds
	Requests      int            `json:"requests"`           // API calls, valid or not
	Turned        int            `json:"turned_away"`        // calls refused before they counted against a quota
	Throttled     int            `json:"throttled"`          // calls over quota; throttling by a fault counts in Faults only
	Connections   int            `json:"connections"`        // connections opened, as reported to ConnState
	Answers       map[string]int `json:"answers"`            // answers without a fault, by error code; OK for success
	Faults        map[string]int `json:"faults"`             // injected faults, such as drop-after
	Accepted      int            `json:"accepted"`           // applications that took effect
	Duplicates    int            `json:"duplicates"`         // of the accepted, those for a circuit with an LOA (Options.AllowDuplicates)
	SecondTries   int            `json:"second_tries"`       // refused applications with a new token after an accepted one
	Mismatches    int            `json:"token_mismatches"`   // client tokens reused with other parameters
	Tokenless     int            `json:"without_token"`      // calls that change state without a client token
	Totals        Totals         `json:"application_totals"` // of all applications
	Completions   Totals         `json:"completions"`
	Confirmations Totals         `json:"confirmations"`
	Letters       LetterStats    `json:"letters"`
	LOAs          map[string]int `json:"loa_states"`     // circuits by the state of their LOA, those without one left out
	Statuses      map[string]int `json:"circuit_states"` // circuits by their status
	Known         int            `json:"known_circuits"` // circuits known so far
	Lanes         []LaneStats    `json:"lanes"`          // sorted by account, region and API
	Circuits      []CircuitStats `json:"circuits"`       // those that were asked for, sorted by region and instance ID
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

// CircuitStats are the statistics of one circuit and its life. Applications are calls of
// ApplyPhysicalConnectionLOA and SecondApplyPhysicalConnectionLOA, completions of
// CompletePhysicalConnectionLOA, confirmations of ConfirmPhysicalConnection. Calls that
// were throttled or stopped by a fault before their effect do not count.
type CircuitStats struct {
	Account        string         `json:"account"` // that it belongs to; empty if it is not known yet
	Region         string         `json:"region_id"`
	InstanceID     string         `json:"instance_id"`
	Applications   int            `json:"applications"`
	OperationStats                // of its applications
	Engineers      int            `json:"engineers"`  // of the last accepted application
	Status         string         `json:"status"`     // of the circuit; NotFound if it does not exist
	LOAStatus      string         `json:"loa_status"` // empty if it has no LOA
	Completions    int            `json:"completions,omitempty"`
	Completion     OperationStats `json:"completion,omitzero"` // of its completions
	Confirmations  int            `json:"confirmations,omitempty"`
	Confirmation   OperationStats `json:"confirmation,omitzero"` // of its confirmations
	Letters        int            `json:"letters,omitempty"`     // downloads of its letter
	Life           []Change       `json:"life,omitempty"`        // in order; the first is its state at first, without a time
}

// OperationStats are the statistics of the calls of one kind for a circuit.
type OperationStats struct {
	Accepted    int       `json:"accepted"`             // calls that took effect
	Duplicates  int       `json:"duplicates"`           // of the accepted, those that took effect before: applications while the circuit had an LOA, completions of an LOA that was not Available, confirmations of a confirmed circuit
	Replays     int       `json:"replays"`              // known token and parameters: the same answer again
	Processing  int       `json:"processing"`           // known token, first call still in progress
	Mismatches  int       `json:"token_mismatches"`     // known token, other parameters
	Refused     int       `json:"refused"`              // all other errors
	SecondTries int       `json:"second_tries"`         // of the refused, those with a new token after an accepted call
	Tokens      int       `json:"tokens"`               // different client tokens seen
	Token       string    `json:"client_token"`         // of the last accepted one
	RequestID   string    `json:"request_id"`           // of the last accepted one
	AcceptedAt  time.Time `json:"accepted_at,omitzero"` // of the last accepted one, UTC; zero if none was
}

// LetterStats are the statistics of the downloads of letters.
type LetterStats struct {
	Requests int `json:"requests"`
	Served   int `json:"served"`  // whatever was served as a letter
	Expired  int `json:"expired"` // links that had expired
}

// Totals are the statistics of the calls of one kind for all circuits.
type Totals struct {
	Calls       int `json:"calls"`
	Accepted    int `json:"accepted"`
	Duplicates  int `json:"duplicates"`
	Replays     int `json:"replays"`
	Refused     int `json:"refused"`
	SecondTries int `json:"second_tries"`
	Mismatches  int `json:"token_mismatches"`
}

// add adds the calls for a circuit.
func (t *Totals) add(calls int, o OperationStats) {
	t.Calls += calls
	t.Accepted += o.Accepted
	t.Duplicates += o.Duplicates
	t.Replays += o.Replays
	t.Refused += o.Refused
	t.SecondTries += o.SecondTries
	t.Mismatches += o.Mismatches
}

// Stats returns the statistics so far, with those of all circuits, but not their lives.
func (s *Simulator) Stats() Stats {
	return s.stats(circuitQuery{})
}

// Life returns the statistics of a circuit with its life, in each region that has one of
// this ID.
func (s *Simulator) Life(instance string) []CircuitStats {
	return s.stats(circuitQuery{instance: instance}).Circuits
}

// circuitQuery selects circuits for the statistics. The zero query selects all, without
// their lives.
type circuitQuery struct {
	region, instance string // empty means any; one circuit comes with its life
	page, size       int    // from 1; a size of 0 means all circuits on one page
	none             bool   // counts only
}

func (s *Simulator) stats(q circuitQuery) Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{
		Account: s.o.Account, Quota: s.o.Quota, WindowMS: s.o.Window.Milliseconds(),
		Requests: s.requests, Turned: s.turned, Tokenless: s.tokenless, Connections: s.connections,
		Answers: maps.Clone(s.answers), Faults: maps.Clone(s.faults),
		Lanes: []LaneStats{}, Circuits: []CircuitStats{}, Known: len(s.circuits.all),
		Letters: s.letters, LOAs: map[string]int{}, Statuses: map[string]int{},
	}
	for key, l := range s.lanes {
		l.Account, l.Region, l.API, l.MaxInWindow = key.account, key.region, key.api, l.window.most
		st.Lanes = append(st.Lanes, l.LaneStats)
		st.Throttled += l.Throttled
	}
	slices.SortFunc(st.Lanes, func(a, b LaneStats) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.API, b.API))
	})
	s.addCircuits(&st, q)
	st.Accepted, st.Duplicates, st.SecondTries = st.Totals.Accepted, st.Totals.Duplicates, st.Totals.SecondTries
	st.Mismatches = st.Totals.Mismatches + st.Completions.Mismatches + st.Confirmations.Mismatches
	return st
}

// addCircuits adds the totals of all circuits, and the circuits of a query.
func (s *Simulator) addCircuits(st *Stats, q circuitQuery) {
	now := s.o.Now()
	for key, c := range s.circuits.all {
		c.review(now, s.o.Review)
		cs := c.stats()
		st.Totals.add(cs.Applications, cs.OperationStats)
		st.Completions.add(cs.Completions, cs.Completion)
		st.Confirmations.add(cs.Confirmations, cs.Confirmation)
		if cs.LOAStatus != "" {
			st.LOAs[cs.LOAStatus]++
		}
		st.Statuses[cs.Status]++
		if q.none || q.region != "" && q.region != key.region || q.instance != "" && q.instance != key.instance {
			continue
		}
		if q.instance != "" {
			cs.Life = append([]Change{c.began}, c.life...)
		}
		st.Circuits = append(st.Circuits, cs)
	}
	slices.SortFunc(st.Circuits, func(a, b CircuitStats) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.InstanceID, b.InstanceID))
	})
	if n := len(st.Circuits); q.size > 0 {
		st.Circuits = st.Circuits[min(n, (q.page-1)*q.size):min(n, q.page*q.size)]
	}
}

// serveStats serves GET /stats, with ?circuits=none, ?page=1&size=100, or ?instance=pc-… and
// ?region=….
func (s *Simulator) serveStats(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		http.Error(w, "GET only", http.StatusMethodNotAllowed)
		return
	}
	v := r.URL.Query()
	q := circuitQuery{region: v.Get("region"), instance: v.Get("instance"), none: v.Get("circuits") == "none", page: 1}
	for name, to := range map[string]*int{"page": &q.page, "size": &q.size} {
		n, err := strconv.Atoi(v.Get(name))
		switch {
		case !v.Has(name):
		case err != nil || n < 1 || n > 1e6:
			http.Error(w, name+" is not a number from 1 to 1000000", http.StatusBadRequest)
			return
		default:
			*to = n
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(marshal(s.stats(q)), '\n')) // the client may have left
}

// laneState is the state of a lane.
type laneState struct {
	LaneStats
	window   window
	inFlight int
}

// circuitTally collects the statistics of a circuit by operation.
type circuitTally struct{ apply, complete, confirm operationTally }

// operationTally collects the statistics of the calls of one kind for a circuit.
type operationTally struct {
	OperationStats
	calls  int
	tokens map[string]bool
}

// use counts a call and its token.
func (t *operationTally) use(c *call) {
	t.calls++
	if token, given := c.token(); given {
		if t.tokens == nil {
			t.tokens = map[string]bool{}
		}
		t.tokens[token] = true
		t.Tokens = len(t.tokens)
	}
}

// countToken counts a use of a client token.
func (t *operationTally) countToken(use tokenUse) {
	switch use {
	case replayed:
		t.Replays++
	case processing:
		t.Processing++
	case mismatch:
		t.Mismatches++
	}
}

// accept counts an accepted call.
func (t *operationTally) accept(c *call, at time.Time, duplicate bool) {
	t.Accepted++
	if duplicate {
		t.Duplicates++
	}
	t.Token, _ = c.token()
	t.RequestID, t.AcceptedAt = c.id, at.UTC()
}

// refuse counts a refused call; again is the code that says that the call before took effect.
func (t *operationTally) refuse(code, again string) {
	t.Refused++
	if t.Accepted > 0 && code == again {
		t.SecondTries++
	}
}

// stats returns the statistics of the circuit with its current state, without its life.
func (c *circuit) stats() CircuitStats {
	t := &c.tally
	s := CircuitStats{
		Account: c.Account, Region: c.Region, InstanceID: c.InstanceID, Engineers: c.engineers, Status: c.Status, LOAStatus: c.LOA,
		Applications: t.apply.calls, OperationStats: t.apply.OperationStats,
		Completions: t.complete.calls, Completion: t.complete.OperationStats,
		Confirmations: t.confirm.calls, Confirmation: t.confirm.OperationStats, Letters: c.served,
	}
	if c.absent {
		s.Status = "NotFound"
	}
	return s
}
