package quota

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is a quota as documented: N requests in any window of length Per. The zero Rate means no limit.
type Rate struct {
	N   int           // requests, 1 or more
	Per time.Duration // length of the window
}

// DefaultRate is the quota that the VPC API documents for the calls on circuits and LOAs.
var DefaultRate = Rate{N: 300, Per: time.Minute}

// ParseRate reads N/DURATION, such as 300/1m or 60/6s; a bare unit means one of it (5/s).
func ParseRate(text string) (Rate, error) {
	count, window, found := strings.Cut(strings.TrimSpace(text), "/")
	if !found {
		return Rate{}, fmt.Errorf("rate %q is not of the form N/DURATION, such as 300/1m", text)
	}
	n, err := strconv.Atoi(strings.TrimSpace(count))
	if err != nil || n < 1 || n > maxRate {
		return Rate{}, fmt.Errorf("rate %q: %q is not a whole number from 1 to %d", text, count, maxRate)
	}
	window = strings.TrimSpace(window)
	if window != "" && (window[0] < '0' || window[0] > '9') {
		window = "1" + window
	}
	per, err := time.ParseDuration(window)
	if err != nil || per < time.Millisecond {
		return Rate{}, fmt.Errorf("rate %q: %q is not a duration of a millisecond or more, such as 1m", text, window)
	}
	return Rate{N: n, Per: per}, nil
}

// maxRate bounds the memory of a quota, which remembers N times; no API allows that many.
const maxRate = 1_000_000

// String returns the form that ParseRate reads: 300/1m.
func (r Rate) String() string {
	if r.N == 0 {
		return "unlimited"
	}
	per := r.Per.String()
	if strings.HasSuffix(per, "m0s") {
		per = strings.TrimSuffix(per, "0s")
	}
	if strings.HasSuffix(per, "h0m") {
		per = strings.TrimSuffix(per, "0m")
	}
	return strconv.Itoa(r.N) + "/" + per
}

// PerSecond is the pace that spreads the quota evenly.
func (r Rate) PerSecond() float64 { return float64(r.N) / r.Per.Seconds() }
