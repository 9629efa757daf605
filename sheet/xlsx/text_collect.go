package xlsx

import (
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

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
func (c *textCollector) take(t *xmltok.Token) error {
	switch t.Kind {
	case xmltok.CharData, xmltok.CDATA:
		if !c.reading {
			return nil
		}
		var err error
		if c.text, err = t.Text(c.text); err == nil && len(c.text) > xmltok.LongestText {
			return t.Invalid("part-token-long")
		}
		return err
	case xmltok.StartTag:
		if t.Empty {
			return nil
		}
		switch {
		case t.Depth == c.base+1 && t.Is("r"):
			c.rich = true
		case t.Depth == c.base+1 && t.Is("rPh"):
			c.phonet = true
		case t.Is("t") && !c.phonet && (t.Depth == c.base+1 || t.Depth == c.base+2 && c.rich):
			c.reading = true
		}
	case xmltok.EndTag:
		c.reading = false
		if t.Depth == c.base+1 {
			c.phonet = false
		}
	}
	return nil
}

// whole takes all tokens up to the end of the element at this depth.
func (c *textCollector) whole(tz *xmltok.Tokenizer, depth int) error {
	c.begin(depth)
	for {
		t, err := tz.Next()
		if err != nil {
			return tz.NoEOF(err)
		}
		if t.Kind == xmltok.EndTag && t.Depth == depth {
			return nil
		}
		if err := c.take(t); err != nil {
			return err
		}
	}
}
