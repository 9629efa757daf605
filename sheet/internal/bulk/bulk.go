// Package bulk collects the values of up to a million rows without knowing their number in
// advance, and finds them by row.
package bulk

// Slice collects an unknown number of values in chunks of limited size, so that
// each value is moved at most once. Growing a single slice to a million rows would move
// each of them four times.
type Slice[T any] struct {
	full  [][]T
	last  []T
	count int // of the values in full
}

// Sizes of a chunk, in values.
const (
	minChunk = 32
	maxChunk = 4096
)

// Reserve allocates memory for n values, which then need not be moved at all.
func (s *Slice[T]) Reserve(n int) {
	if s.count == 0 && n > cap(s.last) {
		s.last = append(make([]T, 0, n), s.last...)
	}
}

// grow starts a new chunk if the last one is full.
func (s *Slice[T]) grow() {
	if len(s.last) == cap(s.last) {
		s.last = make([]T, 0, min(max(minChunk, 2*cap(s.last)), maxChunk))
	}
}

// Append adds a value.
func (s *Slice[T]) Append(v T) {
	if n := len(s.last); n > 0 && n == cap(s.last) {
		s.full = append(s.full, s.last)
		s.count += n
	}
	s.grow()
	s.last = append(s.last, v)
}

// All returns the values as one slice and empties s.
func (s *Slice[T]) All() []T {
	if len(s.full) > 0 {
		return s.AppendTo(nil)
	}
	all := s.last
	*s = Slice[T]{}
	return all
}

// AppendTo appends the values to a slice, which is moved at most once, and empties s.
func (s *Slice[T]) AppendTo(all []T) []T {
	if n := len(all) + s.count + len(s.last); n > cap(all) {
		all = append(make([]T, 0, n), all...)
	}
	for i, b := range s.full {
		all = append(all, b...)
		s.full[i] = nil // free it before the next one is copied
	}
	all = append(all, s.last...)
	*s = Slice[T]{}
	return all
}

// Single adds a value and returns a slice of that value alone, without spare capacity.
func (s *Slice[T]) Single(v T) []T {
	s.grow()
	s.last = append(s.last, v)
	n := len(s.last)
	return s.last[n-1 : n : n]
}

// Index maps row numbers to indexes.
type Index []int32

// NewIndex builds the index of count rows, whose numbers row returns. If several have the
// same number, the first counts.
func NewIndex(count int, row func(int) int) Index {
	last := 0
	for i := range count {
		last = max(last, row(i))
	}
	index := make(Index, last+1)
	for i := range count {
		if at := &index[row(i)]; *at == 0 {
			*at = int32(i) + 1
		}
	}
	return index
}

// At returns the index of a row.
func (x Index) At(row int) (int, bool) {
	if row < 0 || row >= len(x) || x[row] == 0 {
		return 0, false
	}
	return int(x[row]) - 1, true
}
