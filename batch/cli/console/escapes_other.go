//go:build !windows

package console

import "os"

// Escapes returns true: dumb terminals are recognized by TERM.
func Escapes(*os.File) bool { return true }
