// Package desktop tells whether somebody sits at a desktop of this machine, opens files for
// them, and tells whether the console that shows our messages closes when we end.
//
// A file is opened by the program that the person has chosen for its kind. Nothing is opened
// where nobody would see it: under cron, in a service, over SSH, or in CI.
package desktop

import "errors"

// ErrNone is returned where there is no desktop.
var ErrNone = errors.New("there is no desktop")

// Present reports whether somebody sits at a desktop of this machine. Every CI service sets CI,
// and every SSH server one of the others.
func Present(getenv func(string) string) bool {
	for _, elsewhere := range []string{"CI", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"} {
		if getenv(elsewhere) != "" {
			return false
		}
	}
	return present(getenv)
}

// Open opens a file in the program for its kind, and does not wait until it is closed. It
// fails with ErrNone without a desktop.
func Open(path string, getenv func(string) string) error {
	if !Present(getenv) {
		return ErrNone
	}
	return open(path)
}
