package xmltok

import "bytes"

// Alternatives follows markup compatibility (ECMA-376 part 3, 7.5) in a part: of the
// branches of an mc:AlternateContent, a consumer takes the first mc:Choice whose namespaces
// it understands, else mc:Fallback, as if the content of that branch were in its place. Only
// the namespaces of workbooks are understood, no extensions.
type Alternatives struct {
	blocks []alternative // that are open, outermost last
	out    int           // depth of the branch that is not taken, 0 within none
}

type alternative struct {
	depth int  // of mc:AlternateContent
	taken bool // one of its branches was
}

// Depth returns the depth of a token for a consumer, which differs within alternatives. It is
// 0 for a token that a consumer does not see: one in a branch that is not taken, or a tag of
// the alternatives. Every token must be passed, except the content of elements that are
// captured or copied whole.
func (a *Alternatives) Depth(tz *Tokenizer, t *Token) int {
	if t.Kind != StartTag && t.Kind != EndTag {
		if a.out > 0 {
			return 0
		}
		return t.Depth - 2*len(a.blocks)
	}
	if a.out > 0 {
		if t.Kind == EndTag && t.Depth == a.out {
			a.out = 0
		}
		return 0
	}
	top := len(a.blocks) - 1
	switch {
	case t.Space == CompatSpace && t.Depth > 1 && string(t.Local) == "AlternateContent":
		if t.Kind == EndTag && top >= 0 && a.blocks[top].depth == t.Depth {
			a.blocks = a.blocks[:top]
		} else if t.Kind == StartTag && !t.Empty {
			a.blocks = append(a.blocks, alternative{depth: t.Depth})
		}
		return 0
	case top >= 0 && t.Depth == a.blocks[top].depth+1:
		if t.Kind == StartTag {
			a.branch(tz, t, &a.blocks[top])
		}
		return 0
	}
	return t.Depth - 2*len(a.blocks)
}

// Within reports whether the latest token was within alternatives.
func (a *Alternatives) Within() bool { return len(a.blocks) > 0 }

// branch begins a branch of a block, whose start tag is t.
func (a *Alternatives) branch(tz *Tokenizer, t *Token, block *alternative) {
	takes := false
	if t.Space == CompatSpace && !block.taken {
		switch string(t.Local) {
		case "Choice":
			needs, _ := t.Attr("Requires")
			takes = tz.understands(needs)
		case "Fallback":
			takes = true
		}
	}
	switch {
	case takes:
		block.taken = true
	case !t.Empty:
		a.out = t.Depth
	}
}

// understands reports whether all prefixes, separated by spaces, are of namespaces of
// workbooks.
func (tz *Tokenizer) understands(prefixes []byte) bool {
	list := bytes.Fields(prefixes)
	for _, p := range list {
		if s := tz.SpaceOf(string(p)); s != MainSpace && s != StrictSpace && s != RelSpace && s != CompatSpace {
			return false
		}
	}
	return len(list) > 0
}
