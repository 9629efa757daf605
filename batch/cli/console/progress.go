package console

import (
	"cmp"
	"context"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/quota"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// plainEvery is how often progress is printed without a terminal.
const plainEvery = 30 * time.Second

// barEvery is how often the bar is drawn.
const barEvery = 100 * time.Millisecond

// Widths on a terminal, in cells.
const (
	defaultColumns = 80 // of a terminal that does not say
	barFrame       = 10 // what the bar prints besides itself and the facts: "  45% |", "|  "
	narrowestBar   = 4
)

// Progress shows how far a run has got. The engine calls it from its goroutines, which never
// wait for the terminal: another one prints.
type Progress struct {
	lines    *Lines
	panicked func(error)

	total int // applications

	mu      sync.Mutex
	bar     *progressbar.ProgressBar // draws the stage that the run is in
	began   time.Time                // when the stage did
	survey  bool                     // the stage is that of the survey
	asked   int                      // circuits whose state is to be read
	read    int                      // of them, those that have been
	done    int                      // applications
	sent    int                      // of them, those for which something was sent
	failed  int
	retried int
	waits   []time.Time // when each call that waits for its quota began to, the earliest first

	stop  chan struct{}
	ended chan struct{} // closed once nothing more is printed; nil if nothing ever is
}

// Progress starts to show the progress of total applications. The modes are bar, plain (a line from
// time to time), auto (a bar on a terminal that can draw one) and none. A panic while it is
// shown goes to panicked.
func (l *Lines) Progress(mode string, total int, panicked func(error)) *Progress {
	p := &Progress{lines: l, panicked: panicked, total: total, stop: make(chan struct{})}
	p.bar, p.began = newBar(total), time.Now()
	if mode == "auto" && l.screen.Terminal && !l.screen.Dumb {
		mode = "bar"
	}
	switch {
	case mode == "none" || l.Quiet || total == 0:
	case mode == "bar":
		p.show(barEvery, p.draw)
	default:
		p.show(plainEvery, p.print)
	}
	return p
}

// newBar makes the bar of a stage.
func newBar(total int) *progressbar.ProgressBar {
	return progressbar.NewOptions(total,
		progressbar.OptionSetWriter(io.Discard), // the lines show its String
		progressbar.OptionSetPredictTime(false), // one of the facts
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionShowDescriptionAtLineEnd(),
	)
}

// Row counts one finished row, unless the plan had settled it.
func (p *Progress) Row(e batch.Event) {
	if e.Settled {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if e.Outcome.Attempts > 0 {
		p.sent++
	}
	if batch.Fails(e.Outcome.Result) {
		p.failed++
	}
}

// Batch says how many rows of a run have ended and failed, whichever host worked on them.
func (p *Progress) Batch(done, failed int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.failed = max(p.done, done), max(p.failed, failed)
}

// Surveying counts the circuits whose state is to be read and those whose state has been.
func (p *Progress) Surveying(asked, read int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked, p.read = p.asked+asked, p.read+read
}

// retry counts an application that is sent again.
func (p *Progress) retry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.retried++
}

// wait notes that a call waits for its quota, until the function it returns is called.
func (p *Progress) wait() (since time.Time, over func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	since = time.Now()
	p.waits = append(p.waits, since)
	return since, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if i := slices.Index(p.waits, since); i >= 0 {
			p.waits = slices.Delete(p.waits, i, i+1)
		}
	}
}

// show calls one at every interval until the display ends.
func (p *Progress) show(interval time.Duration, one func()) {
	p.ended = make(chan struct{})
	go func() {
		defer close(p.ended)
		defer batch.Guard(p.panicked)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				p.lines.err.show("")
				return
			case <-tick.C:
				one()
			}
		}
	}()
}

// fact is one figure of the progress. If a line has no room for all, those of the highest
// rank are left out.
type fact struct {
	rank int
	text string
}

// stage returns how much of the current stage is done, of what total, and how much of it
// counts towards the rate. While a survey reads the circuits' state and no application has
// ended, the stage is the survey; after that, the applications. Each stage is timed by
// itself, and rows that the survey settles do not count towards the rate of applications.
func (p *Progress) stage() (done, total, rated int) {
	survey := p.read < p.asked && p.done == 0
	done, total, rated = p.done, p.total, cmp.Or(p.sent, p.done)
	if survey {
		done, total, rated = p.read, p.asked, p.read
	}
	if survey != p.survey {
		p.survey, p.bar, p.began = survey, newBar(total), time.Now()
	}
	if p.bar.GetMax() != total { // the survey of another region has begun
		p.bar.ChangeMax(total)
	}
	_ = p.bar.Set(done) // fails only beyond the total
	return done, total, rated
}

// facts returns what is known of the progress, in the order in which it is shown, and what
// it counts.
func (p *Progress) facts() (list []fact, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	done, total, rated := p.stage()
	w, since := p.lines.Words, time.Since(p.began).Seconds()
	code := "progress-done"
	if p.survey {
		code = "progress-read"
	}
	list = []fact{{0, w.Line(code, sheet.Count("done", done), sheet.Count("total", total))}}
	if p.failed > 0 {
		list = append(list, fact{1, w.Line("progress-failed", sheet.Count("n", p.failed))})
	}
	if p.retried > 0 {
		list = append(list, fact{3, w.Line("progress-retried", sheet.Count("n", p.retried))})
	}
	rate := 0.0
	if rated > 0 && since >= 1 {
		if rate = float64(rated) / since; rate >= 1 {
			list = append(list, fact{5, w.Line("progress-rate", sheet.Count("n", int(math.Round(rate))))})
		} else {
			list = append(list, fact{5, w.Line("progress-rate-minute", sheet.Count("n", int(math.Round(60*rate))))})
		}
	}
	if len(p.waits) > 0 {
		if waited := time.Since(p.waits[0]); waited >= time.Second {
			list = append(list, fact{4, w.Line("progress-wait", sheet.Arg{Name: "time", Value: report.Seconds(w, waited.Truncate(time.Second))})})
		}
	}
	if rate > 0 {
		if left := time.Duration(float64(total-done) / rate * float64(time.Second)); left >= time.Second {
			list = append(list, fact{2, w.Line("progress-left", sheet.Arg{Name: "time", Value: report.Seconds(w, left)})})
		}
	}
	return list, done, total
}

// fitting joins the facts that fit into a width, the most important first.
func (l *Lines) fitting(list []fact, width int) string {
	for worst := 5; ; worst-- {
		texts := make([]string, 0, len(list))
		for _, f := range list {
			if f.rank <= worst {
				texts = append(texts, f.text)
			}
		}
		text := strings.Join(texts, l.Words.Line("mark-facts"))
		if report.Width(text) <= width || worst == 0 {
			return text
		}
	}
}

// draw shows the bar and the facts, or only the facts if there is no room for a bar.
func (p *Progress) draw() {
	columns := cmp.Or(p.lines.screen.columns(), defaultColumns)
	columns-- // many terminals break the line after a character in the last column
	list, _, _ := p.facts()
	facts := p.lines.fitting(list, columns)
	if room := columns - report.Width(facts) - barFrame; room >= narrowestBar {
		progressbar.OptionSetWidth(room)(p.bar)
		p.bar.Describe(facts)
		facts = strings.TrimRight(strings.TrimPrefix(p.bar.String(), "\r"), " ")
	}
	p.lines.err.show(facts)
}

// print prints the facts on a line of their own.
func (p *Progress) print() {
	facts, done, total := p.facts()
	p.mu.Lock()
	code, failed := "progress", p.failed
	if p.survey {
		code = "progress-survey"
	}
	p.mu.Unlock()
	args := map[string]string{"done": strconv.Itoa(done), "total": strconv.Itoa(total), "failed": strconv.Itoa(failed)}
	more := slices.DeleteFunc(facts, func(f fact) bool { return f.rank <= 1 })
	if len(more) > 0 {
		code += "-more"
		args["facts"] = p.lines.fitting(more, math.MaxInt)
	}
	p.lines.Say(code, args)
}

// Finish ends the display and leaves the cursor at the start of a line. A terminal that
// takes no text holds it up for a second only.
func (p *Progress) Finish() {
	close(p.stop)
	if p.ended == nil {
		return
	}
	select {
	case <-p.ended:
	case <-time.After(time.Second):
	}
}

// Submitter counts the applications that next sends again.
func (p *Progress) Submitter(next batch.Submitter) batch.Submitter {
	return watchedSubmitter{next, p}
}

type watchedSubmitter struct {
	batch.Submitter
	shown *Progress
}

// Submit implements [batch.Submitter].
func (s watchedSubmitter) Submit(ctx context.Context, a batch.Application) (batch.Receipt, error) {
	if a.Attempt > 1 {
		s.shown.retry()
	}
	return s.Submitter.Submit(ctx, a)
}

// Quota shows and logs the waits for next, the account's quota of an API in a region, and
// the answers that throttle it.
func (p *Progress) Quota(next batch.Quota, log *RunLog, region, api string) batch.Quota {
	return &watchedQuota{next, p, log, quotaName{region, api}}
}

type watchedQuota struct {
	next  batch.Quota
	shown *Progress
	log   *RunLog
	on    quotaName
}

// quotaName names a quota of the account.
type quotaName struct{ region, api string }

var _ batch.Quota = (*watchedQuota)(nil)

// Acquire implements [batch.Quota].
func (q *watchedQuota) Acquire(ctx context.Context) (func(error), error) {
	since, over := q.shown.wait()
	done, err := q.next.Acquire(ctx)
	over()
	if err != nil {
		return nil, err
	}
	q.log.waited(ctx, q.on, time.Since(since))
	return func(err error) {
		q.log.throttled(ctx, q.on, err)
		done(err)
	}, nil
}

// Slowed implements [batch.Quota].
func (q *watchedQuota) Slowed() []quota.Span { return q.next.Slowed() }
