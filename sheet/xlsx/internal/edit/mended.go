package edit

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// The colour of a marked cell disappears when the cell is changed. Its condition recognises the cell's content
// by its length and a checksum of its characters: no value is ever written into a formula, since any
// cell may contain personal data.

// markedCell is the content of a marked cell.
type markedCell struct {
	kind   string // of the cell's value (attribute t)
	text   []byte // of its value, as written
	shared int    // index of its shared string; -1 for none
	opaque bool   // it has a formula, or is masked: it cannot have a condition
}

// maxConditions bounds the marked cells with their own condition. Further ones keep their colour until the
// next run.
const maxConditions = 1000

// watchMarked prepares for the cells that get their own condition.
func (s *sheetPatcher) watchMarked() {
	s.marked = map[[2]int]*markedCell{}
	for i := range s.p.Marks {
		if m := &s.p.Marks[i]; len(s.marked) < maxConditions {
			s.marked[[2]int{m.Row, m.Col}] = &markedCell{shared: -1, opaque: s.mask.hides(m.Row, m.Col)}
		}
	}
}

// take processes one token of a marked cell.
func (m *markedCell) take(t *xmltok.Token) {
	switch {
	case t.Kind == xmltok.StartTag && t.Depth == 5 && t.Is("f"):
		m.opaque = true
	case t.Kind == xmltok.CharData || t.Kind == xmltok.CDATA:
		var err error
		if m.text, err = t.Text(m.text); err != nil || len(m.text) > 1<<16 {
			m.opaque, m.text = true, nil
		}
	}
}

// resolveMarked looks up the shared strings of the marked cells. Cells whose text is made
// of formatted runs have the text of all of them.
func (cp *Copier) resolveMarked(marked map[[2]int]*markedCell) error {
	wanted := map[int][]*markedCell{}
	for _, m := range marked {
		if m.kind != "s" {
			continue
		}
		m.opaque = m.opaque || cp.masked != nil
		if index, ok := read.ParseUint(trimmedText(m.text), 1<<31-1); ok && !m.opaque {
			wanted[index] = append(wanted[index], m)
		}
		m.text = nil
	}
	part := cp.book.SharedStrings
	if len(wanted) == 0 || part == "" || cp.File(part) == nil {
		return nil
	}
	tz, err := cp.OpenXML(part)
	if err != nil {
		return err
	}
	var item read.TextCollector
	index := -1
	for t, err := range tz.All() {
		if err != nil {
			return err
		}
		if t.Kind != xmltok.StartTag || t.Depth != 2 || !t.Is("si") {
			continue
		}
		index++
		if len(wanted[index]) == 0 || t.Empty {
			continue
		}
		if err := item.ReadItem(tz, 2); err != nil {
			return err
		}
		for _, m := range wanted[index] {
			m.text, m.shared = slices.Clone(item.Text), index
		}
		if delete(wanted, index); len(wanted) == 0 {
			break
		}
	}
	return nil
}

// condition returns a formula that is true as long as the cell at ref has its current content; "" is always
// true.
func (m *markedCell) condition(ref string) string {
	switch m.kind {
	case "", "n":
		if len(m.text) == 0 && !m.opaque {
			return blankCondition(ref)
		}
		return m.numberCondition(ref)
	case "s", "str", "inlineStr":
	default:
		return ""
	}
	text := xmltok.UnescapeXString(string(m.text))
	switch {
	case m.opaque || m.kind == "s" && m.shared < 0:
		return ""
	case strings.TrimSpace(text) == "":
		return blankCondition(ref)
	}
	return textCondition(ref, text)
}

// blankCondition holds while a cell is blank.
func blankCondition(ref string) string { return "LEN(TRIM(" + ref + "))=0" }

// numberCondition holds while a cell has a number with the same remainder. For a number with more digits than
// a cell can compute with, it holds while the cell has any number.
func (m *markedCell) numberCondition(ref string) string {
	n, err := strconv.ParseFloat(string(trimmedText(m.text)), 64)
	if err != nil || m.opaque {
		return ""
	}
	if n != float64(int64(n)) || n < 0 || n >= 1e9 {
		return "ISNUMBER(" + ref + ")"
	}
	return "ISNUMBER(" + ref + "),MOD(" + ref + "," + strconv.Itoa(checksumBase) + ")=" + strconv.Itoa(int(n)%checksumBase)
}

// checksumBase is the modulus of a checksum, and maxSummed how many characters of a text are summed up: only
// ASCII ones, since the codes of others differ between systems.
const (
	checksumBase = 997
	maxSummed    = 40
)

// textCondition holds while a text has the same length and checksum.
func textCondition(ref, text string) string {
	units, sum, summed := 0, 0, 0
	var terms strings.Builder
	for _, r := range text {
		if units++; r < ' ' || r > 0xFFFF || r == utf8.RuneError {
			return "" // programs count it differently
		}
		if r > '~' || summed == maxSummed {
			continue
		}
		summed++
		sum += int(r) * units
		if terms.Len() > 0 {
			terms.WriteByte('+')
		}
		n := strconv.Itoa(units)
		terms.WriteString("CODE(MID(" + ref + "," + n + ",1))*" + n)
	}
	length := "LEN(" + ref + ")=" + strconv.Itoa(units)
	if summed == 0 {
		return length
	}
	base := strconv.Itoa(checksumBase)
	return length + ",MOD(" + terms.String() + "," + base + ")=" + strconv.Itoa(sum%checksumBase)
}
