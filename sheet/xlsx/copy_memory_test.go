package xlsx

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
)

// TestCopyMemoryIsFlat holds what a copy keeps alive against the bound, for few rows and
// for many: nothing of it may grow with the rows.
func TestCopyMemoryIsFlat(t *testing.T) {
	const bound = 8 << 20
	for _, rows := range []int{100, 30_000} {
		file := xlsxtest.LargeBook(t, rows)
		p := resultPatch("Circuits", 10, rows)
		w := &heapWatcher{base: liveHeap()}
		if err := Copy(w, bytes.NewReader(file), int64(len(file)), p); err != nil {
			t.Fatal(err)
		}
		if w.looks < 3 {
			t.Errorf("the heap was looked at %d times only", w.looks)
		}
		if w.most > bound {
			t.Errorf("copying %d rows keeps %d bytes alive, and %d are allowed", rows, w.most, bound)
		}
	}
}

// heapWatcher takes a copy and looks at the heap as it comes.
type heapWatcher struct {
	base, most int64
	looks      int
	since      int
}

// Write implements io.Writer.
func (w *heapWatcher) Write(b []byte) (int, error) {
	const every = 128 << 10 // bytes
	if w.since += len(b); w.looks < 3 || w.since >= every {
		w.since = 0
		w.looks++
		w.most = max(w.most, liveHeap()-w.base)
	}
	return len(b), nil
}

// liveHeap gives the bytes that are in use.
func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
