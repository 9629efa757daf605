package dates

import (
	"strings"
	"testing"
	"time"
)

func TestReadDate(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"2027-01-15", "2027-01-15T00:00:00Z"},
		{"2027-1-5", "2027-01-05T00:00:00Z"},
		{"2027/01/15", "2027-01-15T00:00:00Z"},
		{"2027.1.15 8:30", "2027-01-15T08:30:00Z"},
		{"20270115", "2027-01-15T00:00:00Z"},
		{"20270115T083000Z", "2027-01-15T08:30:00Z"},
		{"20270115T0830", "2027-01-15T08:30:00Z"},
		{"2027-01-15T08:30", "2027-01-15T08:30:00Z"},
		{"2027-01-15t08:30:15z", "2027-01-15T08:30:15Z"},
		{"2027-01-15 08:30:15.999", "2027-01-15T08:30:15Z"},
		{"2027-01-15T08:30:15+08:00", "2027-01-15T00:30:15Z"},
		{"2027-01-15T00:30:15+0800", "2027-01-14T16:30:15Z"},
		{"2027-01-15T08:30:15-05", "2027-01-15T13:30:15Z"},
		{"2027-01-15 08:30 UTC", "2027-01-15T08:30:00Z"},
		{"2027-01-15 08:30 GMT+8", "2027-01-15T00:30:00Z"},
		{"2027-01-15 08:30 +05:45", "2027-01-15T02:45:00Z"},
		{"2027-01-15 8:30 PM", "2027-01-15T20:30:00Z"},
		{"2027-01-15 12:30 am", "2027-01-15T00:30:00Z"},
		{"2027-01-15 9:30 下午", "2027-01-15T21:30:00Z"},
		{"2027-01-15 9:30下午", "2027-01-15T21:30:00Z"},
		{"2027/1/15 下午 09:30:15", "2027-01-15T21:30:15Z"},
		{"2027-01-15 上午9时", "2027-01-15T09:00:00Z"},
		{"2027年1月15日上午9时30分", "2027-01-15T09:30:00Z"},
		{"2027年1月15日 下午3点半", "2027-01-15T15:30:00Z"},
		{"2027年1月15日下午3点30分 +08:00", "2027-01-15T07:30:00Z"},
		{"2027-01-15 3点半 下午", "2027-01-15T15:30:00Z"},
		{"2027-01-15 下午15:30", "2027-01-15T15:30:00Z"},
		{"2027-01-15 下午12:30", "2027-01-15T12:30:00Z"},
		{"2027-01-15 中午12点", "2027-01-15T12:00:00Z"},
		{"2027-01-15 中午1点", "2027-01-15T13:00:00Z"},
		{"2027-01-15 上午0:30", "2027-01-15T00:30:00Z"},
		{"2027-01-15 凌晨2点", "2027-01-15T02:00:00Z"},
		{"2027-01-15 晚上8点整", "2027-01-15T20:00:00Z"},
		{"2027-01-15 早上8点钟", "2027-01-15T08:00:00Z"},
		{"2027-01-15 9:30PM", "2027-01-15T21:30:00Z"},
		{"2027-01-15, 9:30 p.m.", "2027-01-15T21:30:00Z"},
		{"2027-01-15 9 PM", "2027-01-15T21:00:00Z"},
		{"2027-01-15 9pm UTC+8", "2027-01-15T13:00:00Z"},
		{"2027-01-15 PM 9:30", "2027-01-15T21:30:00Z"},
		{"15 Jan 2027 9:30 pm", "2027-01-15T21:30:00Z"},
		{"2027年1月15日", "2027-01-15T00:00:00Z"},
		{"2027年01月15日8时30分", "2027-01-15T08:30:00Z"},
		{"2027年1月15日 8点", "2027-01-15T08:00:00Z"},
		{"15 Jan 2027", "2027-01-15T00:00:00Z"},
		{"15-January-2027 08:00", "2027-01-15T08:00:00Z"},
		{"Jan 15, 2027", "2027-01-15T00:00:00Z"},
		{"15/01/2027", "2027-01-15T00:00:00Z"},
		{"01/15/2027", "2027-01-15T00:00:00Z"},
		{"28.2.2027", "2027-02-28T00:00:00Z"},

		{"03/04/2027", "2027-04-03 or 2027-03-04"},
		{"3-4-2027", "2027-04-03 or 2027-03-04"},
		{"03/04/2027 08:00", "2027-04-03 or 2027-03-04"},
		{"2027-02-29", "impossible"},
		{"2027-13-01", "impossible"},
		{"2027-01-15 24:00", "impossible"},
		{"2027-01-15 08:60", "impossible"},
		{"31/31/2027", "impossible"},
		{"08:30", "time"},
		{"8:30 pm", "time"}, {"上午9时", "time"}, {"下午3点半", "time"}, {"9:30 下午", "time"}, {"9 PM", "time"},

		{"", "nothing"}, {"soon", "nothing"}, {"2027", "nothing"}, {"2027-01", "nothing"}, {"15/01/27", "nothing"}, {"2027-1/15", "nothing"},
		{"2027-01-15T", "nothing"}, {"2027-01-15 08:30+15:00", "nothing"}, {"2027-01-15 13:30 pm", "nothing"}, {"2027-01-15 08:30 Berlin", "nothing"},
		{"2027-01-15 上午12:00", "nothing"}, {"2027-01-15 晚上12点", "nothing"}, {"2027-01-15 上午13:00", "nothing"}, {"2027-01-15 下午3:30 pm", "nothing"},
		{"2027-01-15 下午", "nothing"}, {"2027-01-15 9", "nothing"}, {"2027-01-15 13 pm", "nothing"}, {"2027-01-15 下午0930", "nothing"}, {"2027-01-15 0930 pm", "nothing"},
		{"202701150", "nothing"}, {"12027-01-15", "nothing"}, {"Janu 15 2027", "nothing"}, {"2027-01-1508:30x", "nothing"}, {"2027年1月", "nothing"},
	} {
		if got := describe(tc.text); got != tc.want {
			t.Errorf("%q: got %s, want %s", tc.text, got, tc.want)
		}
	}
}

func describe(text string) string {
	first, second, r := Read(text)
	switch r {
	case Twice:
		return first.Date() + " or " + second.Date()
	case Nowhere:
		return "impossible"
	case TimeOnly:
		return "time"
	case Nothing:
		return "nothing"
	}
	t, _ := first.In(time.UTC)
	return t.UTC().Format(time.RFC3339)
}

func TestSerialDate(t *testing.T) {
	for _, tc := range []struct {
		value    string
		date1904 bool
		want     string
	}{
		{"46402", false, "2027-01-15"},
		{"46402.354166666664", false, "2027-01-15 08:30:00"},
		{"46402.999999", false, "2027-01-16"}, // to the nearest second
		{"44940.5", true, "2027-01-15 12:00:00"},
		{"61", false, "1900-03-01"},
		{"2958465", false, "9999-12-31"},
		{"4.6402E+4", false, "2027-01-15"},
		{"60", false, "none"}, {"1", false, "none"}, {"-1", false, "none"}, {"2958466", false, "none"}, {"2957004", true, "none"}, {"1E300", false, "none"}, {"x", false, "none"},
	} {
		got := "none"
		if c, ok := Serial(tc.value, tc.date1904); ok {
			got = c.String()
		}
		if got != tc.want {
			t.Errorf("%s (1904 %v): got %s, want %s", tc.value, tc.date1904, got, tc.want)
		}
	}
	if c, ok := Serial("0.25", false); !ok || c.Day != 0 || c.Hour != 6 {
		t.Errorf("a quarter of a day is %+v, %v", c, ok)
	}
}

// FuzzReadDate checks that an unambiguous date exists and reads the same when written in
// ISO 8601.
func FuzzReadDate(f *testing.F) {
	for _, s := range []string{"2027-01-15T08:30:15+08:00", "15 Jan 2027", "03/04/2027 8:30 pm", "2027年1月15日8时30分", "20270115T083000Z", "0.25", "2027/1/15 下午3点半", "2027-01-15 9:30 下午"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		first, second, r := Read(s)
		if r != Once && r != Twice {
			return
		}
		if !first.OnCalendar() || !second.OnCalendar() || (r == Twice) != (first != second) {
			t.Fatalf("%q: %+v %+v %v", s, first, second, r)
		}
		if r == Once {
			spelt := strings.Replace(first.String(), " ", "T", 1)
			again, _, r := Read(spelt)
			if again.Zone = first.Zone; r != Once || again.Date() != first.Date() || again.Hour != first.Hour || again.Second != first.Second {
				t.Fatalf("%q: %+v, again as %q: %+v", s, first, spelt, again)
			}
		}
		Serial(s, false)
	})
}
