//go:build unix

package ledger

import (
	"errors"
	"os"
	"syscall"
)

// syncFolder makes the names in a folder durable. File systems that cannot do it
// (EINVAL, fsync(2)) need it not.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
