package files

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"github.com/loabatch/loabatch/batch/durable"
)

// Staged are reports that are complete, but wait beside their paths until the copy is in place: its
// seal needs their digests. So each report is rendered once.
//
//  1. The copy is written, but neither sealed nor renamed.
//  2. Stage writes the reports. One that cannot be written has a digest, too: there may be space
//     for it once the copy has replaced an earlier one.
//  3. The copy is sealed and renamed. If that fails, Discard makes room, and it is written again.
//  4. Write puts each report in its place, and renders those that are not staged.
//
// The reports are those of one document: once it has changed, they are to be discarded.
type Staged struct{ reports map[string]staged } // by path

type staged struct {
	file *durable.Staged
	sum  string
}

// Stage writes a report and returns its SHA-256 in hex, or "" if it cannot be rendered.
func (s *Staged) Stage(path string, render func(io.Writer) error) (sum string) {
	h := sha256.New()
	file, err := durable.Stage(path, hashed(render, h), nil)
	if err != nil {
		return rendered(render)
	}
	if s.reports == nil {
		s.reports = map[string]staged{}
	}
	s.reports[path] = staged{file, hexOf(h)}
	return s.reports[path].sum
}

// Sum returns the SHA-256 of a report in hex, or "" if it cannot be rendered. It writes nothing.
func (s *Staged) Sum(path string, render func(io.Writer) error) string {
	if r, ok := s.reports[path]; ok {
		return r.sum
	}
	return rendered(render)
}

// Write replaces the file at a path with a report and returns its SHA-256 in hex.
func (s *Staged) Write(path string, render func(io.Writer) error) (sum string, err error) {
	if r, ok := s.reports[path]; ok {
		delete(s.reports, path)
		return r.sum, r.file.Commit()
	}
	h := sha256.New()
	err = durable.WriteFile(path, hashed(render, h), nil)
	if err != nil && s.Discard() > 0 { // they may have taken its space
		return s.Write(path, render)
	}
	return hexOf(h), err
}

// Discard removes the reports that are still staged, and returns how many they were.
func (s *Staged) Discard() (removed int) {
	removed = len(s.reports)
	for _, r := range s.reports {
		_ = r.file.Discard() // what stays is removed like any other leftover
	}
	clear(s.reports)
	return removed
}

// rendered returns the SHA-256 of what is written in hex, or "" if that fails.
func rendered(render func(io.Writer) error) string {
	h := sha256.New()
	if render(h) != nil {
		return ""
	}
	return hexOf(h)
}

// hashed returns a function that writes the same to the hash, too.
func hashed(render func(io.Writer) error, h hash.Hash) func(io.Writer) error {
	return func(w io.Writer) error { return render(io.MultiWriter(w, h)) }
}

func hexOf(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
