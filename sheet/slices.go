package sheet

// pile gathers values of a number not known before, in blocks that grow to a limit, so
// that each value is moved once at most: growing one slice to a million rows would move
// each of them four times.
type pile[T any] struct {
	full  [][]T
	last  []T
	count int // in full
}

// Sizes of a block, in values.
const (
	firstBlock = 32
	lastBlock  = 4096
)

// expect makes room for a number of values, so that they need not be moved at all.
func (p *pile[T]) expect(n int) {
	if p.count == 0 && n > cap(p.last) {
		p.last = append(make([]T, 0, n), p.last...)
	}
}

// grow begins a further block when the last is full.
func (p *pile[T]) grow() {
	if len(p.last) == cap(p.last) {
		p.last = make([]T, 0, min(max(firstBlock, 2*cap(p.last)), lastBlock))
	}
}

// push adds a value.
func (p *pile[T]) push(v T) {
	if n := len(p.last); n > 0 && n == cap(p.last) {
		p.full = append(p.full, p.last)
		p.count += n
	}
	p.grow()
	p.last = append(p.last, v)
}

// take gives the values in one slice and leaves the pile empty.
func (p *pile[T]) take() []T {
	all := p.last
	if len(p.full) > 0 {
		all = make([]T, 0, p.count+len(p.last))
		for i, b := range p.full {
			all = append(all, b...)
			p.full[i] = nil // free it while the next is moved
		}
		all = append(all, p.last...)
	}
	*p = pile[T]{}
	return all
}

// one gives a slice that holds a value and has no room, cut from a block.
func (p *pile[T]) one(v T) []T {
	p.grow()
	p.last = append(p.last, v)
	n := len(p.last)
	return p.last[n-1 : n : n]
}

// rowIndex finds an index by a row's number.
type rowIndex []int32

// indexRows makes the index of so many rows.
func indexRows(count int, row func(int) int) rowIndex {
	last := 0
	for i := range count {
		last = max(last, row(i))
	}
	index := make(rowIndex, last+1)
	for i := range count {
		index[row(i)] = int32(i) + 1
	}
	return index
}

// at gives the index of a row.
func (x rowIndex) at(row int) (int, bool) {
	if row < 0 || row >= len(x) || x[row] == 0 {
		return 0, false
	}
	return int(x[row]) - 1, true
}
