package quota

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// stateVersion is the version of the stored form. A program that does not know a version must not
// take: its counts would be wrong.
const stateVersion = 1

// errState is the error of a stored form that cannot be read.
var errState = errors.New("the stored state of a quota cannot be read")

// AppendBinary implements [encoding.BinaryAppender]. A state takes about 6 bytes for each
// request that counts, and at most a few kilobytes, whatever the quota. It contains only
// numbers.
func (s *State) AppendBinary(b []byte) ([]byte, error) {
	duration := func(d time.Duration) { b = binary.AppendVarint(b, int64(d)) }
	number := func(n int) { b = binary.AppendUvarint(b, uint64(n)) }
	b = slices.Grow(b, 64+len(s.line)+6*len(s.answers)+24*len(s.grants)+16*len(s.processes))
	b = append(b, stateVersion)
	number(len(s.line))
	b = append(b, s.line...)
	duration(s.seen)
	duration(s.keep)
	duration(s.drained)
	duration(s.unknown)
	duration(s.throttle.cut)
	duration(s.throttle.hold)
	b = binary.AppendUvarint(b, math.Float64bits(s.throttle.part))
	number(map[bool]int{true: 1}[s.throttle.begun])
	number(len(s.answers))
	before := s.seen
	for _, a := range s.answers {
		duration(a.at - before)
		number(a.n)
		before = a.at
	}
	number(len(s.grants))
	for _, g := range s.grants {
		b = binary.AppendUvarint(b, g.process)
		b = binary.AppendUvarint(b, g.ask)
		number(g.n)
		duration(g.last)
	}
	number(len(s.processes))
	for _, p := range s.processes {
		b = binary.AppendUvarint(b, p.id)
		duration(p.seen)
	}
	return b, nil
}

// TakeStored takes from a state as a keeper stores it, and returns it as it is to be stored again.
// No bytes are a quota that nobody has used.
func TakeStored(stored []byte, t Time, ask Ask) (Grant, []byte, error) {
	var s State
	if err := s.UnmarshalBinary(stored); err != nil {
		return Grant{}, nil, err
	}
	g := s.Take(t, ask)
	stored, err := s.AppendBinary(nil)
	return g, stored, err
}

// StoredInUse is [State.InUse] of a stored state.
func StoredInUse(stored []byte, t Time, r Rate) (int, error) {
	var s State
	if err := s.UnmarshalBinary(stored); err != nil {
		return 0, err
	}
	return s.InUse(t, r), nil
}

// UnmarshalBinary implements [encoding.BinaryUnmarshaler]. No bytes are the zero State.
func (s *State) UnmarshalBinary(b []byte) error {
	*s = State{}
	if len(b) == 0 {
		return nil
	}
	if b[0] != stateVersion {
		return fmt.Errorf("%w: version %d", errState, b[0])
	}
	d := decoder{rest: b[1:]}
	s.begun = true
	s.line = d.text()
	s.seen, s.keep, s.drained, s.unknown = d.duration(), d.duration(), d.duration(), d.duration()
	s.throttle.cut, s.throttle.hold = d.duration(), d.duration()
	s.throttle.part = math.Float64frombits(d.unsigned())
	s.throttle.begun = d.unsigned() != 0
	before, n := s.seen, d.count()
	s.answers = slices.Grow(s.answers, n)
	for range n {
		before += d.duration()
		s.answers = append(s.answers, answers{before, d.number()})
	}
	n = d.count()
	s.grants = slices.Grow(s.grants, n)
	for range n {
		s.grants = append(s.grants, outstanding{d.unsigned(), d.unsigned(), d.number(), d.duration()})
	}
	n = d.count()
	s.processes = slices.Grow(s.processes, n)
	for range n {
		s.processes = append(s.processes, process{d.unsigned(), d.duration()})
	}
	if d.failed || len(d.rest) != 0 {
		return errState
	}
	return nil
}

// decoder reads numbers until one is malformed.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) unsigned() uint64 {
	v, n := binary.Uvarint(d.rest)
	return advanced(d, v, n)
}

func (d *decoder) duration() time.Duration {
	v, n := binary.Varint(d.rest)
	return time.Duration(advanced(d, v, n))
}

// advanced moves the decoder past a value of n bytes.
func advanced[T int64 | uint64](d *decoder, v T, n int) T {
	if n <= 0 || d.failed {
		d.failed = true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// number reads a number of requests.
func (d *decoder) number() int {
	n := d.unsigned()
	if n > math.MaxInt32 {
		d.failed = true
		return 0
	}
	return int(n)
}

// count reads how many elements follow; each takes at least a byte.
func (d *decoder) count() int {
	n := d.unsigned()
	if n > uint64(len(d.rest)) {
		d.failed = true
		return 0
	}
	return int(n)
}

func (d *decoder) text() string {
	n := d.count()
	text := string(d.rest[:n])
	d.rest = d.rest[n:]
	return text
}
