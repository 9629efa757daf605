package histories

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/sheet"
)

var (
	stepsFrom  = flag.Uint64("steps.from", 0, "seed of the first history of steps")
	stepsCount = flag.Uint64("steps.n", 0, "number of histories of steps; 0 means 1,000, or 200 with -short")
	stepsTrace = flag.Bool("steps.trace", false, "print the trace of every history of steps")
)

// TestSteps plays random histories of circuits from the application to the confirmation:
// nights of submit, complete and advance, in any order, with a service that loses answers,
// executes requests late, forgets tokens and shows old states, with killed processes, edited and
// copied rows, LOAs that are rejected and deleted at any time, and sometimes a lost ledger. No LOA
// is completed or confirmed twice, no circuit has two, and in the end every circuit is confirmed.
func TestSteps(t *testing.T) {
	n := *stepsCount
	if n == 0 {
		n = 1000
		if testing.Short() {
			n = 200
		}
	}
	for seed := *stepsFrom; seed < *stepsFrom+n; seed++ {
		var failed []string
		synctest.Test(t, func(t *testing.T) {
			w := newStepWorld(seed)
			w.play(t.Context())
			failed = w.failures
			if len(failed) > 0 || *stepsTrace {
				t.Logf("seed %d\n%s", seed, strings.Join(w.trace, "\n"))
			}
		})
		for _, f := range failed {
			t.Errorf("seed %d: %s", seed, f)
		}
		if t.Failed() && *stepsTrace {
			return
		}
	}
}

// life is one LOA of a circuit.
type life struct {
	completed, confirmed int
}

// look is what the service shows of a circuit from a time on.
type look struct {
	at     time.Time
	loa    batch.LOA
	status string // of the circuit
}

// line is one circuit at the service.
type line struct {
	key   batch.Key
	looks []look
	life  *life
}

func (l *line) now() *look { return &l.looks[len(l.looks)-1] }

// stepWorld is a workbook, what is done to it, and the service.
type stepWorld struct {
	r        *rand.Rand
	mu       sync.Mutex
	lines    map[batch.Key]*line
	answered map[string]time.Time // when each token was accepted
	used     map[string]string    // parameters of each token
	guard    bool                 // the service rejects what the state of an LOA does not allow; otherwise only tokens protect it
	broken   float64              // share of calls that fail
	lag      time.Duration        // how far lookups may lag
	forgets  bool                 // the service forgets tokens after a day

	book     *sheet.Workbook
	ledger   *ledger.Memory
	lost     bool // the ledger was
	reapply  bool
	telling  sync.Mutex // of trace and failures
	trace    []string
	failures []string
}

func newStepWorld(seed uint64) *stepWorld {
	w := &stepWorld{
		r: rand.New(rand.NewPCG(seed, 13)), lines: map[batch.Key]*line{}, answered: map[string]time.Time{}, used: map[string]string{},
		ledger: &ledger.Memory{}, book: &sheet.Workbook{
			CircuitsTable: sheet.Table{
				Sheet: "Circuits", Columns: map[sheet.ColumnID]int{sheet.CircuitInstanceID: 1},
				Headers: map[sheet.ColumnID]string{sheet.CircuitInstanceID: "Instance ID"},
			},
			Engineers: []sheet.Engineer{{Row: 2, All: true, Name: "Made Up", CertificateType: "IDCard", CertificateNo: "000000199001010000", Gender: "Male", Contact: "00000000000"}},
		},
	}
	w.guard = w.chance(0.5)
	for i := range 1 + w.r.IntN(4) {
		w.book.Circuits = append(w.book.Circuits, sheet.Circuit{
			Row: i + 2, InstanceID: fmt.Sprintf("pc-%d", i), RegionID: "cn-hangzhou", CompanyName: "Example Ltd", LineType: "FIBRE", Si: "Builders",
			ConstructionTime: time.Date(2027, 1, 15, 8, 0, 0, 0, time.UTC), Engineers: []int32{0}, LineCode: "L-1",
			Finished: sheet.Yes, Confirm: sheet.Yes,
		})
		key := plan.KeyOf(&w.book.Circuits[i])
		w.lines[key] = &line{key: key, life: &life{}, looks: []look{{status: "Allocated"}}}
		if w.chance(0.3) {
			w.book.Circuits[i].ClientToken = "own-" + key.InstanceID
		}
	}
	return w
}

func (w *stepWorld) chance(p float64) bool { return w.r.Float64() < p }

func (w *stepWorld) note(format string, values ...any) {
	w.telling.Lock()
	defer w.telling.Unlock()
	w.trace = append(w.trace, time.Now().UTC().Format("02 15:04:05 ")+fmt.Sprintf(format, values...))
}

func (w *stepWorld) fail(format string, values ...any) {
	w.note("FAILURE "+format, values...)
	w.telling.Lock()
	defer w.telling.Unlock()
	w.failures = append(w.failures, fmt.Sprintf(format, values...))
}

// play plays nights and days, then lets everything recover.
func (w *stepWorld) play(ctx context.Context) {
	for range 3 + w.r.IntN(12) {
		w.behave(w.r.Float64()*0.7, time.Duration(w.r.IntN(9))*time.Minute, w.chance(0.2))
		w.night(ctx, w.chance(0.4))
		switch {
		case w.chance(0.4): // at once
		case w.chance(0.3):
			time.Sleep(time.Duration(w.r.IntN(1200)) * time.Second)
		default:
			time.Sleep(time.Duration(1+w.r.IntN(40)) * time.Hour)
		}
		w.day()
	}
	w.behave(0, 0, false)
	for i := range w.book.Circuits {
		c := &w.book.Circuits[i]
		c.Finished, c.Confirm = sheet.Yes, sheet.Yes
	}
	for range 6 {
		time.Sleep(batch.SettlingTime + time.Minute)
		w.reapply = true
		w.run(ctx, advance, 0)
		for i := range w.book.Circuits { // the same was rejected before: that needs a person
			if c := &w.book.Circuits[i]; c.LastRun().Result == string(sheet.Refused) {
				c.Si += " & Sons"
			}
		}
		w.mu.Lock()
		for _, l := range w.lines {
			w.review(l, batch.LOAAvailable)
		}
		w.mu.Unlock()
	}
	for i := range w.book.Circuits {
		c := &w.book.Circuits[i]
		l := w.lines[plan.KeyOf(c)]
		if got := sheet.Result(c.LastRun().Result); l.now().loa.Status != batch.LOAComplete && !(got == sheet.Invalid || w.lost && got == sheet.Already) {
			w.fail("%s ends %s (%s), and its LOA is %q", c.InstanceID, got, c.LastRun().ErrorCode, l.now().loa.Status)
		}
	}
}

// behave sets how the service behaves from now on; earlier requests may still be in progress.
func (w *stepWorld) behave(broken float64, lag time.Duration, forgets bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken, w.lag, w.forgets = broken, lag, forgets
}

var (
	submit   = []batch.Operation(nil)
	complete = []batch.Operation{batch.Complete, batch.Confirm}
	advance  = []batch.Operation{batch.Apply, batch.Complete, batch.Confirm}
)

// night runs one command, which may be killed.
func (w *stepWorld) night(ctx context.Context, killed bool) {
	steps := [][]batch.Operation{submit, complete, advance}[w.r.IntN(3)]
	w.reapply = w.chance(0.5) && len(steps) != len(complete)
	var kill time.Duration
	if killed {
		kill = time.Duration(1+w.r.IntN(20_000)) * time.Millisecond
	}
	w.run(ctx, steps, kill)
}

func (w *stepWorld) run(ctx context.Context, steps []batch.Operation, kill time.Duration) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := &stepLedger{Ledger: w.ledger}
	if kill > 0 {
		time.AfterFunc(kill, func() { l.die(); cancel() })
	}
	keys := plan.Keys(w.book)
	past := func(p batch.Place) map[batch.Key]batch.Record {
		records, err := w.ledger.Past(ctx, p, keys)
		if err != nil {
			w.fail("%v", err)
		}
		return records
	}
	o := plan.Options{
		Steps: steps, Past: past(batch.PlaceLOA), Reapply: w.reapply,
		Later: map[batch.Place]map[batch.Key]batch.Record{batch.PlaceCompletion: past(batch.PlaceCompletion), batch.PlaceConfirmation: past(batch.PlaceConfirmation)},
	}
	e := &batch.Engine{
		Submitter: w, Finder: w, Surveyor: w, Ledger: l, Survey: w.chance(0.8),
		Rate: quota.Rate{N: 60, Per: time.Second}, Concurrency: 1, MaxAttempts: 1 + w.r.IntN(5),
	}
	w.note("run %v reapply %v, broken %.2f, lag %v, kill %v, survey %v", steps, w.reapply, w.broken, w.lag, kill, e.Survey)
	sum, _ := e.Run(ctx, nil, plan.New(w.book, o))
	for i, r := range sum.Outcomes {
		w.note("  %s: %s %s %s %s %s", r.Key.InstanceID, r.Operation, r.Result, r.Reason, r.ErrorCode, r.Token)
		if l.dead() || r.Result == sheet.Skipped {
			continue
		}
		c := &w.book.Circuits[i]
		before := c.LastRun()
		at := r.SubmittedAt
		if r.Result == sheet.Unknown {
			at = r.Tried
		}
		c.Past = &sheet.Past{Result: string(r.Result), ErrorCode: r.ErrorCode, ClientToken: r.Token, RequestID: r.RequestID, LOAStatus: r.LOAStatus, SubmittedAt: at.UTC().Truncate(time.Second)}
		if r.Outdone(before.ClientToken) || before.MayStand() && (r.Result == sheet.Invalid || r.Result == sheet.NotAttempted) {
			c.Past.ClientToken, c.Past.SubmittedAt = before.ClientToken, before.SubmittedAt
		}
	}
}

// day is what people and Alibaba Cloud do.
func (w *stepWorld) day() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.book.Circuits {
		c := &w.book.Circuits[i]
		l := w.lines[plan.KeyOf(c)]
		switch p := w.r.Float64(); {
		case p < 0.5:
			w.review(l, batch.LOAAvailable)
		case p < 0.6:
			w.review(l, batch.LOARejected)
		case p < 0.64 && l.now().loa.Status != "" && l.now().status == "Allocated":
			w.show(l, batch.LOARejected, l.now().status) // whatever it was before
		case p < 0.68 && l.now().loa.Status != "" && l.now().status == "Allocated":
			w.show(l, batch.LOADeleted, l.now().status)
		}
		switch {
		case w.chance(0.05):
			c.LineCode = fmt.Sprintf("L-%d", 1+w.r.IntN(3))
		case w.chance(0.05): //nolint:gocritic // a second draw
			c.Finished = []string{sheet.Yes, sheet.No}[w.r.IntN(2)]
		}
	}
	if w.chance(0.06) && w.guard && !slices.ContainsFunc(w.book.Circuits, func(c sheet.Circuit) bool { return c.LastRun().Result == "" }) {
		w.note("the ledger is lost")
		w.ledger, w.lost = &ledger.Memory{}, true
	}
}

// review ends the review of an LOA.
func (w *stepWorld) review(l *line, status string) {
	if l.now().loa.Status == batch.LOAApplying {
		w.show(l, status, l.now().status)
	}
}

// show changes what the service shows.
func (w *stepWorld) show(l *line, loa, circuit string) {
	next := look{at: time.Now(), loa: l.now().loa, status: circuit}
	next.loa.Status = loa
	w.note("    %s LOA %q -> %q, circuit %s", l.key.InstanceID, l.now().loa.Status, loa, circuit)
	l.looks = append(l.looks, next)
}

// Submit implements [batch.Submitter].
func (w *stepWorld) Submit(ctx context.Context, a batch.Application) (batch.Receipt, error) {
	if ctx.Err() != nil {
		return batch.Receipt{}, ctx.Err()
	}
	circuit := *a.Circuit
	a.Circuit = &circuit
	time.Sleep(50 * time.Millisecond)
	w.mu.Lock()
	defer w.mu.Unlock()
	unanswered := &batch.CallError{Class: batch.MaybeReceived, Code: "(timeout)", Unsettled: true}
	switch p := w.r.Float64(); {
	case p >= w.broken:
		if err := w.take(a); err != nil {
			return batch.Receipt{}, err
		}
		return batch.Receipt{RequestID: "R", At: time.Now().UTC()}, nil
	case p < w.broken*0.3:
		_ = w.take(a)
	case p < w.broken*0.5:
		time.AfterFunc(time.Duration(1+w.r.IntN(500))*time.Second, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			_ = w.take(a)
		})
	case p < w.broken*0.7:
		return batch.Receipt{}, &batch.CallError{Class: batch.TryLater, Code: "SystemBusy", Status: 400}
	case p < w.broken*0.75:
		return batch.Receipt{}, &batch.CallError{Class: batch.Refused, Code: "IllegalParam.LineCode", Status: 400}
	}
	return batch.Receipt{}, unanswered
}

// take carries out a request.
func (w *stepWorld) take(a batch.Application) error {
	refuse := func(code string) error {
		w.note("    %s %s %s refused: %s", a.Key.InstanceID, a.Operation, a.Token, code)
		return &batch.CallError{Class: batch.Refused, Code: code, Status: 400}
	}
	parameters := fmt.Sprint(a.Operation, a.Key, a.Hash)
	if before, used := w.used[a.Token]; used && before != parameters {
		w.fail("token %s was used with other parameters", a.Token)
		return refuse(batch.CodeMismatch)
	}
	w.used[a.Token] = parameters
	if at, known := w.answered[a.Token]; known && !(w.forgets && w.guard && time.Since(at) > 24*time.Hour) {
		return nil
	}
	l := w.lines[a.Key]
	loa, circuit := l.now().loa.Status, l.now().status
	switch a.Operation {
	case batch.Apply, batch.Reapply:
		if loa != "" && !batch.Void(loa) || loa == batch.LOARejected && a.Operation == batch.Apply {
			return refuse("IncorrectStatus.PhysicalConnectionLOA")
		}
		l.life = &life{}
		w.show(l, batch.LOAApplying, circuit)
		l.now().loa = batch.LOA{Status: batch.LOAApplying, CompanyName: a.Circuit.CompanyName}
	case batch.Complete:
		switch {
		case loa == batch.LOAAvailable, loa == batch.LOAComplete:
		case loa == batch.LOACompleting && !w.guard:
		default:
			return refuse("OperationDenied.LOAStatusNotAllowComplete")
		}
		if l.life.completed++; l.life.completed > 1 {
			w.fail("%s was completed %d times (token %s)", a.Key.InstanceID, l.life.completed, a.Token)
		}
		w.show(l, batch.LOACompleting, circuit)
		l.now().loa.LineCode = a.Circuit.LineCode
	case batch.Confirm:
		if circuit != "Allocated" && w.guard {
			return refuse("IncorrectStatus.PhysicalConnection")
		}
		if loa != batch.LOACompleting && loa != batch.LOAComplete {
			return refuse("OperationUnsupported.SkipConstruction")
		}
		if l.life.confirmed++; l.life.confirmed > 1 {
			w.fail("%s was confirmed %d times (token %s)", a.Key.InstanceID, l.life.confirmed, a.Token)
		}
		w.show(l, batch.LOAComplete, "Confirmed")
	}
	w.answered[a.Token] = time.Now()
	w.note("    %s %s %s accepted", a.Key.InstanceID, a.Operation, a.Token)
	return nil
}

// seen is what a lookup shows, which may be old.
func (w *stepWorld) seen(key batch.Key) (look, error) {
	time.Sleep(20 * time.Millisecond)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.chance(w.broken / 2) {
		return look{}, &batch.CallError{Class: batch.MaybeReceived, Code: "(timeout)", Unsettled: true}
	}
	at := time.Now().Add(-time.Duration(w.r.Float64() * float64(w.lag)))
	l := w.lines[key]
	for _, seen := range slices.Backward(l.looks) {
		if !seen.at.After(at) {
			return seen, nil
		}
	}
	return l.looks[0], nil
}

// Find implements [batch.Finder].
func (w *stepWorld) Find(_ context.Context, key batch.Key) (batch.LOA, bool, error) {
	seen, err := w.seen(key)
	return seen.loa, err == nil && seen.loa.Status != "", err
}

// Survey implements [batch.Surveyor].
func (w *stepWorld) Survey(_ context.Context, region string, _ int, ids []string) (batch.SurveyPage, error) {
	var page batch.SurveyPage
	page.Pages = 1
	for i := range w.book.Circuits { // not the map, whose order is random
		key := plan.KeyOf(&w.book.Circuits[i])
		if key.Region != region || len(ids) > 0 && !slices.Contains(ids, key.InstanceID) {
			continue
		}
		seen, err := w.seen(key)
		if err != nil {
			return page, err
		}
		page.Circuits = append(page.Circuits, batch.CircuitState{InstanceID: key.InstanceID, Status: seen.status, LOAStatus: seen.loa.Status, BusinessStatus: "Normal"})
	}
	return page, nil
}

// stepLedger is the ledger of a process, which writes nothing once that is dead.
type stepLedger struct {
	batch.Ledger
	mu   sync.Mutex
	gone bool
}

func (l *stepLedger) die() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = true
}

func (l *stepLedger) dead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone
}

// Begin implements [batch.Ledger].
func (l *stepLedger) Begin(ctx context.Context, a batch.Application) error {
	if l.dead() {
		return context.Canceled
	}
	return l.Ledger.Begin(ctx, a)
}

// Finish implements [batch.Ledger].
func (l *stepLedger) Finish(ctx context.Context, o batch.Outcome) error {
	if l.dead() {
		return context.Canceled
	}
	return l.Ledger.Finish(ctx, o)
}
