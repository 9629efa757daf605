package batch

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// Limits are what stops a run early. They are those of the run, however many processes or accounts
// work on it. The zero Limits stop none.
type Limits struct {
	MaxDuration time.Duration // no row is started later; 0 means no limit
	MaxFailures Limit         // the run stops once this many rows are REFUSED, FAILED or UNKNOWN
	Canary      int           // rows that have to be accepted before the rest are sent, or the run stops; 0 means none
}

// Limit is how many failures a run tolerates: a number of rows, or a percentage of those
// that are finished. The zero Limit tolerates any number.
type Limit struct {
	N       int     // rows; 0 when Percent is used
	Percent float64 // above 0, up to 100; 0 when N is used
}

// minFinished is how many rows must be finished before a percentage counts.
const minFinished = 20

// ParseLimit reads N or N%, such as 25 or 2.5%. An empty text means no limit.
func ParseLimit(text string) (Limit, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Limit{}, nil
	}
	if number, percent := strings.CutSuffix(text, "%"); percent {
		p, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(p > 0 && p <= 100) {
			return Limit{}, fmt.Errorf("limit %q: a percentage must be above 0 and at most 100", text)
		}
		return Limit{Percent: p}, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return Limit{}, fmt.Errorf("limit %q is neither a positive whole number nor a percentage such as 5%%", text)
	}
	return Limit{N: n}, nil
}

// String returns the form that ParseLimit reads.
func (l Limit) String() string {
	switch {
	case l.Percent > 0:
		return strconv.FormatFloat(l.Percent, 'g', -1, 64) + "%"
	case l.N > 0:
		return strconv.Itoa(l.N)
	}
	return ""
}

// Reached reports whether too many of the rows failed, of those that a run has finished. Those that
// its plan had settled do not count.
func (l Limit) Reached(ended Count) bool {
	switch {
	case l.Percent > 0:
		return ended.Rows >= minFinished && float64(ended.Failed)*100 >= l.Percent*float64(ended.Rows)
	case l.N > 0:
		return ended.Failed >= l.N
	}
	return false
}

// Fails reports whether a result counts for a [Limit].
func Fails(r sheet.Result) bool {
	return r == sheet.Refused || r == sheet.Failed || r == sheet.Unknown
}

// Count is how many rows have ended, and how many of them count as failures.
type Count struct{ Rows, Failed int }

// CountOf counts rows by their results.
func CountOf(results map[sheet.Result]int) (c Count) {
	for result, n := range results {
		c.Add(result, n)
	}
	return c
}

// Add counts n rows with a result.
func (c *Count) Add(r sheet.Result, n int) {
	c.Rows += n
	if Fails(r) {
		c.Failed += n
	}
}

// Without is the count without rows that are part of it.
func (c Count) Without(some Count) Count { return Count{c.Rows - some.Rows, c.Failed - some.Failed} }

// Trial is how far the canary of a run has come: rows have their turn until Need of them are
// accepted, as far as there are as many.
type Trial struct {
	Need     int
	Accepted int
	UnderWay int  // have their turn
	Left     int  // have not had it
	Failed   bool // one of them rules out that the rest are sent
}

// Ended counts n rows that have had their turn. One that was not accepted rules out that the rest
// are sent, unless that says nothing about what is sent now: nothing was sent for it, or its
// circuit turned out to have an LOA already.
func (t *Trial) Ended(r sheet.Result, sent bool, n int) {
	switch {
	case r == sheet.Submitted:
		t.Accepted += n
	case sent && r != sheet.Already:
		t.Failed = true
	}
}

// More is how many rows are to have their turn now.
func (t *Trial) More() int { return min(t.Left, max(0, t.Need-t.Accepted-t.UnderWay)) }

// Passed reports whether the rest may be sent.
func (t *Trial) Passed() bool {
	return !t.Failed && (t.Accepted >= t.Need || t.Left == 0 && t.UnderWay == 0)
}

// canary sends the first rows of a run before all others, over all its regions and
// accounts, by the rules of [Trial]. Where a row says nothing, the next one in sheet order takes
// its turn. A nil canary holds up nothing.
type canary struct {
	group *group

	mu        sync.Mutex
	rows      []int  // of the sheet, that have an application, in order
	gone      []bool // of rows: it ended before its turn
	admitted  int    // how many of rows have had their turn
	trial     Trial
	listeners []chan<- struct{}
}

// newCanary makes the canary of a run that consists of these parts, or nil for none.
func newCanary(g *group, need int, parts []Part) *canary {
	c := &canary{group: g}
	for _, p := range parts {
		if p.Plan.DryRun || need <= 0 {
			return nil
		}
		for i := range p.Plan.Applications {
			c.rows = append(c.rows, p.Plan.Applications[i].Row)
		}
	}
	slices.SortFunc(c.rows, cmp.Compare)
	c.gone, c.trial = make([]bool, len(c.rows)), Trial{Need: need, Left: len(c.rows)}
	c.admit()
	return c
}

// listen has a channel receive a value whenever more rows may be sent.
func (c *canary) listen(to chan<- struct{}) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listeners = append(c.listeners, to)
}

// passed reports whether all rows may be sent.
func (c *canary) passed() bool {
	if c == nil {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trial.Passed()
}

// admits reports whether a row may be sent.
func (c *canary) admits(row int) bool {
	if c == nil {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trial.Passed() || c.admitted > 0 && row <= c.rows[c.admitted-1]
}

// ended takes the outcome of a row, and stops the run if it rules out that the rest are sent.
func (c *canary) ended(o *Outcome) {
	if c == nil {
		return
	}
	if c.count(o) {
		c.group.halt(StopCanary)
	}
}

// count does so, and reports whether the outcome stops the run.
func (c *canary) count(o *Outcome) (stops bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trial.Passed() || c.trial.Failed {
		return false
	}
	place, found := slices.BinarySearch(c.rows, o.Row)
	if !found || c.gone[place] {
		return false
	}
	c.gone[place] = true
	if place >= c.admitted {
		return false
	}
	c.trial.UnderWay--
	c.trial.Ended(o.Result, o.Attempts > 0, 1)
	if c.trial.Failed { // before the run has stopped, another row may end
		return true
	}
	c.admit()
	return false
}

// admit gives as many rows their turn as it takes to reach the number. The caller holds the
// mutex, or has the only reference.
func (c *canary) admit() {
	for c.trial.More() > 0 {
		if !c.gone[c.admitted] {
			c.trial.UnderWay++
		}
		c.trial.Left--
		c.admitted++
	}
	for _, l := range c.listeners {
		select {
		case l <- struct{}{}:
		default: // it has yet to take the last one
		}
	}
}
