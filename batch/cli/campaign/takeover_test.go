//go:build unix

package campaign_test

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// takeover is a process whose rows were taken over because it was silent.
type takeover struct {
	pid      int
	beat, at time.Time // its last heartbeat and the moment it was taken over, by the database's clock, which is that of the tests
	rejoined time.Time // when the process joined again, having noticed; zero if it has not
}

// recordTakeovers makes the database record them, as soon as it has a ledger.
func (c *campaign) recordTakeovers() {
	for ; !c.over.Load(); time.Sleep(300 * time.Millisecond) {
		found := c.server.Query(c.T, c.database(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'loabatch' AND tablename = 'members'")
		if found != "1" {
			continue
		}
		c.server.Query(c.T, c.database(), `CREATE SCHEMA campaign;
			CREATE TABLE campaign.takeovers (pid bigint, beat timestamptz, at timestamptz);
			CREATE TABLE campaign.joins (pid bigint, at timestamptz);
			CREATE FUNCTION campaign.record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
			$$ BEGIN INSERT INTO campaign.takeovers VALUES (OLD.pid, OLD.beat, clock_timestamp()); RETURN NULL; END $$;
			CREATE FUNCTION campaign.joined() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
			$$ BEGIN INSERT INTO campaign.joins VALUES (NEW.pid, clock_timestamp()); RETURN NULL; END $$;
			CREATE TRIGGER joined AFTER INSERT ON loabatch.members FOR EACH ROW EXECUTE FUNCTION campaign.joined();
			CREATE TRIGGER record AFTER UPDATE ON loabatch.members FOR EACH ROW
			WHEN (OLD.taken_by = '' AND NEW.taken_by <> '') EXECUTE FUNCTION campaign.record()`)
		return
	}
}

// database returns the name of the ledger's database.
func (c *campaign) database() string {
	address, _, _ := strings.Cut(c.ledger, "?")
	return path.Base(address)
}

// takeovers reads what the database has recorded.
func (c *campaign) takeovers() (all []takeover) {
	text := c.server.Query(c.T, c.database(), `SELECT pid, (extract(epoch FROM beat) * 1000)::bigint, (extract(epoch FROM at) * 1000)::bigint,
		coalesce((SELECT (extract(epoch FROM min(j.at)) * 1000)::bigint FROM campaign.joins j WHERE j.pid = t.pid AND j.at > t.at), 0)
		FROM campaign.takeovers t ORDER BY at`)
	for line := range strings.Lines(text) {
		var pid int
		var beat, at, rejoined int64
		if _, err := fmt.Sscanf(line, "%d|%d|%d|%d", &pid, &beat, &at, &rejoined); err != nil {
			c.Fatalf("%q: %v", line, err)
		}
		t := takeover{pid: pid, beat: time.UnixMilli(beat), at: time.UnixMilli(at)}
		if rejoined > 0 {
			t.rejoined = time.UnixMilli(rejoined)
		}
		all = append(all, t)
	}
	return all
}

// left returns the processes that the ledger still takes for members at work.
func (c *campaign) left() (pids []int) {
	text := c.server.Query(c.T, c.database(), "SELECT pid FROM loabatch.members WHERE ended = 0 AND taken_by = '' AND NOT gone")
	for _, line := range strings.Fields(text) {
		pid, err := strconv.Atoi(line)
		if err != nil {
			c.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// checkTakeovers checks that no process was taken over that was not silent for long enough, and that every killed
// process was taken over in time, if the database was there and some process was there long enough to do it.
func (c *campaign) checkTakeovers() {
	all, calls, zombies := c.takeovers(), c.service.recorded(), 0
	for _, t := range all {
		if p := c.byPID(t.pid); p != nil && p.at.After(t.at) {
			zombies++
			if n := sentBetween(calls, p.number, t.at, t.rejoined); n > 0 {
				c.Errorf("process %d was taken over and sent %d applications before it joined again", p.number, n)
			}
		}
		if t.at.Sub(t.beat) < silence {
			c.Errorf("process %d was taken over %v after its last heartbeat", t.pid, t.at.Sub(t.beat))
		}
		if p := c.byPID(t.pid); p != nil && p.code == 0 && !p.frozen {
			c.Errorf("process %d was taken over, and had neither died nor stopped", p.number)
		}
	}
	var after []time.Duration
	left := c.left()
	for _, e := range c.events {
		if e.kind != killed {
			continue
		}
		p := c.processes[e.process]
		i := slices.IndexFunc(all, func(t takeover) bool { return t.pid == p.cmd.Process.Pid && t.at.After(e.at) })
		witnessed := c.witness(e.at.Add(-silence), e.at.Add(silence+grace)) && !c.during(crashed, e.at.Add(-3*silence), e.at.Add(silence+grace))
		switch {
		case i >= 0 && witnessed:
			after = append(after, all[i].at.Sub(e.at))
			if all[i].at.Sub(e.at) > silence+grace {
				c.Errorf("process %d was taken over %v after it was killed", p.number, all[i].at.Sub(e.at))
			}
		case i < 0 && witnessed && slices.Contains(left, p.cmd.Process.Pid):
			c.Errorf("process %d was killed and never taken over", p.number)
		}
	}
	slices.Sort(after)
	c.Logf("%d takeovers, %d of processes that went on later", len(all), zombies)
	if len(after) > 0 {
		c.Logf("of %d killed processes %v to %v after the kill", len(after), after[0].Round(100*time.Millisecond), after[len(after)-1].Round(100*time.Millisecond))
	}
}

// sentBetween counts the applications of a process between two times, of which the later one may be zero.
func sentBetween(calls []call, process int, from, to time.Time) (n int) {
	for _, call := range calls {
		if call.process == process && call.applies && call.at.After(from) && (to.IsZero() || call.at.Before(to)) {
			n++
		}
	}
	return n
}

// witness reports whether a process was at work all the time, with some seconds to start in before.
func (c *campaign) witness(from, to time.Time) bool {
	return slices.ContainsFunc(c.ended, func(p *process) bool {
		return p.begun.Add(3*time.Second).Before(from) && p.at.After(to) && !slices.ContainsFunc(c.events, func(e event) bool {
			return e.kind == frozen && e.process == p.number && e.at.Before(to) && e.until.After(from)
		})
	})
}

// byPID returns the process with a process ID, or nil unless exactly one had it.
func (c *campaign) byPID(pid int) (found *process) {
	for _, p := range c.processes {
		if p.cmd.Process.Pid == pid {
			if found != nil {
				return nil
			}
			found = p
		}
	}
	return found
}
