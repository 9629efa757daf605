package sheet

import (
	"strconv"
	"strings"
)

// circuit reads the row at hand as a circuit. The problems told since before are its own.
func (d *decoder) circuit(before int, past Past) {
	f := &d.cells
	c := Circuit{Row: d.row, Past: past}
	if s, ok := d.required(&f[CircuitInstanceID], &circuitInstanceMissing); ok {
		c.InstanceID = d.accept(isInstanceID(s), s, &circuitInstanceMalformed, &f[CircuitInstanceID])
	}
	c.RegionID = d.region(&f[CircuitRegionID])
	c.CompanyName, _ = d.required(&f[CircuitCompanyName], &circuitCompanyMissing)
	c.LineType = d.listed(&f[CircuitLineType], &circuitLineTypeMissing, &circuitLineTypeUnknown)
	c.Si, _ = d.required(&f[CircuitSi], &circuitSiMissing)
	c.ConstructionTime = d.constructionTime(&f[CircuitConstructionTime])
	c.Bandwidth = d.bandwidth(&f[CircuitBandwidth])
	c.PeerLocation, _ = d.text(&f[CircuitPeerLocation])
	if s, st := d.text(&f[CircuitClientToken]); st == ok {
		c.ClientToken = d.accept(ValidClientToken(s), s, &circuitTokenMalformed, &f[CircuitClientToken])
	}
	c.Invalid = d.errors > before
	d.circuits.push(c)
}

// accept gives a value that is good, or that its rule does not make an error.
func (d *decoder) accept(good bool, s string, r *Rule, f *field) string {
	if good {
		return s
	}
	d.tell(r, f)
	if d.severity[r] == Error {
		return ""
	}
	return s
}

// region gives the region of the row, or the default one.
func (d *decoder) region(f *field) string {
	s, st := d.text(f)
	switch {
	case st == fault:
		return ""
	case st == empty && d.opts.DefaultRegion == "":
		d.tell(&circuitRegionMissing, f)
		return ""
	case st == empty:
		if f.at.Col != 0 {
			d.tell(&circuitRegionDefault, f, Arg{"region", d.opts.DefaultRegion})
		}
		return d.opts.DefaultRegion
	case !ValidRegionID(s):
		d.tell(&circuitRegionMalformed, f)
		return ""
	case len(d.regions) > 0 && !d.regions[s]:
		d.tell(&circuitRegionUnknown, f, Arg{"nearest", nearest(s, d.opts.Regions)})
		if d.severity[&circuitRegionUnknown] == Error {
			return ""
		}
	}
	return s
}

// bandwidth gives the Mbit/s of the row, or 0 when it names none.
func (d *decoder) bandwidth(f *field) int {
	st := d.typed(f)
	if st != ok {
		return 0
	}
	s := f.cell.Value
	switch {
	case f.cell.Type == DateCell || f.cell.Type == NumberCell && f.cell.DateStyle:
		d.tell(&cellDate, f)
		return 0
	case f.cell.Type == TextCell:
		if s, st = d.fit(f); st != ok {
			return 0
		}
	}
	mbit, whole := wholeNumber(s)
	if f.cell.Type == TextCell {
		whole = whole && isDigits(s) && (s[0] != '0' || s == "0")
	}
	switch {
	case !whole:
		d.tell(&circuitBandwidthMalformed, f)
		return 0
	case !bandwidthInRange(mbit):
		d.tell(&circuitBandwidthRange, f)
		if d.severity[&circuitBandwidthRange] == Error {
			return 0
		}
	}
	return mbit
}

// wholeNumber reads digits, or a stored number that is whole, however it is written.
func wholeNumber(s string) (int, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return n, !strings.HasPrefix(s, "+")
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || x != float64(int(x)) || x > 1e9 || x < -1e9 {
		return 0, false
	}
	return int(x), strings.Trim(s, "0123456789.eE+-") == ""
}
