package cli

import (
	"errors"
	"time"
)

// Defaults that the help text and the code share.
const (
	defaultRate     = "300/1m"
	defaultAttempts = 5
	defaultTimeout  = 15 * time.Second
)

// durationFlag is a flag that takes a positive duration. A bare number is refused:
// whether it would mean seconds or minutes is not guessed.
type durationFlag time.Duration

var errNoDuration = errors.New("no positive duration")

// String gives the duration as Go writes it; "" for none, so that help shows no default.
func (d *durationFlag) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

// Set reads a duration such as 15s or 2h30m.
func (d *durationFlag) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err != nil || v <= 0 {
		return errNoDuration
	}
	*d = durationFlag(v)
	return nil
}

// Type names the kind of value in the help text.
func (d *durationFlag) Type() string { return "DURATION" }
