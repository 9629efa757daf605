package cli

import (
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// plainEvery is how often progress is printed without a terminal.
const plainEvery = 30 * time.Second

// barEvery is how often the bar is drawn.
const barEvery = 100 * time.Millisecond

// progress shows how far a run has got. The engine calls row from one goroutine, which never
// waits for the terminal: another one prints.
type progress struct {
	lines    *lines
	panicked func(error)

	bar *progressbar.ProgressBar // nil unless drawn

	total int

	mu     sync.Mutex
	done   int
	failed int

	stop  chan struct{}
	ended chan struct{} // closed once nothing more is printed; nil if nothing ever is
}

// newProgress starts to show the progress of total rows, in a mode of --progress.
func (a *app) newProgress(mode string, total int) (*progress, error) {
	p := &progress{lines: a.lines, panicked: a.panicked, total: total, stop: make(chan struct{})}
	if mode == "auto" {
		mode = "plain"
		if a.env.StderrTerminal {
			mode = "bar"
		}
	}
	switch {
	case mode == "none" || a.lines.quiet || total == 0:
	case mode == "bar":
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(a.env.Stderr),
			progressbar.OptionSetDescription(a.lines.words.Line("progress-bar")),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionShowElapsedTimeOnFinish(),
			progressbar.OptionThrottle(barEvery),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionFullWidth(),
		)
		p.show(barEvery, p.draw)
	case mode == "plain":
		p.show(plainEvery, p.print)
	default:
		return nil, failure(exitUsage, "choice", nil, "flag", "progress", "value", mode, "choices", "auto, bar, plain, none")
	}
	return p, nil
}

// row counts one finished row.
func (p *progress) row(e batch.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if r := e.Outcome.Result; r == sheet.Refused || r == sheet.Failed || r == sheet.Unknown {
		p.failed++
	}
}

// counts returns the rows that are done and those of them that failed.
func (p *progress) counts() (done, failed int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done, p.failed
}

// show calls one at every interval until the display ends.
func (p *progress) show(interval time.Duration, one func()) {
	p.ended = make(chan struct{})
	go func() {
		defer close(p.ended)
		defer batch.Guard(p.panicked)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				if p.bar != nil {
					_ = p.bar.Finish() // the bar is only decoration
				}
				return
			case <-tick.C:
				one()
			}
		}
	}()
}

func (p *progress) draw() {
	done, _ := p.counts()
	_ = p.bar.Set(done) // fails only beyond the total
}

func (p *progress) print() {
	done, failed := p.counts()
	p.lines.say("progress", map[string]string{"done": number(done), "total": number(p.total), "failed": number(failed)})
}

// finish ends the display and leaves the cursor at the start of a line. A terminal that
// takes no text holds it up for a second only.
func (p *progress) finish() {
	close(p.stop)
	if p.ended == nil {
		return
	}
	select {
	case <-p.ended:
	case <-time.After(time.Second):
	}
}
