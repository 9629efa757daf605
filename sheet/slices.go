package sheet

// chunkedSlice collects an unknown number of values in chunks of limited size, so that
// each value is moved at most once. Growing a single slice to a million rows would move
// each of them four times.
type chunkedSlice[T any] struct {
	full  [][]T
	last  []T
	count int // of the values in full
}

// Sizes of a chunk, in values.
const (
	minChunk = 32
	maxChunk = 4096
)

// reserve allocates memory for n values, which then need not be moved at all.
func (s *chunkedSlice[T]) reserve(n int) {
	if s.count == 0 && n > cap(s.last) {
		s.last = append(make([]T, 0, n), s.last...)
	}
}

// grow starts a new chunk if the last one is full.
func (s *chunkedSlice[T]) grow() {
	if len(s.last) == cap(s.last) {
		s.last = make([]T, 0, min(max(minChunk, 2*cap(s.last)), maxChunk))
	}
}

// append adds a value.
func (s *chunkedSlice[T]) append(v T) {
	if n := len(s.last); n > 0 && n == cap(s.last) {
		s.full = append(s.full, s.last)
		s.count += n
	}
	s.grow()
	s.last = append(s.last, v)
}

// slice returns the values as one slice and empties s.
func (s *chunkedSlice[T]) slice() []T {
	if len(s.full) > 0 {
		return s.appendTo(nil)
	}
	all := s.last
	*s = chunkedSlice[T]{}
	return all
}

// appendTo appends the values to a slice, which is moved at most once, and empties s.
func (s *chunkedSlice[T]) appendTo(all []T) []T {
	if n := len(all) + s.count + len(s.last); n > cap(all) {
		all = append(make([]T, 0, n), all...)
	}
	for i, b := range s.full {
		all = append(all, b...)
		s.full[i] = nil // free it before the next one is copied
	}
	all = append(all, s.last...)
	*s = chunkedSlice[T]{}
	return all
}

// single adds a value and returns a slice of that value alone, without spare capacity.
func (s *chunkedSlice[T]) single(v T) []T {
	s.grow()
	s.last = append(s.last, v)
	n := len(s.last)
	return s.last[n-1 : n : n]
}

// rowIndex maps row numbers to indexes.
type rowIndex []int32

// indexRows builds the index of count rows, whose numbers row returns. Of several with one
// number it has the first.
func indexRows(count int, row func(int) int) rowIndex {
	last := 0
	for i := range count {
		last = max(last, row(i))
	}
	index := make(rowIndex, last+1)
	for i := range count {
		if at := &index[row(i)]; *at == 0 {
			*at = int32(i) + 1
		}
	}
	return index
}

// at returns the index of a row.
func (x rowIndex) at(row int) (int, bool) {
	if row < 0 || row >= len(x) || x[row] == 0 {
		return 0, false
	}
	return int(x[row]) - 1, true
}
