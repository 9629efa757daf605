package batch

import "context"

// quotaFinder has every lookup wait for the region's quota of lookups.
type quotaFinder struct {
	next    Finder
	quota   Quota
	waiting context.Context // ends the wait, and not the call
}

var _ Finder = (*quotaFinder)(nil)

// Find implements Finder. An error of the wait is the context's.
func (f *quotaFinder) Find(ctx context.Context, k Key) (LOA, bool, error) {
	done, err := f.quota.Acquire(f.waiting)
	if err != nil {
		return LOA{}, false, err
	}
	l, ok, err := f.next.Find(ctx, k)
	done(err)
	return l, ok, err
}
