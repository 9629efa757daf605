package xlsx

// textCollector joins the characters of a string item (CT_Rst, ECMA-376 part 1,
// 18.4.8), shared or inline: its plain text or its formatted runs, without the
// phonetic hints that stand beside them.
type textCollector struct {
	text []byte
	rich bool

	base    int  // depth of the item's element
	phonet  bool // within rPh
	reading bool // within a t that counts
}

// begin starts an item whose element has the given depth.
func (c *textCollector) begin(depth int) {
	*c = textCollector{text: c.text[:0], base: depth}
}

// take looks at one token within the item.
func (c *textCollector) take(t *token) error {
	switch t.kind {
	case charData, cdata:
		if !c.reading {
			return nil
		}
		var err error
		if c.text, err = t.text(c.text); err == nil && len(c.text) > longestText {
			return t.invalid("part-token-long")
		}
		return err
	case startTag:
		if t.empty {
			return nil
		}
		switch {
		case t.depth == c.base+1 && t.is("r"):
			c.rich = true
		case t.depth == c.base+1 && t.is("rPh"):
			c.phonet = true
		case t.is("t") && !c.phonet && (t.depth == c.base+1 || t.depth == c.base+2 && c.rich):
			c.reading = true
		}
	case endTag:
		c.reading = false
		if t.depth == c.base+1 {
			c.phonet = false
		}
	}
	return nil
}

// whole takes all tokens up to the end of the element at this depth.
func (c *textCollector) whole(tz *tokenizer, depth int) error {
	c.begin(depth)
	for {
		t, err := tz.next()
		if err != nil {
			return tz.noEOF(err)
		}
		if t.kind == endTag && t.depth == depth {
			return nil
		}
		if err := c.take(t); err != nil {
			return err
		}
	}
}
