package batch_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
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

var predictions = flag.Int("predictions", 10_000, "rows to predict and then send")

// TestPredictions compares what an online dry run predicts with what a run then does, in worlds with a
// past: earlier nights with faults and kills, edits, rejections. Between the two, and during the
// run, some things happen to some circuits, and each is noted. Such a note must explain every
// difference; if nothing happened, nothing may differ.
func TestPredictions(t *testing.T) {
	rows, differing, unexplained := 0, 0, 0
	for seed := uint64(0); rows < *predictions; seed++ {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, seed)
			w.live()
			predicted := w.run(w.survey, true)
			w.happen()
			actual := w.run(w.survey, false)
			for i, o := range actual {
				rows++
				p := predicted[i]
				if comesTrue(p, o) {
					continue
				}
				differing++
				if p.Result == sheet.Unknown && time.Since(p.Tried) >= batch.SettlingTime {
					w.note(o.Key, "the settling time passed")
				}
				if w.notes[o.Key] == "" {
					unexplained++
					t.Errorf("seed %d, row %d: predicted %s (%s %s %s %v), became %s (%s %s %s %v), although nothing happened;\n\ttried %s, %s",
						seed, o.Row, p.Result, p.Reason, p.ErrorCode, p.Operation, p.Completed, o.Result, o.Reason, o.ErrorCode, o.Operation, o.Completed, p.Tried.Format(time.TimeOnly), w.before[o.Key])
				}
			}
		})
		if unexplained > 20 {
			break
		}
	}
	t.Logf("%d rows, %d differ from their prediction, %d of them without a reason", rows, differing, unexplained)
}

// comesTrue reports whether a row ended as it was predicted.
func comesTrue(predicted, actual batch.Outcome) bool {
	switch predicted.Result {
	case sheet.Valid:
		return actual.Result == sheet.Submitted && actual.Operation == predicted.Operation && actual.Completed == predicted.Completed
	case sheet.Blocked:
		if predicted.Operation.FollowsUp() {
			return actual.Result == sheet.Refused // a lookup says so first, and tells less of the reason
		}
		if predicted.Reason == batch.ReasonLOARejected {
			return actual.Result == sheet.Refused && actual.Reason == batch.ReasonLOARejected
		}
		return actual.Result == sheet.Refused && actual.ErrorCode == predicted.ErrorCode
	}
	return actual.Result == predicted.Result
}

// world is a service with circuits in all their states, and a workbook with a past.
type world struct {
	*testing.T
	r        *rand.Rand
	server   *server
	book     *sheet.Workbook
	ledger   *ledger.Memory
	survey   bool
	reapply  bool
	steps    []batch.Operation
	mu       sync.Mutex
	circuits map[batch.Key]batch.CircuitState // without their LOAs
	broken   float64                          // share of the calls that fail
	noting   bool
	notes    map[batch.Key]string // what happened after the prediction
	before   map[batch.Key]string // what the plan knew then
	recent   map[batch.Key]bool   // circuits with an attempt or a finding that is too recent
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		T: t, r: rand.New(rand.NewPCG(seed, 6)), server: newServer(), ledger: &ledger.Memory{},
		circuits: map[batch.Key]batch.CircuitState{}, notes: map[batch.Key]string{}, before: map[batch.Key]string{}, recent: map[batch.Key]bool{},
	}
	w.book = workbook(60+w.r.IntN(80), "cn-hangzhou", "cn-beijing")
	w.survey, w.reapply = w.r.IntN(4) > 0, w.r.IntN(3) == 0
	w.steps = [][]batch.Operation{nil, {batch.Complete, batch.Confirm}, {batch.Apply, batch.Complete, batch.Confirm}}[w.r.IntN(3)]
	for i := range w.book.Circuits {
		row := &w.book.Circuits[i]
		row.LineCode, row.Finished, row.Confirm = fmt.Sprint("L-", i), []string{sheet.Yes, sheet.Yes, sheet.No, ""}[w.r.IntN(4)], []string{sheet.Yes, ""}[w.r.IntN(2)]
		key := plan.KeyOf(&w.book.Circuits[i])
		c := allocated(key.InstanceID)
		switch w.r.IntN(12) {
		case 0:
			continue // the account does not have it
		case 1:
			c.Status = []string{"Initial", "Allocating", "Confirmed", "Terminated"}[w.r.IntN(4)]
		case 2:
			c.BusinessStatus = "FinancialLocked"
		case 3:
			w.server.loas[key] = batch.LOA{Status: []string{"Applying", "Accept", "Available", "Available", "Completing", "Complete", batch.LOARejected, batch.LOADeleted}[w.r.IntN(8)], CompanyName: "Somebody Ltd"}
		}
		w.circuits[key] = c
	}
	w.server.apply = func(a batch.Application) *batch.CallError {
		w.mu.Lock()
		defer w.mu.Unlock()
		c, known := w.circuits[a.Key]
		switch {
		case !known:
			return &batch.CallError{Class: batch.Refused, Code: batch.CodeNoCircuit, Status: 400}
		case c.BusinessStatus != "Normal" || c.Status != "Allocated":
			if l, ok := w.server.loas[a.Key]; ok && (!batch.Void(l.Status) || l.Status == batch.LOARejected && a.Operation == batch.Apply) {
				return nil // the LOA is what the API names
			}
			return &batch.CallError{Class: batch.Refused, Code: batch.CodeCircuitStatus, Status: 400}
		}
		return nil
	}
	w.server.faults = func(a batch.Application) fault {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.r.Float64() >= w.broken {
			return fault{}
		}
		w.note(a.Key, "a fault")
		f := []fault{kinds["503"], kinds["hang"], kinds["throttled"], kinds["connection reset"]}[w.r.IntN(4)]
		if f.err.Unsettled {
			f.effect = effect(w.r.IntN(2))
		}
		return f
	}
	return w
}

// Submit implements [batch.Submitter]: applications are the server's.
func (w *world) Submit(ctx context.Context, a batch.Application) (batch.Receipt, error) {
	if !a.Operation.FollowsUp() {
		return w.server.Submit(ctx, a)
	}
	f := w.server.faults(a)
	if err := w.server.pause(ctx, 20*time.Millisecond); err != nil {
		return batch.Receipt{}, lostAnswer("(canceled)")
	}
	if f.err != nil && f.effect != before {
		return batch.Receipt{}, f.err
	}
	refusal := w.follow(a)
	switch {
	case f.err != nil:
		return batch.Receipt{}, f.err
	case refusal != nil:
		return batch.Receipt{}, refusal
	}
	return batch.Receipt{RequestID: "R-" + a.Token, At: time.Now().UTC()}, nil
}

// follow completes or confirms, as the API does.
func (w *world) follow(a batch.Application) *batch.CallError {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	l, c := w.server.loas[a.Key], w.circuits[a.Key]
	switch {
	case w.server.replies[a.Token]:
		return nil
	case c.InstanceID == "":
		return &batch.CallError{Class: batch.Refused, Code: batch.CodeNoCircuit}
	case a.Operation == batch.Complete && l.Status != batch.LOAAvailable:
		return &batch.CallError{Class: batch.Refused, Code: "OperationDenied.LOAStatusNotAllowComplete"}
	case a.Operation == batch.Confirm && (l.Status != batch.LOACompleting && l.Status != batch.LOAComplete || c.Status != "Allocated"):
		return &batch.CallError{Class: batch.Refused, Code: batch.CodeCircuitStatus}
	case a.Operation == batch.Complete:
		l.Status, l.LineCode = batch.LOACompleting, a.Circuit.LineCode
	default:
		l.Status, c.Status = batch.LOAComplete, "Confirmed"
	}
	w.server.loas[a.Key], w.circuits[a.Key], w.server.replies[a.Token] = l, c, true
	return nil
}

// note records what happened to a circuit after the prediction.
func (w *world) note(k batch.Key, what string) {
	if w.noting {
		w.notes[k] += what + "; "
	}
}

// Survey implements [batch.Surveyor].
func (w *world) Survey(_ context.Context, region string, _ int, ids []string) (batch.SurveyPage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	page := batch.SurveyPage{Pages: 1}
	for key, c := range w.circuits {
		if key.Region == region && (len(ids) == 0 || slices.Contains(ids, key.InstanceID)) {
			c.LOAStatus = w.server.loas[key].Status
			page.Circuits = append(page.Circuits, c)
		}
	}
	return page, nil
}

// live plays some nights, with faults, kills, edits and rejections between them.
func (w *world) live() {
	for range w.r.IntN(4) {
		w.broken = w.r.Float64() * 0.5
		w.night()
		time.Sleep(time.Duration(w.r.IntN(15)) * time.Minute)
		for i := range w.book.Circuits {
			c := &w.book.Circuits[i]
			key := plan.KeyOf(c)
			if w.r.IntN(8) == 0 {
				c.Si = []string{"Example Builders", "Other Builders"}[w.r.IntN(2)]
			}
			if l := w.server.loas[key]; slices.Contains([]string{batch.LOAApplying, batch.LOAAccept, batch.LOAAvailable}, l.Status) && w.r.IntN(8) == 0 {
				l.Status = []string{batch.LOARejected, batch.LOADeleted, batch.LOAAvailable, batch.LOAAvailable}[w.r.IntN(4)]
				w.server.loas[key] = l
			}
		}
	}
	w.broken = 0
	if w.r.IntN(3) == 0 {
		time.Sleep(batch.SettlingTime)
	}
}

// night plays a night that may be killed.
func (w *world) night() {
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	l := ledgerOf(w.ledger)
	if w.r.IntN(2) == 0 {
		time.AfterFunc(time.Duration(w.r.IntN(5000))*time.Millisecond, func() { l.die(); cancel() })
	}
	e := w.engine()
	e.Ledger, e.Survey = l, w.survey
	sum, _ := e.Run(ctx, nil, w.plan(w.r.IntN(2) == 0))
	if l.alive() {
		for i, o := range sum.Outcomes {
			w.book.Circuits[i].Past = new(pastOf(o))
		}
	}
	time.Sleep(5 * time.Second) // what is in flight takes effect
}

// plan plans the workbook from what the ledger knows.
func (w *world) plan(reapply bool) *batch.Plan {
	past := map[batch.Place]map[batch.Key]batch.Record{}
	for _, place := range []batch.Place{batch.PlaceLOA, batch.PlaceCompletion, batch.PlaceConfirmation} {
		var err error
		if past[place], err = w.ledger.Past(w.Context(), place, plan.Keys(w.book)); err != nil {
			w.Fatal(err)
		}
	}
	return plan.New(w.book, plan.Options{Past: past[batch.PlaceLOA], Later: past, Steps: w.steps, Reapply: reapply})
}

func (w *world) engine() *batch.Engine {
	return &batch.Engine{Submitter: w, Finder: w.server, Surveyor: w, Rate: quota.Rate{N: 100, Per: time.Second}, MaxAttempts: 3}
}

// run carries out a run, or predicts it.
func (w *world) run(survey, dry bool) []batch.Outcome {
	e := w.engine()
	e.Ledger, e.Survey = w.ledger, survey
	p := w.plan(w.reapply)
	p.DryRun = dry
	for i := range p.Applications {
		if a := &p.Applications[i]; dry {
			since := time.Now().Add(-batch.SettlingTime)
			w.recent[a.Key] = a.Open().Token != "" || a.Ended().Tried.After(since) || a.Ended().At.After(since) || a.Copied().Token != ""
			w.before[a.Key] = fmt.Sprintf("at %s, start %d %s, open %+v, ended %+v, copied %+v; server %q, circuit %q; then %s",
				time.Now().Format(time.TimeOnly), a.Start, a.Operation, a.Open(), a.Ended(), a.Copied(), w.server.loas[a.Key].Status, w.circuits[a.Key].Status, steps(a.Then))
		}
	}
	sum, err := e.Run(w.Context(), nil, p)
	if err != nil {
		w.Fatal(err)
	}
	return sum.Outcomes
}

// steps describes the steps that follow one.
func steps(a *batch.Application) (text string) {
	for ; a != nil; a = a.Then {
		text += fmt.Sprintf("%s start %d, open %+v, ended %+v; ", a.Operation, a.Start, a.Open(), a.Ended())
	}
	return text
}

// happen makes things happen to a few circuits, or none, and to some calls of the run.
func (w *world) happen() {
	w.noting = true
	often := w.r.IntN(3) * 5 // percent
	w.broken = float64(w.r.IntN(3)) * 0.05
	if w.r.IntN(4) == 0 {
		time.Sleep(batch.SettlingTime)
		for key, recent := range w.recent {
			if recent {
				w.note(key, "the settling time passed")
			}
		}
	}
	for i := range w.book.Circuits {
		key := plan.KeyOf(&w.book.Circuits[i])
		c, known := w.circuits[key]
		if w.r.IntN(100) >= often {
			continue
		}
		switch w.r.IntN(4) {
		case 0:
			w.note(key, "somebody applied in the console")
			w.server.loas[key] = batch.LOA{Status: "Applying", CompanyName: "Somebody Ltd"}
		case 1:
			w.note(key, "its LOA was rejected")
			w.server.loas[key] = batch.LOA{Status: batch.LOARejected}
		case 2:
			w.note(key, "it was released")
			delete(w.circuits, key)
		case 3:
			if known {
				w.note(key, "its status changed")
				c.Status = map[bool]string{true: "Initial", false: "Allocated"}[c.Status == "Allocated"]
				w.circuits[key] = c
			}
		}
	}
}
