package ledger

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestAlive(t *testing.T) {
	ended := exec.Command(os.Args[0], "-test.run=^$")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	me := thisProcess()
	me.started, _ = processStart(me.pid)
	if me.host == "" || me.started == "" {
		t.Skipf("this system does not tell enough: %+v", me)
	}
	with := func(change func(*process)) process {
		p := me
		change(&p)
		return p
	}
	now := time.Now()
	for _, test := range []struct {
		name   string
		holder process
		silent time.Duration
		want   bool
	}{
		{"this process", me, time.Hour, true},
		{"a process that ended", with(func(p *process) { p.pid = ended.Process.Pid }), 0, false},
		{"its number went to another process", with(func(p *process) { p.started = "1" }), 0, false},
		{"when it started is not known", with(func(p *process) { p.started = "" }), time.Hour, true},
		{"the machine has booted since", with(func(p *process) { p.boot = "another-boot pid:[1]" }), 0, false},
		{"another container, heard of lately", with(func(p *process) { p.boot = machineBoot(me.boot) + " pid:[1]" }), silence - 1, true},
		{"another container, silent", with(func(p *process) { p.boot = machineBoot(me.boot) + " pid:[1]" }), silence, false},
		{"another machine, heard of lately", with(func(p *process) { p.host += "-not" }), silence - 1, true},
		{"another machine, silent", with(func(p *process) { p.host += "-not" }), silence, false},
	} {
		if got := test.holder.alive(me, now.Add(-test.silent), now); got != test.want {
			t.Errorf("%s: alive is %v, want %v", test.name, got, test.want)
		}
	}
}
