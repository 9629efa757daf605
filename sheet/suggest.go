package sheet

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/loabatch/loabatch/sheet/internal/dates"
	"github.com/loabatch/loabatch/sheet/internal/numfmt"
)

// A suggestion is the one value that a cell was probably meant to have, going by the
// workbook and the closed lists alone. It is never applied: where two values are equally
// likely, or the value is personal, there is none.

// oneSlip reports whether two keys are one typing slip apart: a character dropped, added or
// replaced, or two neighbours swapped.
func oneSlip(a, b string) bool {
	x, y := []rune(a), []rune(b)
	return len(x)-len(y) <= 1 && len(y)-len(x) <= 1 && distance(x, y) <= 1
}

// only returns the single value of those yielded, or "" if there is none or they differ.
func only(values func(yield func(string))) string {
	found, many := "", false
	values(func(v string) {
		many = many || found != "" && found != v
		found = v
	})
	if many {
		return ""
	}
	return found
}

// suggestRegion returns the known region that a text is a slip of.
func (d *decoder) suggestRegion(s string) string {
	key := foldKey(s)
	same := only(func(yield func(string)) {
		for _, r := range d.opts.Regions {
			if foldKey(r) == key {
				yield(r)
			}
		}
	})
	if same != "" || len(key) < 4 {
		return same
	}
	s = strings.ToLower(strings.Map(narrow, s))
	return only(func(yield func(string)) {
		for _, r := range d.opts.Regions {
			if oneSlip(s, r) || oneSlip(key, foldKey(r)) {
				yield(r)
			}
		}
	})
}

// suggestListed returns the value of a closed list that a text is a slip of, or whose
// first letter it is.
func suggestListed(c *Column, s string) string {
	key := foldKey(s)
	if utf8.RuneCountInString(key) == 1 {
		return only(func(yield func(string)) {
			for _, v := range c.Values {
				if strings.HasPrefix(foldKey(v), key) {
					yield(v)
				}
			}
		})
	}
	return only(func(yield func(string)) {
		for known, v := range valueKeys[c.ID] {
			if utf8.RuneCountInString(known) >= 3 && oneSlip(key, known) {
				yield(v)
			}
		}
	})
}

// suggestID returns a malformed ID of a circuit in its proper form, if that is all that is
// wrong with it.
func suggestID(s string) string {
	s = strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(strings.Map(narrow, s), " ", ""), "_", "-"))
	if strings.Count(s, "pc-") != 1 || !isInstanceID(s) {
		return ""
	}
	return s
}

// suggestCircuit returns the circuit of this workbook that an engineer's circuit is a slip
// of. It looks up every text one slip away, as there may be very many circuits. There is no
// suggestion while a circuit's own ID cannot be read, as that may be the one meant.
func (d *decoder) suggestCircuit(id string) string {
	id = strings.ToLower(strings.ReplaceAll(strings.Map(narrow, id), " ", ""))
	if _, found := d.byID[id]; found {
		return id
	}
	if len(id) > 64 || d.unreadIDs {
		return ""
	}
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789-"
	return only(func(yield func(string)) {
		try := func(s []byte) {
			if i, found := d.byID[string(s)]; found {
				yield(d.w.Circuits[i].InstanceID)
			}
		}
		for i := range len(id) + 1 {
			front := append(make([]byte, 0, len(id)+1), id[:i]...)
			for _, c := range []byte(letters) {
				try(append(append(front[:i], c), id[i:]...))
				if i < len(id) {
					try(append(append(front[:i], c), id[i+1:]...))
				}
			}
			if i < len(id) {
				try(append(front[:i], id[i+1:]...))
			}
			if i+1 < len(id) {
				try(append(append(front[:i], id[i+1], id[i]), id[i+2:]...))
			}
		}
	})
}

// suggestDate returns a date that is written with the year first in a form that is not
// read, such as 2027年1月15 or 2027/1-15.
func suggestDate(s string) string {
	parts := strings.FieldsFunc(strings.Map(narrow, s), func(r rune) bool { return !unicode.IsDigit(r) })
	between := strings.Map(func(r rune) rune {
		if unicode.IsDigit(narrow(r)) || strings.ContainsRune("年月日号/-.、，, ／－．'", r) {
			return -1
		}
		return r
	}, s)
	if between != "" || len(parts) != 3 || len(parts[0]) != 4 || len(parts[1]) > 2 || len(parts[2]) > 2 {
		return ""
	}
	c, _, r := dates.Read(strings.Join(parts, "-"))
	if r != dates.Once {
		return ""
	}
	return c.Date()
}

// suggestWhole returns the whole number that a text stands for: 1000.0, 1E3, '1000 and
// 1000 Mbit/s are 1000.
func suggestWhole(s string) string {
	s = strings.ToLower(strings.Trim(strings.Map(narrow, s), "'’‘` "))
	for _, unit := range []string{"mbit/s", "mbits", "mbps", "mb/s", "mbit", "mb", "m", "兆"} {
		if n, found := strings.CutSuffix(s, unit); found {
			s = strings.TrimSpace(n)
			break
		}
	}
	digits, found := exactDigits(s)
	if !found {
		return ""
	}
	if mbit, whole := wholeNumber(digits); !whole || !bandwidthInRange(mbit) {
		return ""
	}
	return digits
}

// exactDigits returns the digits of a whole number in whatever notation. Three digits behind
// a point may be thousands.
func exactDigits(s string) (string, bool) {
	_, fraction, _ := strings.Cut(s, ".")
	if s == "" || s[0] < '1' || s[0] > '9' || len(fraction) == 3 && isDigits(fraction) {
		return "", false
	}
	plain, ok := numfmt.Plain(s)
	return plain, ok && isDigits(plain)
}

// suggestText returns a text without what the rule about its characters rejects.
func suggestText(r *Rule, s string) string {
	switch r {
	case cellInvisible:
		s = strings.Map(func(r rune) rune {
			switch {
			case !isInvisible(r):
				return r
			case unicode.Is(unicode.Zs, r):
				return ' '
			}
			return -1
		}, s)
	case cellDecomposed:
		s = norm.NFC.String(s)
	case cellFullWidth:
		s = strings.Map(func(r rune) rune {
			if isWideWord(r) {
				return narrow(r)
			}
			return r
		}, s)
	default:
		return ""
	}
	return trimOuter(s)
}
