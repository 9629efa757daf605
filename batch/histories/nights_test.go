package histories

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger/sqlite/lossytest"
	"github.com/loabatch/loabatch/sheet"
)

// night runs one process, or two at once.
func (w *world) night(t *testing.T, d dice) {
	processes := 1
	// Circuits are locked by region: if one exists in several, two processes can apply for it at once.
	together := w.history.backend != "memory" && !w.habits.anyRegion
	if together && d.at(1).chance(0.2) {
		processes = 2
	}
	w.nights++
	users := pick(d.at(4), w.ledgers) // two at once use the same ledger
	var started []*process
	for i := range processes {
		started = append(started, w.newProcess(users, d.at(2, uint64(i))))
	}
	k, _ := w.ledgers[0].(*sqliteKeeper)
	if onDisk := k != nil && k.disk != nil; onDisk {
		w.setDisk(k.disk, d.at(3), started)
		defer k.disk.Fill(-1)
	}
	var all sync.WaitGroup
	for _, p := range started {
		all.Go(func() {
			time.Sleep(p.dice.at(98).between(0, 2*time.Second))
			p.run(t)
		})
	}
	all.Wait()
	if w.power.Swap(false) {
		if err := k.crash(); err != nil {
			t.Fatal(err)
		}
	}
}

// setDisk draws whether the disk is nearly full in a night, or when the power fails.
func (w *world) setDisk(x *lossytest.Disk, d dice, processes []*process) {
	switch d.at(1).n(5) {
	case 0:
		room := d.at(2).n(60_000)
		w.trace("  the disk has room for %d bytes", room)
		x.Fill(room)
	case 1, 2, 3:
		p := pick(d.at(3), processes)
		p.command.powerAt = 1 + d.at(4).n(2+8*w.history.circuits)
	}
}

// powerFailure ends all processes at once.
func (w *world) powerFailure() {
	w.power.Store(true)
	w.ledgers[0].(*sqliteKeeper).disk.Cut()
}

// newProcess draws a process: its command and the weather that it meets.
func (w *world) newProcess(l keeper, d dice) *process {
	w.runs++
	p := &process{w: w, ledger: l, night: w.nights, id: w.runs, dice: d, weather: pick(d.at(1), weathers), calls: map[string]uint64{}, drain: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	c := command{endpoint: endpoints[0], concurrency: 1 + d.at(2).n(8), attempts: 1 + d.at(3).n(5), reapply: d.at(4).chance(0.2)}
	if w.history.hurried {
		p.weather, c.attempts = late, 1+d.at(3).n(2)
	}
	for i := range 1 + d.at(5).n(2) {
		c.books = append(c.books, pick(d.at(6, uint64(i)), w.books))
	}
	if w.allowed("endpoint") && d.at(7).chance(0.1) {
		c.endpoint = pick(d.at(8), endpoints)
		w.forgetful = w.forgetful || c.endpoint != endpoints[0] && !scopesMeet
	}
	if d.at(9).chance(0.15) {
		c.only = []sheet.Result{sheet.Failed, sheet.Unknown, sheet.NotAttempted}
	}
	if d.at(10).chance(0.1) {
		c.limit = batch.Limit{N: 1 + d.at(11).n(3)}
	}
	steps := 2 + 8*w.history.circuits
	switch at := 1 + d.at(12).n(steps); d.at(13).n(10) {
	case 0, 1, 2:
		if !w.carried() {
			c.killAt = at
		}
	case 3:
		c.drainAt = at
	case 4:
		c.abandonAt = at
	}
	if w.service.habits.quota > 0 {
		c.concurrency = 1 // if several calls start waiting for the quota at the same moment, any may be the first
	}
	p.command = c
	return p
}

// gone ends the process. One that was killed gives nothing of the quotas back.
func (p *process) gone() {
	if p.quotas != nil && !p.killed() {
		p.quotas.Close()
	}
	p.ledger.gone(p)
}

// run carries out a command: its books one after another.
func (p *process) run(t *testing.T) {
	c, w := p.command, p.w
	defer p.gone()
	defer p.cancel()
	p.trace("starts: %s, %s, reapply %v, only %v, -j %d, %d attempts", p.weather.name, c.endpoint, c.reapply, c.only, c.concurrency, c.attempts)
	for _, b := range c.books {
		if p.killed() || p.interrupted() {
			return
		}
		b = w.snapshot(b)
		p.trace("submits %s", b)
		outcomes, err := p.submit(b)
		switch {
		case p.killed():
			return
		case err != nil && w.history.backend == "disk":
			p.trace("the ledger fails: %v", err)
			if outcomes == nil {
				continue
			}
		case err != nil:
			t.Errorf("seed %d: %v", w.history.seed, err)
			return
		case outcomes == nil:
			p.trace("another run holds the circuits")
			continue
		}
		p.check(b, outcomes)
	}
}
