package database_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch/cli/database"
)

var errAway, errWrong = errors.New("away"), errors.New("wrong password")

func passes(err error) bool { return errors.Is(err, errAway) }

// server is a database that answers after a while, or not as it should.
type server struct {
	until    time.Time // away until then
	failure  error     // from then on
	slow     time.Duration
	attempts int
}

func (s *server) open(ctx context.Context) error {
	s.attempts++
	select {
	case <-time.After(s.slow):
	case <-ctx.Done():
		return ctx.Err()
	}
	if time.Now().Before(s.until) {
		return errAway
	}
	return s.failure
}

// TestWait waits for a database that answers within the bound, and for no other.
func TestWait(t *testing.T) {
	for _, test := range []struct {
		name          string
		away, bound   time.Duration
		failure, want error
		waited        time.Duration
		said          []string
	}{
		{name: "there", bound: time.Minute},
		{name: "failover", away: 20 * time.Second, bound: time.Minute, waited: 20 * time.Second, said: []string{"began", "back"}},
		{name: "gone", away: time.Hour, bound: time.Minute, want: errAway, waited: time.Minute, said: []string{"began"}},
		{name: "no wait", away: time.Second, want: errAway},
		{name: "wrong", bound: time.Minute, failure: errWrong, want: errWrong},
		{name: "wrong in the end", away: 3 * time.Second, bound: time.Minute, failure: errWrong, want: errWrong, waited: 3 * time.Second, said: []string{"began"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{until: time.Now().Add(test.away), failure: test.failure}
				var said []string
				w := &database.Wait{Bound: test.bound, Began: func(error) { said = append(said, "began") }, Back: func(time.Duration) { said = append(said, "back") }}
				waited, err := w.Until(t.Context(), context.Background(), s.open, passes)
				if !errors.Is(err, test.want) || waited != test.waited || !slices.Equal(said, test.said) {
					t.Errorf("waited %v: %v, said %q", waited, err, said)
				}
				if test.name != "gone" {
					return
				}
				if waited, err := w.Until(t.Context(), context.Background(), s.open, passes); waited != 0 || err == nil {
					t.Errorf("a second time: waited %v, %v", waited, err)
				}
			})
		})
	}
}

// TestWaitStopped ends a wait at once, also in the middle of an attempt.
func TestWaitStopped(t *testing.T) {
	for _, slow := range []time.Duration{0, 5 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{until: time.Now().Add(time.Hour), slow: slow}
			w := &database.Wait{Bound: time.Minute, Began: func(error) {}, Back: func(time.Duration) {}}
			stop, cancel := context.WithCancel(context.Background())
			stopped := 7500 * time.Millisecond
			time.AfterFunc(stopped, cancel)
			began := time.Now()
			if _, err := w.Until(t.Context(), stop, s.open, passes); !errors.Is(err, errAway) || time.Since(began) != stopped {
				t.Errorf("after %v: %v", time.Since(began), err)
			}
		})
	}
}
