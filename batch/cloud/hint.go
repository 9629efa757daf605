package cloud

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxWait bounds a server's hint: the quota's window is one minute, so that a longer
// wait is a mistake of somebody's.
const maxWait = 2 * time.Minute

// waitHint gives how long the server asks to wait, at most maxWait; 0 when it says
// nothing. Several hints: the longest counts. The headers are
//
//	x-ratelimit-user-api, x-ratelimit-user: Limit:1,Remain:0,TimeLeft:2000   milliseconds; counts when nothing remains
//	x-acs-retry-after: 2000                                                  milliseconds
//	Retry-After: 2, or a date                                                seconds (RFC 9110, section 10.2.3)
func waitHint(h http.Header, now time.Time) time.Duration {
	var wait time.Duration
	for _, name := range []string{"X-Ratelimit-User-Api", "X-Ratelimit-User"} {
		for _, v := range h.Values(name) {
			wait = max(wait, timeLeft(v))
		}
	}
	for _, v := range h.Values("X-Acs-Retry-After") {
		wait = max(wait, amount(v, time.Millisecond))
	}
	for _, v := range h.Values("Retry-After") {
		if at, err := http.ParseTime(v); err == nil {
			wait = max(wait, min(at.Sub(now), maxWait))
		} else {
			wait = max(wait, amount(v, time.Second))
		}
	}
	return wait
}

// timeLeft reads TimeLeft out of a list such as Limit:1,Remain:0,TimeLeft:2000.
func timeLeft(list string) time.Duration {
	var left time.Duration
	for field := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(field, ":")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "timeleft":
			left = amount(value, time.Millisecond)
		case "remain":
			if n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64); err == nil && n > 0 {
				return 0
			}
		}
	}
	return left
}

// amount reads a whole number of units, at most maxWait; 0 for anything else.
func amount(text string, unit time.Duration) time.Duration {
	text = strings.TrimSpace(text)
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		if e, ok := err.(*strconv.NumError); !ok || e.Err != strconv.ErrRange {
			return 0
		}
		return maxWait
	}
	if n > uint64(maxWait/unit) {
		return maxWait
	}
	return time.Duration(n) * unit
}
