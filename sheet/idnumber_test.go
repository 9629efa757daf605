package sheet

import "testing"

// FuzzIdentity holds that of the eleven endings of 17 digits exactly one fits.
func FuzzIdentity(f *testing.F) {
	for _, s := range []string{"000000199001010018", "00000019900101001X", "99999919901301", "x", "00000019900101001x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		isOldIDForm(s)
		isPassportNumber(s)
		isPhone(s)
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
		if born, real := idBirthDate(s); real && born.date() != s[6:10]+"-"+s[10:12]+"-"+s[12:14] {
			t.Fatalf("%s: born %s", s, born)
		}
		idGender(s)
	})
}

// TestIDCheckDigit holds the check against numbers whose last character was computed by
// the table of weights in GB 11643; their area codes are of no place.
func TestIDCheckDigit(t *testing.T) {
	for number, fits := range map[string]bool{"99999919491231005X": true, "99999919491231005x": true, "999999194912310051": false, "000000199001010018": true, "000000199001100018": false} {
		if idCheckDigitFits(number) != fits {
			t.Errorf("%s fits: %v, want %v", number, !fits, fits)
		}
	}
}
