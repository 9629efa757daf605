package histories

import (
	"math/bits"
	"time"
)

// dice is a source of random numbers that depend only on what they are drawn for: a history draws by the
// names of things (the night, the circuit, the number of the call), never in the order of
// goroutines. So a history replays exactly, and a part of it can be left out without changing the
// draws of the rest.
type dice uint64

// at returns the source for one thing within d.
func (d dice) at(names ...uint64) dice {
	for _, n := range names {
		d = dice(mix(uint64(d) ^ mix(n+0x9e3779b97f4a7c15)))
	}
	return d
}

// mix is the finaliser of SplitMix64.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n returns a number from 0 to below n.
func (d dice) n(n int) int {
	high, _ := bits.Mul64(mix(uint64(d)), uint64(n))
	return int(high)
}

// chance reports whether something with a probability happens.
func (d dice) chance(p float64) bool { return float64(mix(uint64(d))>>11)/(1<<53) < p }

// between returns a duration from least to below most, to the nanosecond: two draws are
// hardly ever equal, so what happens at the same time in one replay does so in all.
func (d dice) between(least, most time.Duration) time.Duration {
	if most <= least {
		return least
	}
	return least + time.Duration(d.n(int(most-least)))
}

// pick returns one of a list.
func pick[T any](d dice, list []T) T { return list[d.n(len(list))] }

// upTo returns a duration of at most most: half of them are nearly as long.
func (d dice) upTo(most time.Duration) time.Duration {
	if d.at(1).chance(0.5) {
		return d.at(2).between(most*9/10, most)
	}
	return d.at(2).between(0, most)
}
