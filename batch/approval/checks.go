package approval

import (
	"cmp"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"runtime"
	"sync"

	"github.com/loabatch/loabatch/batch"
)

// Checks is how a plan makes the check values of its engineers: 16 bits of PBKDF2 with HMAC-SHA-256
// over all values of an engineer, with a random salt for each plan.
//
// An identity number has so few possible values that a hash of one, salted or not, can be undone by
// trying them all. Three things limit that. The values of an engineer are hashed together, so
// someone who knows none of them has to guess all. The rounds make each guess slow. And 16 bits
// tell little whatever is computed: one in 65,536 made-up engineers has the same check value. What
// remains: someone who knows everything about an engineer but the number, and has a few thousand
// candidates for it, can find out which one fits; and plans of several days, which have different
// salts, add up. A change goes unnoticed once in 65,536 times, but then the SHA-256 of the workbook
// has changed too: check values only say where.
type Checks struct {
	Salt   string `json:"salt"` // hex
	Rounds int    `json:"rounds"`
}

// The rounds: as many as OWASP recommends for passwords (2023), but fewer for many engineers, so most
// plans take a few seconds of one processor, which does some five million a second. Fewer than a
// thousand would not slow anyone down.
const (
	mostRounds  = 600_000
	leastRounds = 1_000
	allRounds   = 30_000_000
)

const saltBytes, checkBytes = 16, 2

// NewChecks returns the salt and rounds for a plan with the given number of engineers.
func NewChecks(engineers int) Checks {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails: crypto/rand aborts the program instead
	return Checks{Salt: hex.EncodeToString(salt), Rounds: max(leastRounds, min(mostRounds, allRounds/max(1, engineers)))}
}

// sound reports whether NewChecks could have made c.
func (c Checks) sound() bool {
	salt, err := hex.DecodeString(c.Salt)
	return err == nil && len(salt) == saltBytes && c.Rounds >= leastRounds && c.Rounds <= mostRounds
}

// affordable reports whether n check values take about as long as those for which the rounds were
// chosen: a workbook may have many more engineers than when it was planned.
func (c Checks) affordable(n int) bool {
	return n <= 2*max(1, allRounds/c.Rounds) || c.Rounds == leastRounds
}

// Of returns the check value of each set of values, using all processors. It returns empty ones if there
// are far more sets than the rounds were chosen for.
func (c Checks) Of(sets [][]string) []string {
	checks := make([]string, len(sets))
	salt, err := hex.DecodeString(c.Salt)
	if err != nil || c.Rounds == 0 || !c.affordable(len(sets)) {
		return checks
	}
	workers := runtime.GOMAXPROCS(0)
	failed := make([]error, workers)
	var wait sync.WaitGroup
	for first := range workers {
		wait.Go(func() {
			defer batch.Guard(func(err error) { failed[first] = err })
			for i := first; i < len(sets); i += workers {
				checks[i] = check(sets[i], salt, c.Rounds)
			}
		})
	}
	wait.Wait()
	if err := cmp.Or(failed...); err != nil {
		panic(err) // as without goroutines
	}
	return checks
}

func check(values []string, salt []byte, rounds int) string {
	var b []byte
	for _, v := range values { // each preceded by its length, so different values never give the same text
		b = append(binary.BigEndian.AppendUint64(b, uint64(len(v))), v...)
	}
	key, err := pbkdf2.Key(sha256.New, string(b), salt, rounds, checkBytes)
	if err != nil {
		return "" // in FIPS mode, for a short key
	}
	return hex.EncodeToString(key)
}
