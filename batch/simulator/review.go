package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reviewed is the Change.By of a review.
const reviewed = "review"

// review makes a waiting LOA available or rejected once it is old enough.
func (c *circuit) review(at time.Time, after time.Duration) {
	for after > 0 && !c.waiting.IsZero() && at.Sub(c.waiting) >= after {
		c.decide(c.waiting.Add(after))
	}
}

// decide is the next decision of a review of an LOA.
func (c *circuit) decide(at time.Time) {
	switch {
	case c.LOA == Applying && c.rejections > 0:
		c.rejections--
		c.change(at, Rejected, c.Status, reviewed)
	case c.LOA == Applying && c.slowLetter:
		c.change(at, Accept, c.Status, reviewed)
		c.waiting = at
	default:
		c.change(at, Available, c.Status, reviewed)
	}
}

// Review reviews LOAs at once, with the decision that Options.Review would lead to: those
// that are Applying or Accept become Available, unless a Marker says otherwise. With a
// state it sets that state instead, as the service's staff would. An empty instance ID
// means every LOA that awaits a review, with a state every one that is Applying; an empty
// region means all regions. Review returns the number of LOAs that it reviewed, and an
// error if there is no such LOA state.
func (s *Simulator) Review(region, instance, state string) (int, error) {
	if state != "" && !slices.Contains(loaStates, state) {
		return 0, fmt.Errorf("unknown LOA state %q; want one of %s", state, strings.Join(loaStates, ", "))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	n := 0
	for key, c := range s.circuits.all {
		awaits := c.LOA == Applying || c.LOA == Accept && (state == "" || instance != "")
		named := key.instance == instance && c.LOA != "" && state != ""
		if instance != "" && key.instance != instance || region != "" && key.region != region || !awaits && !named {
			continue
		}
		n++
		if state == "" {
			c.decide(now)
			continue
		}
		c.change(now, state, c.Status, reviewed)
		if state == Applying {
			c.waiting = now
		}
	}
	return n, nil
}

// SetStatus sets the status of a circuit, as the service's staff would: Enabled once its
// service has started, and so on. An empty region means all regions. SetStatus returns the
// number of circuits that it set, and an error if there is no such status.
func (s *Simulator) SetStatus(region, instance, status string) (int, error) {
	if !slices.Contains(circuitStates, status) {
		return 0, fmt.Errorf("unknown status %q of a circuit; want one of %s", status, strings.Join(circuitStates, ", "))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for key, c := range s.circuits.all {
		if key.instance == instance && !c.absent && (region == "" || key.region == region) {
			c.change(s.o.Now(), c.LOA, status, reviewed)
			n++
		}
	}
	return n, nil
}

// serveReview serves POST /review?region=…&instance=…&state=Rejected&status=Enabled.
func (s *Simulator) serveReview(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	q := r.URL.Query()
	review := s.Review
	value := q.Get("state")
	if status := q.Get("status"); status != "" {
		review, value = s.SetStatus, status
	}
	n, err := review(q.Get("region"), q.Get("instance"), value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = w.Write([]byte(strconv.Itoa(n) + "\n")) // the client may have left
}
