package batch

// waiting is a heap of rows by the time of their next call.
type waiting []*row

func (h waiting) Len() int           { return len(h) }
func (h waiting) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h waiting) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *waiting) Push(x any) { *h = append(*h, x.(*row)) }

// Pop implements heap.Interface.
func (h *waiting) Pop() any {
	old := *h
	n := len(old) - 1
	w := old[n]
	old[n] = nil
	*h = old[:n]
	return w
}
