package hosts

import (
	"fmt"
	"log/slog"
	"slices"

	"github.com/loabatch/loabatch/batch/ledger"
)

// takeBack inserts again the jobs of members that are dead or have left, and those that this one
// does not have in hand although the database says so.
func (m *member) takeBack() error {
	var gone []string
	for _, other := range m.last.Members {
		if !alive(other) && other.Number != m.ledger.Number() {
			gone = append(gone, clientOf(other.Number))
		}
	}
	return m.until(m.life, func() error {
		n, err := m.jobs.strays(m.life, clientOf(m.ledger.Number()), m.hand.list())
		if n > 0 {
			m.options.Log.Warn("the database has lost the outcomes of rows, so they are handed out again", slog.Int("rows", n))
		}
		if err != nil || len(gone) == 0 {
			return err
		}
		n, err = m.jobs.takeBack(m.life, gone)
		if n > 0 {
			m.options.Log.Info("rows of other hosts taken over", slog.Int("rows", n))
		}
		return err
	})
}

// others lists the members at work on the batch beside this one.
func (m *member) others() (list []int64) {
	for _, other := range m.last.Members {
		if alive(other) && !other.Leaving && other.Number != m.ledger.Number() {
			list = append(list, other.Number)
		}
	}
	return list
}

// opener reports whether this member is the one that opens and closes the batch: the first of
// those at work on it.
func (m *member) opener() bool {
	others := m.others()
	return len(others) == 0 || m.ledger.Number() < slices.Min(others)
}

// alive reports whether a member is at work on the batch. One that is silent is dead only when its claims
// were given to others: after an outage, all are silent.
func alive(s ledger.MemberSummary) bool { return s.Status == ledger.Running || s.Status == ledger.Died }

// unreported reports whether a member that is alive has yet to give its final figures.
func unreported(s ledger.MemberSummary) bool {
	return alive(s) && !s.Leaving && !s.Final
}

// clientOf names the client of a member in River.
func clientOf(number int64) string { return fmt.Sprintf("member-%d", number) }
