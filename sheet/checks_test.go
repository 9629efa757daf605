package sheet

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/loabatch/loabatch/sheet/internal/labels"
)

var (
	oldID    = regexp.MustCompile(`^[0-9]{15}$`)
	passport = regexp.MustCompile(`^[0-9A-Za-z]{5,9}$`)
	phone    = regexp.MustCompile(`^(\+[1-9][0-9]{6,14}|(86|0086)?1[3-9][0-9]{9}|0[1-9][0-9]{8,10})$`)
)

// FuzzIdentity checks that exactly one of the eleven check characters fits 17 digits, and
// compares the other forms with regular expressions.
func FuzzIdentity(f *testing.F) {
	for _, s := range []string{"000000199001010018", "00000019900101001X", "99999919901301", "x", "00000019900101001x", "000000900101001", "X1234567", "+447700900123", "(0571) 8800-0000", "H00000000", "M0000000000", "810000199001010007", "138 0000 0000", "86 138-0000-0000", "0000000000000000000000000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := isOldIDForm(s); got != oldID.MatchString(s) {
			t.Errorf("isOldIDForm(%q) = %v", s, got)
		}
		if got := isPassportNumber(s); got != (passport.MatchString(s) && strings.ContainsAny(s, "0123456789")) {
			t.Errorf("isPassportNumber(%q) = %v", s, got)
		}
		if got := isPhone(s); got != phone.MatchString(strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(s)) {
			t.Errorf("isPhone(%q) = %v", s, got)
		}
		if !isIDForm(s) {
			return
		}
		fits := 0
		for _, last := range "0123456789X" {
			if idCheckDigitFits(s[:17] + string(last)) {
				fits++
			}
		}
		if fits != 1 {
			t.Fatalf("%d endings fit %s", fits, s[:17])
		}
		if born, real := birthDate(s[6:14]); real && born.Date() != s[6:10]+"-"+s[10:12]+"-"+s[12:14] {
			t.Fatalf("%s: born %s", s, born)
		}
		if got, want := idGender(s), map[bool]string{true: "Male", false: "Female"}[strings.ContainsAny(s[16:17], "13579")]; got != want {
			t.Errorf("idGender(%q) = %s, want %s", s, got, want)
		}
	})
}

// TestIDCheckDigit uses numbers whose check character was computed with the weights in GB
// 11643. Their area codes are not assigned.
func TestIDCheckDigit(t *testing.T) {
	for number, fits := range map[string]bool{"99999919491231005X": true, "99999919491231005x": true, "999999194912310051": false, "000000199001010018": true, "000000199001100018": false} {
		if idCheckDigitFits(number) != fits {
			t.Errorf("%s fits: %v, want %v", number, !fits, fits)
		}
	}
}

// lastAssigned is above the last assigned character; private use characters follow.
const lastAssigned = 0xE0FFF

// TestDecomposed compares with norm on every character and on random texts of characters
// that compose: a text is reported if it is not in form C, at the end of its first prefix
// not in form C.
func TestDecomposed(t *testing.T) {
	t.Parallel()
	check := func(s string) {
		t.Helper()
		c := clean(s, freeText)
		if c.rule != nil && c.rule != cellDecomposed || c.trimmed {
			return
		}
		if normal := norm.NFC.IsNormalString(s); normal != (c.rule == nil) {
			t.Fatalf("%+q: normal %v, want %v", s, !normal, normal)
		}
		if c.rule == nil {
			return
		}
		chars := []rune(s)
		if chars[c.at-1] != c.bad || !norm.NFC.IsNormalString(string(chars[:c.at-1])) || norm.NFC.IsNormalString(string(chars[:c.at])) {
			t.Fatalf("%+q: %U at %d", s, c.bad, c.at)
		}
	}
	for r := rune(0); r <= lastAssigned; r++ {
		if !utf8.ValidRune(r) || r > 0x3FFFF && r < 0xE0000 { // planes 4 to 13 are empty
			continue
		}
		check(string(r))
		check("e" + string(r))
		if p := norm.NFC.PropertiesString(string(r)); isComposed(r) && (!norm.NFC.IsNormalString(string(r)) || !p.BoundaryBefore()) {
			t.Errorf("%U is taken for composed", r)
		}
	}
	pool := composing()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		s := make([]rune, 1+rng.IntN(5))
		for i := range s {
			s[i] = pool[rng.IntN(len(pool))]
		}
		check(string(s))
	}
}

// composing lists characters that compose with others, and some that do not.
func composing() []rune {
	pool := []rune{'a', 'e', '中', 0x1100, 0x1161, 0x11A8, 0xAC00, 0xAC01}
	for r := rune(0); r <= lastAssigned; r++ {
		if r >= 0xAC00 && r <= 0xD7A3 || !utf8.ValidRune(r) {
			continue
		}
		p := norm.NFC.PropertiesString(string(r))
		if p.CCC() != 0 {
			pool = append(pool, r)
		}
		if p.Decomposition() != nil {
			pool = append(append(pool, r), []rune(norm.NFD.String(string(r)))...)
		}
	}
	slices.Sort(pool)
	return slices.Compact(pool)
}

// TestLabels checks labels of rows that are not data, and names that only look like labels.
func TestLabels(t *testing.T) {
	for text, want := range map[string]string{
		"Total": "totals", "TOTALS": "totals", "合计（条）": "totals", "本页小计": "totals", "Total number of circuits: 12": "totals", "共12条": "totals", "ＴＯＴＡＬ": "totals", "總計": "totals",
		"Sum of bandwidth": "totals", "Total/合计": "totals", "12": "", "": "", "条": "", "Total Networks": "", "Sum Tak Ltd": "", "共同网络有限公司": "", "合计网络": "", "Totalplay": "", "共": "totals",
		"签字：": "signature", "Signature": "signature", "审核人:张三": "signature", "日期": "signature", "Prepared by": "signature", "Approved By: X": "signature", "Date：2027": "signature", "　年　月　日": "signature", "合　计": "totals",
		"Signature Networks": "", "Date Palm Ltd": "", "审核网络公司": "", "日期科技": "", "Sign Build": "", "制表人 张三": "signature", "甲方（盖章）：": "signature", "Networks: a name": "", "章氏建筑": "",
	} {
		got := map[labels.Kind]string{labels.Totals: "totals", labels.Signature: "signature"}[labelOf(text)]
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestSlips compares the IDs that an idFilter finds with those one slip away.
func TestSlips(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		b := []byte("pc-abcd"[random.IntN(3):])
		for i := 2; i < len(b); i++ {
			b[i] = "abc-09"[random.IntN(6)]
		}
		return string(b[:random.IntN(len(b)+1)])
	}
	for range 3000 {
		ids := map[string]bool{}
		for range random.IntN(60) {
			ids[word()] = true
		}
		filter, found := newIDFilter(ids), map[string]bool{}
		id := word()
		filter.slips(id, func(s string) { found[s] = found[s] || ids[s] })
		for known := range ids {
			if known != id && found[known] != oneSlip(id, known) {
				t.Fatalf("%q from %q: found %v", known, id, found[known])
			}
		}
	}
}
