package sheet_test

import (
	"testing"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

func TestDecodeGood(t *testing.T) {
	w := decode(t, good(), sheet.Options{})
	for _, p := range w.Problems {
		if p.Severity != sheet.Note {
			t.Errorf("%s %s at %s: %q %v", p.Severity, p.Code, p.At, p.Value, p.Args)
		}
	}
	if len(w.Circuits) != 2 || len(w.Engineers) != 2 {
		t.Fatalf("%d circuits, %d engineers", len(w.Circuits), len(w.Engineers))
	}
	c := w.Circuits[1]
	if want := time.Date(2027, 1, 15, 12, 0, 0, 0, time.UTC); !c.ConstructionTime.Equal(want) {
		t.Errorf("construction time is %s, want %s", c.ConstructionTime, want)
	}
	if len(c.Engineers) != 2 || c.Engineers[0] != 0 || c.Engineers[1] != 1 {
		t.Errorf("engineers of the second circuit are %v", c.Engineers)
	}
	if e := w.Engineers[1]; !e.All || e.CertificateNo.Reveal() != "000000199001010018" {
		t.Errorf("second engineer: all %v, certificate %s", e.All, e.CertificateNo)
	}
}
