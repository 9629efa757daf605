package cloud

import (
	"context"
	"errors"
	"time"

	"github.com/loabatch/loabatch/batch"
)

// keysRejected are the codes saying that the keys themselves are not accepted: they were revoked or expired
// after they were fetched, or were never valid.
var keysRejected = []string{"InvalidAccessKeyId*", "InvalidSecurityToken*", "SignatureDoesNotMatch"}

// judgeKeys learns from an answer whether the keys of its call are valid. Rejected keys are fetched again,
// once; if that gives other keys, the call may be made again under the same token, which the engine's
// quota then counts.
func (c *Cloud) judgeKeys(ctx context.Context, k keys, err error) {
	call, failed := errors.AsType[*batch.CallError](err)
	switch {
	case err == nil, failed && call.Class == batch.Refused:
		c.credentials.accepted(k)
	case failed && call.Class == batch.RunFatal && matchesAny(keysRejected, call.Code):
		within, cancel := context.WithTimeout(ctx, c.timeout)
		defer cancel()
		if c.credentials.replace(within, k) {
			call.Class = batch.TryLater
		}
	}
}

func matchesAny(patterns []string, code string) bool {
	for _, p := range patterns {
		if batch.MatchCode(p, code) {
			return true
		}
	}
	return false
}

// accepted records that the API accepted keys.
func (c Credentials) accepted(k keys) {
	s := c.source
	if s.fixed != nil {
		return
	}
	s.mu.Lock()
	if s.last == k {
		s.replacement = false
	}
	s.mu.Unlock()
}

// replace fetches keys again because the API rejected these, and reports whether there are others now.
// Concurrent calls whose keys were rejected wait for one request.
func (c Credentials) replace(ctx context.Context, rejected keys) bool {
	if c.source.fixed != nil {
		return false
	}
	found := c.source.flight.DoChan("replace", func() (any, error) { return c.source.replace(rejected), nil })
	select {
	case <-ctx.Done():
		return false
	case r := <-found:
		return r.Val.(bool)
	}
}

// replace asks the source again, as a new process would: the current provider would answer from its cache
// until the keys expire. Keys that came from here and were never accepted are not replaced, or a source
// of bad keys would be asked for ever.
func (s *source) replace(rejected keys) bool {
	s.asking.Lock()
	defer s.asking.Unlock()
	s.mu.Lock()
	current, tried := s.last, s.replacement
	s.mu.Unlock()
	switch {
	case current != rejected:
		return true // fetched in the meantime
	case tried:
		return false
	}
	provider := s.provider
	if s.build != nil {
		fresh, err := s.build()
		if err == nil {
			provider = fresh
		}
	}
	k, ok := askProvider(provider)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replacement = true
	if !ok {
		return false
	}
	s.provider, s.last, s.asked = provider, k, time.Now().Round(0)
	return k != rejected
}
