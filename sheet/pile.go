package sheet

// pile gathers values of a number not known before, in blocks, so that each is moved
// once at most: growing one slice to a million rows would move each four times.
type pile[T any] struct {
	full [][]T
	last []T
}

// block is how many values a block holds.
const block = 4096

// push adds a value.
func (p *pile[T]) push(v T) {
	if len(p.last) == cap(p.last) {
		if p.last != nil {
			p.full = append(p.full, p.last)
		}
		p.last = make([]T, 0, block)
	}
	p.last = append(p.last, v)
}

// take gives the values in one slice and leaves the pile empty.
func (p *pile[T]) take() []T {
	if len(p.full) == 0 {
		all := p.last
		p.last = nil
		return all
	}
	all := make([]T, 0, len(p.full)*block+len(p.last))
	for i, b := range p.full {
		all = append(all, b...)
		p.full[i] = nil // free it while the next is moved
	}
	all = append(all, p.last...)
	*p = pile[T]{}
	return all
}

// one gives a slice that holds a value and has no room, cut from a block.
func (p *pile[T]) one(v T) []T {
	if len(p.last) == cap(p.last) {
		p.last = make([]T, 0, block/16)
	}
	p.last = append(p.last, v)
	n := len(p.last)
	return p.last[n-1 : n : n]
}
