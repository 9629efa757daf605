package batch

import (
	"context"
	"errors"
)

// quotaSubmitter has every application wait for the region's quota of its API.
type quotaSubmitter struct {
	next           Submitter
	apply, reapply Quota
	waiting        context.Context // ends the wait, and not the call
}

var _ Submitter = (*quotaSubmitter)(nil)

// Submit implements Submitter. An error of the wait is the context's.
func (s *quotaSubmitter) Submit(ctx context.Context, a Application) (Receipt, error) {
	quota := s.apply
	if a.Reapply {
		quota = s.reapply
	}
	done, err := quota.Acquire(s.waiting)
	if err != nil {
		return Receipt{}, err
	}
	receipt, err := s.next.Submit(ctx, a)
	done(err)
	return receipt, err
}

// ended reports whether an error says that a context ended.
func ended(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
