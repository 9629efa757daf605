package batch

// pages decides where a listing of circuits ends, whatever the API says: its count may be
// too high, it may give the same page for ever, or ever new circuits. Circuits that are
// missing then are asked for by their IDs.
type pages struct {
	seen  map[string]bool // IDs
	read  int
	limit int
}

// maxPages bounds the listing of a region. At 50 circuits a page it is more than any
// account has, and it takes a few minutes of the quota.
const maxPages = 1000

// newPages is for a listing of the circuits with these IDs, or of all circuits. One page
// holds more circuits than can be asked for by ID, so a page for each ID is generous.
func newPages(ids []string) *pages {
	p := &pages{seen: map[string]bool{}, limit: maxPages}
	if len(ids) > 0 {
		p.limit = len(ids)
	}
	return p
}

// follow reports whether to read the next page after one with these circuits, if the API
// says that there is more: not if it has nothing new.
func (p *pages) follow(circuits []CircuitState, more bool) bool {
	p.read++
	before := len(p.seen)
	for _, c := range circuits {
		p.seen[c.InstanceID] = true
	}
	return more && len(p.seen) > before && p.read < p.limit
}
