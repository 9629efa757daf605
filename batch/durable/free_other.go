//go:build !(darwin || linux || windows)

package durable

import "errors"

// Free is not supported.
func Free(string) (uint64, error) { return 0, errors.ErrUnsupported }
