package ledger

import (
	"cmp"
	"context"
	"time"

	"github.com/loabatch/loabatch/batch"
)

// LOA is what a ledger remembers of a circuit's LOA while its status was the same. There is
// one for each change of status, so it is known how long each lasted.
type LOA struct {
	Scope   Scope // set by LOAHistory
	Key     batch.Key
	Status  string    // as the API spells it; empty if there was no LOA
	Since   time.Time // when it was first known to have this status, UTC
	Asked   time.Time // when it was last known to have it, UTC
	Company string    // that applied for it, from the API or else the workbook; may be empty
	Letter  Letter    // of this LOA; zero if none was fetched
}

// LOABook is the part of a ledger that remembers the observed states of LOAs.
type LOABook interface {
	// SawLOAs records the LOAs of circuits as seen in a scope, by the rules of [LOA.After].
	// Their letters are ignored.
	SawLOAs(ctx context.Context, scope Scope, seen []LOA) error

	// KeepLetter records the letter of a circuit's current LOA. It does nothing if no LOA of
	// the circuit was seen.
	KeepLetter(ctx context.Context, scope Scope, key batch.Key, letter Letter) error

	// LOAs returns what is known of the current LOAs of circuits in a scope, of all circuits
	// if keys is nil. Circuits without a known LOA are absent from the map.
	LOAs(ctx context.Context, scope Scope, keys []batch.Key) (map[batch.Key]LOA, error)

	// LOAHistory lists every status that every LOA was seen to have, in all scopes: sorted by
	// scope, region and circuit, the earliest first.
	LOAHistory(ctx context.Context) ([]LOA, error)
}

// Letter is a letter that was fetched.
type Letter struct {
	Path   string // absolute
	SHA256 string // hex
}

// After returns what is known of a circuit's LOA after it was seen, given what was known
// before, and reports whether its status is new. An observation older than the last one is
// ignored. If seen.Since is zero, the status counts from when it was seen.
func (l LOA) After(seen LOA) (next LOA, changed bool) {
	switch {
	case !l.Since.IsZero() && seen.Asked.Before(l.Asked):
		return l, false
	case !l.Since.IsZero() && seen.Status == l.Status && !seen.Since.After(l.Asked):
		l.Asked, l.Company = seen.Asked, cmp.Or(seen.Company, l.Company)
		return l, false
	}
	if seen.Since.IsZero() || !seen.Since.After(l.Since) {
		seen.Since = seen.Asked
	}
	if !seen.Since.After(l.Since) { // two answers at the same instant
		seen.Since = l.Since.Add(1)
	}
	if seen.Asked.Before(seen.Since) {
		seen.Asked = seen.Since
	}
	seen.Company, seen.Letter = cmp.Or(seen.Company, l.Company), Letter{}
	if goesOn(seen.Status) {
		seen.Letter = l.Letter
	}
	return seen, true
}

// WithLetter returns what is known of a circuit's present LOA with its letter, if an LOA was seen.
func (l LOA) WithLetter(letter Letter) LOA {
	if !l.Since.IsZero() {
		l.Letter = letter
	}
	return l
}

// goesOn reports whether an LOA whose status has become this one is the one that was known
// before. An LOA that is applied for again is a new one.
func goesOn(status string) bool {
	return status != "" && status != batch.LOAApplying && !batch.Void(status)
}
