package console

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/loabatch/loabatch/batch/durable"
)

// TestLogFileIsPrivate makes a log that its owner alone can read, and leaves who may read one that
// is there.
func TestLogFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.log")
	open := func() bool {
		l, err := OpenLogFile(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer l.file.Close()
		private, err := durable.Private(path)
		if err != nil {
			t.Fatal(err)
		}
		return private
	}
	if !open() {
		t.Error("others can read a new log")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("line\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	before, err := durable.Private(path)
	if err != nil {
		t.Fatal(err)
	}
	if open() != before {
		t.Error("who may read an existing log has changed")
	}
}
