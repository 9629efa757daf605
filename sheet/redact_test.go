package sheet_test

import (
	"testing"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet"
)

// TestRedactor masks values of a made staff list in texts of all kinds.
func TestRedactor(t *testing.T) {
	r := sheet.NewRedactor()
	for _, v := range []string{"Testa Personson", "王小样", "李", "Wu", "Hangzhou", "X765432", "made-up@example.com", "0770 0900 123", "12345", "110", "TBD", "N/A", "Passport", "护照", "male", "  ＡＢ７６５４３２ ", "Ünal Öz"} {
		r.Learn(v)
	}
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"Testa Personson", "Te***********on"},
		{"ask TESTA PERSONSON, please", "ask TE***********ON, please"},
		{"Testa Personsons", "Testa Personsons"},
		{"王小样负责", "王**负责"},
		{"李", "李"},
		{"Wu", "W*"},
		{" wu ", " w* "},
		{"Wu Networks", "Wu Networks"},
		{"Hangzhou Telecom", "Hangzhou Telecom"},
		{"x765432/X7654321", "x******/X*******"},
		{"mail made-up@example.com.", "mail ma***************om."},
		{"call 07700900123", "call 07*******23"},
		{"call 0770 0900 123", "call 07*********23"},
		{"110, 12345, TBD, N/A, Passport, male, 护照", "110, 12345, TBD, N/A, Passport, male, 护照"},
		{"Passport", "Passport"},
		{"ab765432", "a*******"},
		{"ünal öz", "ü******"},
		{"13812345678", "13*******78"},
		{"pc-made0001 on 2027-03-15 at 08:00", "pc-made0001 on 2027-03-15 at 08:00"},
	} {
		got := r.Text(c.text)
		if got != c.want {
			t.Errorf("Text(%q) = %q, want %q", c.text, got, c.want)
		}
		if utf8.RuneCountInString(got) != utf8.RuneCountInString(c.text) {
			t.Errorf("Text(%q) has another length", c.text)
		}
	}
}
