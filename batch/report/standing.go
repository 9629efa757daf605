package report

import (
	"maps"
	"slices"
)

// standings prints how many LOAs stand where, by the API's own words.
func (p printer) standings(d *Document) {
	counts := map[string]int{}
	for i := range d.Applications {
		counts[d.Applications[i].LOAStatus]++
	}
	for _, status := range slices.Sorted(maps.Keys(counts)) {
		p.line("%7d  %s", counts[status], printable(status))
	}
	p.line("")
}
