package histories

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

// failure is something that must never happen.
type failure struct {
	kind string
	text string
}

// happening is one thing that happens in a history. What it does in detail is drawn from
// its own dice, so leaving out another happening does not change it.
type happening struct {
	kind string // wait, edit, review, ledger, prune, night
	dice dice
}

// history is a random history: the dice and what happens, in order.
type history struct {
	seed      uint64
	dice      dice
	circuits  int
	survey    bool // the circuits' states are read before anything is sent
	hurried   bool // people edit and start again within minutes, while effects and lookups are late
	backend   string
	switches  map[string]bool // see world.allowed
	happening []happening
}

// newHistory draws a history.
func newHistory(seed uint64, o options) *history {
	d := dice(seed).at(1)
	h := &history{seed: seed, dice: d, circuits: 1 + d.at(1).n(5), backend: o.backend(seed), switches: o.switches}
	h.survey = o.switches["survey"] && d.at(5).chance(0.6)
	days := 1 + d.at(2).n(5)
	if h.hurried = d.at(4).chance(0.2); h.hurried {
		h.circuits, days = 1, 3+d.at(2).n(4)
	}
	add := func(kind string, d dice) { h.happening = append(h.happening, happening{kind, d}) }
	for day := range days {
		today := d.at(3, uint64(day))
		for i := range 1 + today.at(1).n(2) {
			add("night", today.at(2, uint64(i)))
			add("wait", today.at(3, uint64(i)))
		}
		edits := today.at(4).n(3)
		if h.hurried {
			edits = 1
		}
		for i := range edits {
			add("edit", today.at(5, uint64(i)))
		}
		if today.at(6).chance(0.3) {
			add("review", today.at(7))
		}
		if today.at(8).chance(0.15) {
			add("ledger", today.at(9))
		}
		if today.at(10).chance(0.3) {
			add("prune", today.at(11))
		}
	}
	return h
}

// world is a history in progress.
type world struct {
	history *history
	habits  habits
	service *service
	ledgers []keeper // each of one user or host; more than one only if histories contain ledgers
	books   []*book
	names   int
	runs    uint64
	nights  uint64
	made    uint64 // ledgers
	quotas  quota.Memory
	power   atomic.Bool // the power has failed: all processes of the night are dead
	mu      sync.Mutex
	lines   *strings.Builder // the trace; nil means none
	started time.Time
	// forgetful says that what the ledger knew was lost, or is kept under another spelling of the
	// endpoint: until the end, results may rest only on the service.
	forgetful bool
}

// endpoints are spellings of one service.
var endpoints = []string{"http://127.0.0.1:8080", "http://127.0.0.1:8080/", "HTTP://127.0.0.1:8080"}

// allowed reports whether histories may contain something that takes the ledger or the survey, and not
// only the rules of tokens, to cope with.
func (w *world) allowed(what string) bool { return w.history.switches[what] }

// run carries out a history in virtual time and returns what must not have happened.
func (h *history) run(t *testing.T, trace *strings.Builder) (failures []failure) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{history: h, habits: drawHabits(h.dice.at(10), h.hurried), lines: trace, started: time.Now()}
		w.service = &service{
			habits: w.habits, dice: h.dice.at(11), note: w.trace, circuits: map[string]*circuit{}, tokens: map[string]*tokenUse{},
			arrivals: map[string][]arrival{}, claims: map[string]claim{}, underWay: map[string]map[string]int{},
		}
		if trace == nil {
			w.service.note = nil
		}
		if !w.allowed("quota") {
			w.service.habits.quota = 0
		}
		w.firstBooks(h.dice.at(12), h.circuits)
		for _, b := range w.books {
			for _, r := range b.rows {
				d := h.dice.at(13, uint64(len(w.service.circuits)))
				c := &circuit{index: uint64(len(w.service.circuits)), home: r.region, ready: w.started}
				if d.at(1).chance(0.1) {
					c.ready = w.started.Add(d.at(2).between(0, 48*time.Hour))
				}
				if w.allowed("foreign") {
					c.letters = r.foreign(d.at(3), w.started)
				}
				w.service.circuits[r.instance] = c
			}
		}
		for range w.users() {
			l, err := w.newLedger()
			if err != nil {
				t.Fatal(err)
			}
			w.ledgers = append(w.ledgers, l)
		}
		defer func() {
			for _, l := range w.ledgers {
				l.close()
			}
		}()
		w.forgetful = len(w.ledgers) > 1
		w.trace("seed %d, ledger in %s, habits %+v", h.seed, w.ledgers[0].name(), w.habits)
		for _, b := range w.books {
			w.trace("  %s", b)
		}
		for _, x := range h.happening {
			w.happen(t, x)
		}
		w.quietNights(t, h.dice.at(14))
		w.service.mu.Lock()
		failures = w.service.failures
		w.service.mu.Unlock()
	})
	return failures
}

// newLedger makes an empty ledger.
func (w *world) newLedger() (keeper, error) {
	w.made++
	switch w.history.backend {
	case "sqlite", "disk":
		return newSQLiteKeeper(w.history.backend, w.history.dice.at(15, w.made))
	case "memory":
		return &memoryKeeper{}, nil
	}
	return newStateKeeper(), nil
}

// users is how many users or hosts there are, each with their own ledger.
func (w *world) users() int {
	if w.allowed("ledgers") && w.history.backend != "disk" {
		return 2 + w.history.dice.at(16).n(2)
	}
	return 1
}

// carried reports whether every run leaves a results copy with which people continue: if the service
// accepts doubles, it alone tells several ledgers about each other's applications.
func (w *world) carried() bool { return len(w.ledgers) > 1 && w.habits.guard < 1 }

// gaps are the times between two nights: below and above the settling time.
var gaps = []time.Duration{20 * time.Second, 2 * time.Minute, 4 * time.Minute, 6 * time.Minute, 8 * time.Minute, 11 * time.Minute, time.Hour, 24 * time.Hour}

func (w *world) happen(t *testing.T, x happening) {
	switch d := x.dice; x.kind {
	case "wait":
		gap := pick(d, gaps)
		if w.history.hurried {
			gap = pick(d, gaps[1:5])
		}
		w.trace("  %s pass", gap)
		time.Sleep(gap + d.at(1).between(0, time.Second))
	case "edit":
		w.edit(d)
	case "review":
		w.service.review(d)
	case "ledger":
		w.replaceLedger(t, d)
	case "prune":
		w.prune(t)
	case "night":
		w.night(t, d)
	}
}

// prune makes a ledger in a file forget the rows of all its runs, which does not change what would be sent
// next, whatever the book and the flags.
func (w *world) prune(t *testing.T) {
	for _, l := range w.ledgers {
		if k, ok := l.(*sqliteKeeper); ok {
			w.pruneOne(t, k)
		}
	}
}

func (w *world) pruneOne(t *testing.T, k *sqliteKeeper) {
	s, err := k.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	before := w.next(t, k, s)
	pruned, err := s.Prune(context.Background(), time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.trace("  %d rows of %d runs are pruned", pruned.Rows, len(pruned.Runs))
	if !reflect.DeepEqual(w.next(t, k, s), before) {
		t.Errorf("seed %d: pruning changes what is sent next", w.history.seed)
	}
}

// next plans every book with every choice of rows.
func (w *world) next(t *testing.T, k *sqliteKeeper, s *sqlite.Store) (plans []*batch.Plan) {
	for _, b := range w.books {
		book := b.workbook()
		keys := plan.Keys(book)
		for _, endpoint := range endpoints {
			past, err := k.past(scopeOf(endpoint), keys)
			if err != nil {
				t.Fatal(err)
			}
			valid := map[batch.Key]bool{}
			for _, key := range keys {
				events, err := s.Circuit(context.Background(), key.InstanceID)
				if err != nil {
					t.Fatal(err)
				}
				if r := past[key]; !r.Open && r.Result == "" && ledger.Seen(events, scopeOf(endpoint), key) {
					valid[key] = true
				}
			}
			for _, only := range [][]sheet.Result{nil, {sheet.Already}, {sheet.Failed, sheet.Unknown, sheet.NotAttempted}} {
				for _, reapply := range []bool{false, true} {
					plans = append(plans, plan.New(book, plan.Options{Past: past, Valid: valid, Only: only, Reapply: reapply}))
				}
			}
		}
	}
	return plans
}

// replaceLedger loses the ledger. If the service accepts a second application for a circuit and the survey
// is off, nothing is left that could prevent one: an edited row has another token, an unedited one
// may have a token that the service has forgotten, and no call asks what was applied for. So then the
// ledger is not lost unless results copies carry what it knew. With a survey, it is not lost within
// ten minutes of an application: listings may lag, and an attempt that only the ledger knew may still
// take effect.
func (w *world) replaceLedger(t *testing.T, d dice) {
	if !w.allowed("ledger") || w.habits.guard < 1 && !w.carried() && !(w.history.survey && w.allowed("unguarded")) {
		return
	}
	i := d.n(len(w.ledgers))
	w.trace("  ledger %d is deleted", i)
	w.ledgers[i].close()
	var err error
	if w.ledgers[i], err = w.newLedger(); err != nil {
		t.Fatal(err)
	}
	w.forgetful = true
	if w.history.survey && !w.carried() {
		time.Sleep(10 * time.Minute)
	}
}

func (w *world) trace(format string, values ...any) {
	if w.lines == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(w.lines, "%12s ", since(time.Since(w.started)))
	fmt.Fprintf(w.lines, format, values...)
	w.lines.WriteByte('\n')
}
