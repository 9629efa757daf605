// Package lossytest puts SQLite files on a disk that behaves as real ones do when the power
// fails: what was written but not synced is kept, lost, or torn between sectors, in any
// order. The disk can also fill up. It is for tests, and for the driver of package sqlite.
//
// The files are real, below a folder, and go through SQLite's own operating system layer
// (vfs.go), where writes are recorded. A power failure makes another folder, with one of the
// states in which the disk could have been found.
package lossytest

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// sector is the number of bytes that a disk writes atomically.
const sector = 512

// Disk holds the SQLite files below a folder.
type Disk struct {
	folder string

	mu     sync.Mutex
	random *rand.Rand
	files  map[string]*content
	off    bool // the power has failed
	left   int  // writes until the power fails; negative means never
	space  int  // bytes by which files may still grow; negative means no limit
	code   int  // SQLite's result code of every write; 0 means that writes succeed
}

// content is what a disk knows about a file.
type content struct {
	synced []byte   // as of the last synchronisation
	exists bool     // it was ever synced, or was there from the start
	later  []change // since the last sync, in order
	size   int      // as the program sees it
	gone   bool     // it was deleted
}

// change is a write, or a truncation if data is nil.
type change struct {
	at   int
	data []byte
}

// New makes a disk of the SQLite files below a folder that are opened from now on. Its choices
// depend only on the random source and the order of the calls.
func New(folder string, random *rand.Rand) (*Disk, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	d := &Disk{folder: folder + string(filepath.Separator), random: random, files: map[string]*content{}, left: -1, space: -1}
	return d, register(d)
}

// FailAfter makes the power fail at the n-th write from now on, n counting from 1. From then on every
// call fails.
func (d *Disk) FailAfter(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left = n
}

// Cut makes the power fail now.
func (d *Disk) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.off = true
}

// Fill lets files grow by this many bytes; a negative number means no limit.
func (d *Disk) Fill(bytes int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.space = bytes
}

// Refuse makes every write fail from now on with a result code of SQLite
// (https://www.sqlite.org/rescode.html); 0 ends that.
func (d *Disk) Refuse(code int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.code = code
}

// refused returns the result code with which a write fails, or 0.
func (d *Disk) refused() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.code
}

// Off reports whether the power has failed.
func (d *Disk) Off() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.off
}

// PowerFailure ends the disk and writes what may be found on it afterwards into an existing folder.
func (d *Disk) PowerFailure(folder string) error {
	unregister(d)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.off = true
	for _, path := range slices.Sorted(maps.Keys(d.files)) {
		found, ok := d.survives(d.files[path])
		if !ok {
			continue
		}
		if err := os.WriteFile(filepath.Join(folder, strings.TrimPrefix(path, d.folder)), found, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// survives returns a state in which a file may be found, and false if it may be missing.
func (d *Disk) survives(c *content) ([]byte, bool) {
	if c.gone || !c.exists && d.random.IntN(2) == 0 {
		return nil, false
	}
	image := append([]byte(nil), c.synced...)
	all := d.random.IntN(4) // all later changes are lost, kept, or mixed
	for _, change := range c.later {
		switch {
		case all == 0:
		case change.data == nil:
			if all == 1 || d.random.IntN(2) == 0 {
				image = resized(image, change.at)
			}
		case all == 1:
			image = written(image, change)
		default:
			image = d.torn(image, change)
		}
	}
	return image, true
}

// torn keeps some sectors of a write.
func (d *Disk) torn(image []byte, c change) []byte {
	keep := d.random.IntN(3) // none, all, or some of them
	for from := 0; from < len(c.data); {
		to := min(len(c.data), from+sector-(c.at+from)%sector)
		if keep == 1 || keep == 2 && d.random.IntN(2) == 0 {
			image = written(image, change{c.at + from, c.data[from:to]})
		}
		from = to
	}
	return image
}

func written(image []byte, c change) []byte {
	if end := c.at + len(c.data); end > len(image) {
		image = resized(image, end)
	}
	copy(image[c.at:], c.data)
	return image
}

func resized(image []byte, size int) []byte {
	if size <= len(image) {
		return image[:size]
	}
	return append(image, make([]byte, size-len(image))...)
}

// opened records that a file is open.
func (d *Disk) opened(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.files[path]; c != nil && !c.gone {
		return
	}
	there, err := os.ReadFile(path)
	d.files[path] = &content{synced: there, exists: err == nil && len(there) > 0, size: len(there)}
}

// write records a write. It reports whether it may take place.
func (d *Disk) write(path string, at int, data []byte) outcome {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.off {
		return failed
	}
	c := d.files[path]
	if grows := max(at+len(data)-c.size, 0); d.space >= 0 && grows > 0 {
		if grows > d.space {
			return full
		}
		d.space -= grows
	}
	c.size = max(c.size, at+len(data))
	c.later = append(c.later, change{at, append([]byte(nil), data...)})
	if d.left--; d.left == 0 {
		d.off = true
		return failed
	}
	return done
}

// truncate records a truncation.
func (d *Disk) truncate(path string, size int) outcome {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.off {
		return failed
	}
	c := d.files[path]
	c.size = size
	c.later = append(c.later, change{at: size})
	return done
}

// sync makes what was written durable.
func (d *Disk) sync(path string) outcome {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.off {
		return failed
	}
	c := d.files[path]
	for _, change := range c.later {
		if change.data == nil {
			c.synced = resized(c.synced, change.at)
		} else {
			c.synced = written(c.synced, change)
		}
	}
	c.exists, c.later = true, nil
	return done
}

// remove records that a file was deleted.
func (d *Disk) remove(path string) outcome {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.off {
		return failed
	}
	if c := d.files[path]; c != nil {
		c.gone = true
	}
	return done
}

// outcome says how a call ends.
type outcome uint8

const (
	done   outcome = iota
	failed         // the power is off
	full           // no space is left
)
