package cloud

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aliyun/credentials-go/credentials/providers"
	"golang.org/x/sync/singleflight"
)

// keysFresh is how long keys are used before their source is asked again. The sources
// renew keys about three minutes before they expire.
const keysFresh = 30 * time.Second

// Credentials are the keys that calls are signed with, or rather where they come from.
// Printing or logging a value gives the source and never a key.
type Credentials struct {
	source *source
}

// StaticCredentials are keys that are known already; the token is that of a temporary
// session, and may be empty.
func StaticCredentials(id, secret, token string) Credentials {
	return Credentials{&source{name: "static", fixed: &keys{id: id, secret: secret, token: token}}}
}

// Source names where the keys come from: static, or the name of the chain's link with
// the profile if there is one, such as environment or cli-profile:night.
func (c Credentials) Source() string {
	if c.source == nil {
		return "none"
	}
	return c.source.name
}

// Format prints the source, whatever the verb.
func (c Credentials) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "credentials(%s)", c.Source()) }

// LogValue gives the source.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.Source()) }

// MarshalText gives the source.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(c.Source()), nil }

// keys gives the keys of this moment. Several calls that need new keys at once wait for
// one lookup; a call that is given up does not wait for it.
func (c Credentials) keys(ctx context.Context) (keys, error) {
	if c.source.fixed != nil {
		return *c.source.fixed, nil
	}
	if k, ok := c.source.fresh(); ok {
		return k, nil
	}
	found := c.source.flight.DoChan("", func() (any, error) { return c.source.renew() })
	select {
	case <-ctx.Done():
		return noKeys, ctx.Err()
	case r := <-found:
		if r.Err != nil {
			return noKeys, r.Err
		}
		return r.Val.(keys), nil
	}
}

// keys are an access key and the token of its session, if it has one.
type keys struct {
	id, secret, token string
}

var noKeys keys

// Format prints nothing of the keys, whatever the verb.
func (k keys) Format(f fmt.State, _ rune) { fmt.Fprint(f, "keys(hidden)") }

// appendTo adds the keys to a list of values that must not come back in an error.
func (k keys) appendTo(private []string) []string { return append(private, k.id, k.secret, k.token) }

// source is one place that keys come from. The provider behind it is not safe for two
// goroutines: only renew uses it, one at a time.
type source struct {
	name     string
	fixed    *keys // set: these, and nothing is ever asked
	provider providers.CredentialsProvider
	flight   singleflight.Group

	mu    sync.Mutex // guards what follows
	last  keys
	asked time.Time // wall clock, so that a machine that slept asks again
}

// fresh gives the last keys while they are fresh.
func (s *source) fresh() (keys, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := time.Now().Round(0).Sub(s.asked)
	return s.last, !s.asked.IsZero() && age >= 0 && age < keysFresh
}

// renew asks the provider. Its errors are dropped: they quote files, addresses and
// answers, and with those the secrets in them.
func (s *source) renew() (k keys, err error) {
	if k, ok := s.fresh(); ok {
		return k, nil
	}
	k, ok := ask(s.provider)
	if !ok {
		return noKeys, &CredentialsError{Tried: []Attempt{{Source: s.name, State: StateFailed}}}
	}
	s.mu.Lock()
	s.last, s.asked = k, time.Now().Round(0)
	s.mu.Unlock()
	return k, nil
}

// ask gets keys from a provider of the library, which may panic on answers that it did
// not expect.
func ask(p providers.CredentialsProvider) (k keys, ok bool) {
	defer func() {
		if recover() != nil {
			k, ok = noKeys, false
		}
	}()
	c, err := p.GetCredentials()
	if err != nil || c == nil || c.AccessKeyId == "" || c.AccessKeySecret == "" {
		return noKeys, false
	}
	return keys{id: c.AccessKeyId, secret: c.AccessKeySecret, token: c.SecurityToken}, true
}
