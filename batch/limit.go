package batch

import (
	"fmt"
	"strconv"
	"strings"
)

// Limit is how many failures a run bears: a number of rows, or a percentage of those
// that are finished. The zero Limit bears any.
type Limit struct {
	N       int     // rows; 0 when Percent is used
	Percent float64 // above 0, up to 100; 0 when N is used
}

// minFinished is how many rows must be finished before a percentage means anything.
const minFinished = 20

// ParseLimit reads N or N%, such as 25 or 2.5%. The empty text is no limit.
func ParseLimit(text string) (Limit, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Limit{}, nil
	}
	if number, percent := strings.CutSuffix(text, "%"); percent {
		p, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(p > 0 && p <= 100) {
			return Limit{}, fmt.Errorf("limit %q: a percentage is above 0 and at most 100", text)
		}
		return Limit{Percent: p}, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return Limit{}, fmt.Errorf("limit %q is neither a whole number from 1 on nor a percentage such as 5%%", text)
	}
	return Limit{N: n}, nil
}

// String gives the form that ParseLimit reads.
func (l Limit) String() string {
	switch {
	case l.Percent > 0:
		return strconv.FormatFloat(l.Percent, 'g', -1, 64) + "%"
	case l.N > 0:
		return strconv.Itoa(l.N)
	}
	return ""
}

// reached reports whether failed rows among the finished ones are too many.
func (l Limit) reached(failed, finished int) bool {
	switch {
	case l.Percent > 0:
		return finished >= minFinished && float64(failed)*100 >= l.Percent*float64(finished)
	case l.N > 0:
		return failed >= l.N
	}
	return false
}
