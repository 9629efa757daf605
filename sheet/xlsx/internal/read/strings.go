package read

import (
	"bytes"
	"io"
	"strconv"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// stringTable holds the shared strings of a workbook. Their characters lie end to end in
// long strings, of which every entry is a slice. An entry is eight bytes without a pointer, so
// millions of them cost little memory and nothing in the garbage collector.
type stringTable struct {
	chunks  []string
	entries []stringEntry
	filling []byte // the chunk that is being filled
	missing string // the missing part that should hold them, or ""
}

// stringEntry packs where a string is: chunk, offset and length in bytes, and
// whether it consists of formatted runs.
type stringEntry uint64

const (
	chunkSize  = 256 << 10 // bytes
	lengthBits = 20        // of a string
	offsetBits = 19        // within a chunk
	richBit    = 1 << 63
	_          = uint(1<<lengthBits - 1 - xmltok.LongestText) // every text fits
)

// readStrings reads the shared strings table, an empty one if the part is "" or missing: that is an error only if
// a cell needs it.
func readStrings(c *opc.Container, part string) (*stringTable, error) {
	table := &stringTable{}
	if part == "" || c.File(part) == nil {
		table.missing = part
		return table, nil
	}
	tz, err := c.OpenXML(part)
	if err != nil {
		return nil, err
	}
	if err := table.read(tz, c.Limits.Strings); err != nil {
		return nil, err
	}
	return table, nil
}

// read reads all entries of a table with at most limit of them.
func (st *stringTable) read(tz *xmltok.Tokenizer, limit int) error {
	var item TextCollector
	inItem := false
	for {
		t, err := tz.Next()
		if err == io.EOF {
			st.flush()
			st.filling = nil
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case t.Depth == 1 && t.Kind == xmltok.StartTag && !t.Is("sst"):
			return tz.ErrorAt(t, "part-wrong-root")
		case t.Depth == 2 && t.Kind == xmltok.StartTag && t.Is("si"):
			if len(st.entries) == limit {
				return xmltok.NewError("part-many-strings", "part", tz.Part, "expected", strconv.Itoa(limit))
			}
			item.begin(t.Depth)
			inItem = !t.Empty
			if t.Empty {
				st.add(nil, false)
			}
		case t.Depth == 2 && t.Kind == xmltok.EndTag && inItem:
			inItem = false
			st.add(item.Text, item.rich)
		case inItem:
			if err := item.take(t); err != nil {
				return err
			}
		}
	}
}

// add appends one string.
func (st *stringTable) add(text []byte, rich bool) {
	if bytes.Contains(text, []byte("_x")) {
		text = xmltok.AppendUnescapedXString(nil, text)
	}
	if len(st.filling)+len(text) > chunkSize {
		st.flush()
	}
	e := stringEntry(len(st.chunks))<<(lengthBits+offsetBits) | stringEntry(len(st.filling))<<lengthBits | stringEntry(len(text))
	if rich {
		e |= richBit
	}
	st.filling = append(st.filling, text...)
	st.entries = append(st.entries, e)
}

// flush closes the chunk that is being filled.
func (st *stringTable) flush() {
	if len(st.filling) > 0 {
		st.chunks = append(st.chunks, string(st.filling))
		st.filling = st.filling[:0]
	}
}

// at returns the string with an index, and whether it is rich; ok is false if there is none.
func (st *stringTable) at(index int) (text string, rich, ok bool) {
	if index < 0 || index >= len(st.entries) {
		return "", false, false
	}
	e := st.entries[index]
	n := int(e & (1<<lengthBits - 1))
	if n == 0 {
		return "", e&richBit != 0, true
	}
	from := int(e >> lengthBits & (1<<offsetBits - 1))
	chunk := st.chunks[e&^richBit>>(lengthBits+offsetBits)]
	return chunk[from : from+n], e&richBit != 0, true
}

// TextCollector joins the characters of a string item (CT_Rst, ECMA-376 part 1,
// 18.4.8), shared or inline: its plain text or its formatted runs, without their
// phonetic hints.
type TextCollector struct {
	Text []byte // collected so far
	rich bool

	base    int  // depth of the item's element
	phonet  bool // within rPh
	reading bool // within a t that counts
}

// begin starts an item whose element has the given depth.
func (c *TextCollector) begin(depth int) {
	*c = TextCollector{Text: c.Text[:0], base: depth}
}

// take processes one token of the item.
func (c *TextCollector) take(t *xmltok.Token) error {
	switch t.Kind {
	case xmltok.CharData, xmltok.CDATA:
		if !c.reading {
			return nil
		}
		var err error
		if c.Text, err = t.Text(c.Text); err == nil && len(c.Text) > xmltok.LongestText {
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

// ReadItem reads an item up to the end of its element, which is at this depth.
func (c *TextCollector) ReadItem(tz *xmltok.Tokenizer, depth int) error {
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
