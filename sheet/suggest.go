package sheet

import (
	"math/bits"
	"slices"
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
	return len(x)-len(y) <= 1 && len(y)-len(x) <= 1 && Distance(x, y) <= 1
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

// answers are what was worked out for texts, up to a bound: a wrong value is usually the
// same in many rows.
type answers map[string]string

// of returns the answer for a text, which find works out the first time.
func (a *answers) of(s string, find func(string) string) string {
	found, known := (*a)[s]
	if !known {
		found = find(s)
		if *a == nil {
			*a = answers{}
		}
		if len(*a) < maxListed {
			(*a)[s] = found
		}
	}
	return found
}

// suggestRegion returns the known region that a text is a slip of.
func (d *decoder) suggestRegion(s string) string { return d.regionSlips.of(s, d.findRegion) }

func (d *decoder) findRegion(s string) string {
	key := foldKey(s)
	if r := regionNamed(key); slices.Contains(d.opts.Regions, r) {
		return r
	}
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

// suggestListed returns the value of a column's closed list that a text is a slip of, or
// whose first letter it is.
func (d *decoder) suggestListed(c *Column, s string) string {
	return d.listedSlips[c.ID].of(s, func(s string) string { return findListed(c, s) })
}

func findListed(c *Column, s string) string {
	key := foldKey(s)
	if v := listedPart(c, s); v != "" {
		return v
	}
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

// listedPart returns the value of a closed list that a part of a text is, as in
// FIBRE (光纤直连).
func listedPart(c *Column, s string) string {
	return only(func(yield func(string)) {
		for part := range strings.FieldsFuncSeq(strings.Map(narrow, s), func(r rune) bool { return strings.ContainsRune("()/|:、 ", r) }) {
			if v, known := valueKeys[c.ID][foldKey(part)]; known {
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

// suggestCircuit returns the circuit of this workbook of which an engineer's circuit is a slip. There is no
// suggestion if a circuit's own ID cannot be read, since that may be the one meant.
func (d *decoder) suggestCircuit(id string) string {
	if everyCircuit[foldKey(id)] {
		return "*"
	}
	id = strings.ToLower(strings.ReplaceAll(strings.Map(narrow, id), " ", ""))
	if _, found := d.byID[id]; found {
		return id
	}
	if len(id) > 64 || d.unreadIDs {
		return ""
	}
	if d.knownIDs == nil {
		d.knownIDs = newIDFilter(d.byID)
	}
	return only(func(yield func(string)) {
		d.knownIDs.slips(id, func(s string) {
			if i, found := d.byID[s]; found {
				yield(d.w.Circuits[i].InstanceID)
			}
		})
	})
}

// everyCircuit are the words that people write for *, folded.
var everyCircuit = map[string]bool{"全部": true, "所有": true, "全部专线": true, "所有专线": true, "all": true, "allcircuits": true}

// suggestDate returns a date that is written with the year first in a form that is not
// read, such as 2027年1月15 or 2027/1-15, or the start of a span.
func suggestDate(s string) string {
	if from := spanStart(s); from != "" {
		return from
	}
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

// spanStart returns the start of a span on one day, such as 2027-01-15 9:00-11:00 or
// 2027年1月15日上午9点至11点.
func spanStart(s string) string {
	s = strings.Map(narrow, s)
	for i, r := range s {
		if !strings.ContainsRune("-~至到–—", r) {
			continue
		}
		from, _, first := dates.Read(strings.TrimSpace(s[:i]))
		_, _, second := dates.Read(strings.TrimSpace(strings.TrimLeft(s[i:], "-~至到–— ")))
		if first == dates.Once && from.Clock && from.Zone == nil && second == dates.TimeOnly {
			return from.String()
		}
	}
	return ""
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

// exactDigits returns the digits of a whole number in any notation. Three digits after a point may be
// thousands.
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
	case cellConfusable:
		if s = strings.Map(hyphen, s); !isPlain(s) {
			return ""
		}
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

// idFilter tells cheaply that a text is not one of a set of IDs: it has a bit for the hash of each. There may
// be very many circuits, and a thousand texts are one slip away from an ID; with the filter hardly any
// of them is spelt out and looked up.
type idFilter []uint64

// filterBits is the minimum number of bits of the filter for each ID: about one in so many other texts
// passes.
const filterBits = 16

func newIDFilter[T any](ids map[string]T) idFilter {
	f := make(idFilter, 1<<bits.Len(uint(len(ids)*filterBits/64)))
	for id := range ids {
		at, bit := f.place(hashOf(id))
		f[at] |= bit
	}
	return f
}

// place returns the word and the bit of a hash. The golden ratio spreads hashes that are
// close to one another (Knuth, The Art of Computer Programming, 6.4).
func (f idFilter) place(hash uint64) (at, bit uint64) {
	hash *= 0x9E3779B97F4A7C15
	return hash >> 32 & uint64(len(f)-1), 1 << (hash >> 58)
}

func (f idFilter) mayHave(hash uint64) bool {
	at, bit := f.place(hash)
	return f[at]&bit != 0
}

// hashBase is the base of the hash, a polynomial of a text's bytes: that of two texts
// together follows from those of the parts (Rabin and Karp).
const hashBase = 0x100000001B3

func hashOf(s string) (h uint64) {
	for i := range len(s) {
		h = h*hashBase + uint64(s[i])
	}
	return h
}

// slips yields the texts that are one typing slip away from an ID of at most 64 bytes and
// pass the filter: with a character dropped, added or replaced, or two neighbours swapped.
func (f idFilter) slips(id string, yield func(string)) {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789-"
	n := len(id)
	var front, back, power [65]uint64 // the hashes of id[:i] and id[i:], and hashBase to the power of i
	power[0] = 1
	for i := range n {
		front[i+1] = front[i]*hashBase + uint64(id[i])
		back[n-1-i] = uint64(id[n-1-i])*power[i] + back[n-i]
		power[i+1] = power[i] * hashBase
	}
	try := func(i int, between string, j int) {
		hash := front[i]
		for k := range len(between) {
			hash = hash*hashBase + uint64(between[k])
		}
		if f.mayHave(hash*power[n-j] + back[j]) {
			yield(id[:i] + between + id[j:])
		}
	}
	for i := range n + 1 {
		for k := range len(letters) {
			try(i, letters[k:k+1], i)
			if i < n {
				try(i, letters[k:k+1], i+1)
			}
		}
		if i < n {
			try(i, "", i+1)
		}
		if i+1 < n {
			try(i, id[i+1:i+2]+id[i:i+1], i+2)
		}
	}
}
