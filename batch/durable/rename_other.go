//go:build !(darwin || linux || windows)

package durable

import "errors"

// renameExclusively is not supported.
func renameExclusively(string, string) error { return errors.ErrUnsupported }
