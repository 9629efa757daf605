//go:build unix

package ledger

import (
	"errors"
	"syscall"
)

func isReadOnlyFileSystem(err error) bool { return errors.Is(err, syscall.EROFS) }

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
