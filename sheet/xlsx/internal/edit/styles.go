package edit

import (
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// styleList is one list of the styles part, in the order that CT_Stylesheet requires
// (ECMA-376 part 1, 18.8.39).
type styleList uint8

const (
	numFmtsList styleList = iota
	fontsList
	fillsList
	bordersList
	cellStyleXfsList
	cellXfsList
	cellStylesList
	dxfsList
	afterLists // tableStyles, colors, extLst
	notAList
)

var listNames = [...]struct{ list, child string }{
	{"numFmts", "numFmt"}, {"fonts", "font"}, {"fills", "fill"}, {"borders", "border"},
	{"cellStyleXfs", "xf"}, {"cellXfs", "xf"}, {"cellStyles", "cellStyle"}, {"dxfs", "dxf"},
}

// listOf returns which list an element of the second level is.
func listOf(t *xmltok.Token) styleList {
	if !t.Space.Main() {
		return notAList
	}
	for i := range listNames {
		if string(t.Local) == listNames[i].list {
			return styleList(i)
		}
	}
	return afterLists
}

// rememberChildren bounds how many entries of a list are compared with the wanted ones; an equal entry beyond
// them is added again, which does no harm.
const rememberChildren = 4096

// styleContent is the content of a styles part that matters for additions. The children are counted, since the
// lists' own counts may be wrong or missing.
type styleContent struct {
	prefix string                     // of the elements, x: or nothing
	lists  [afterLists]int            // how often each list is there: at most once, except in odd files
	counts [afterLists]int            // of the entries
	known  [afterLists]map[string]int // the first entries, verbatim, with their index
	font   []byte                     // the first font, verbatim

	formats map[string]string // IDs of number formats, by code
	highest int               // of these IDs
}

// stylePatch is what is added to a styles part: entries of its lists, and the indexes of
// the resulting cell formats and differential formats.
type stylePatch struct {
	lists [afterLists]int // as in styleContent
	added [afterLists][]string
	sums  [afterLists]int // entries of each list, including the added ones
	cells [styleCount]int // cell format by sheet.Style, in added sheets: wrapped
	bound [styleCount]int // the same beside the user's data, whose rows keep their height: not wrapped
	marks [styleCount]int // differential format of marks by sheet.Style: StyleBad and StyleWarn
	shade [styleCount]int // differential format of shades by sheet.Style
	wrap  int             // cell format of plain text beside the user's data that is wrapped
	date  int             // cell format of dates beside the user's data
	dates int             // cell format of dates in added sheets
}

// beside returns the cell format of a cell beside the user's data.
func (p *stylePatch) beside(c *sheet.PutCell, wrap bool) int {
	switch {
	case !c.Time.IsZero():
		return p.date
	case wrap && c.Style == sheet.StylePlain:
		return p.wrap
	}
	return p.bound[c.Style]
}

// within returns the cell format of a cell of an added sheet.
func (p *stylePatch) within(c *sheet.PutCell) int {
	if !c.Time.IsZero() {
		return p.dates
	}
	return p.cells[c.Style]
}

const styleCount = int(sheet.StyleTitle) + 1

// scanStyles reads a styles part.
func scanStyles(tz *xmltok.Tokenizer) (*styleContent, error) {
	s := &styleContent{}
	list := notAList
	var held []byte
	var alternatives xmltok.Alternatives
	for t, err := range tz.All() {
		if err != nil {
			return nil, err
		}
		depth := alternatives.Depth(tz, t)
		switch {
		case t.Kind != xmltok.StartTag:
		case t.Depth == 1 && !t.Is("styleSheet"):
			return nil, tz.ErrorAt(t, "part-wrong-root")
		case t.Depth == 1:
			s.prefix = t.Prefixed()
		case depth == 2:
			if list = listOf(t); list < afterLists {
				s.lists[list]++
			}
		case depth == 3 && list < afterLists && t.Is(listNames[list].child):
			if list == numFmtsList {
				s.format(t)
			}
			if held, err = tz.Capture(held[:0], t); err != nil {
				return nil, err
			}
			s.count(list, held, !alternatives.Within())
		}
	}
	return s, nil
}

// format remembers a number format.
func (s *styleContent) format(t *xmltok.Token) {
	var bad bool
	id := t.Value("numFmtId", &bad)
	n, err := strconv.Atoi(id)
	if err != nil || n < 0 || n > 1<<30 {
		return
	}
	if s.formats == nil {
		s.formats = map[string]string{}
	}
	if code := t.Value("formatCode", &bad); s.formats[code] == "" {
		s.formats[code] = id
	}
	s.highest = max(s.highest, n)
}

// dateFormat shows a date in the same, sortable form everywhere.
const dateFormat = "yyyy\\-mm\\-dd\\ hh:mm:ss"

// wantFormat returns the ID of the number format of dates, which is added unless the
// workbook has it. IDs below 164 are reserved (18.8.30).
func (p *stylePatch) wantFormat(s *styleContent) string {
	if id := s.formats[dateFormat]; id != "" {
		return id
	}
	s.highest = max(s.highest, 163) + 1
	id := strconv.Itoa(s.highest)
	p.want(s, numFmtsList, "<"+s.prefix+`numFmt numFmtId="`+id+`" formatCode="`+dateFormat+`"/>`)
	return id
}

// count counts one entry of a list, and remembers it if it may be used again.
func (s *styleContent) count(list styleList, raw []byte, again bool) {
	n := s.counts[list]
	s.counts[list]++
	if list == fontsList && n == 0 {
		s.font = append([]byte(nil), raw...)
	}
	if n >= rememberChildren || !again {
		return
	}
	if s.known[list] == nil {
		s.known[list] = map[string]int{}
	}
	if _, twice := s.known[list][string(raw)]; !twice {
		s.known[list][string(raw)] = n
	}
}

// want returns the index of an entry, which is added unless the list already has it, so copies of copies do not
// grow.
func (p *stylePatch) want(s *styleContent, list styleList, raw string) int {
	if n, ok := s.known[list][raw]; ok {
		return n
	}
	n := s.counts[list]
	s.counts[list]++
	if s.known[list] == nil {
		s.known[list] = map[string]int{}
	}
	s.known[list][raw] = n
	p.added[list] = append(p.added[list], raw)
	return n
}

// rewriteStyles copies a styles part with its additions.
func rewriteStyles(e *xmltok.Editor, prefix string, p *stylePatch) error {
	next := styleList(0) // the lists before it are written
	left := p.lists      // lists to come: entries are added to the last of them
	var alternatives xmltok.Alternatives
	for t, err := range e.Tokens.All() {
		if err != nil {
			return err
		}
		depth := alternatives.Depth(e.Tokens, t)
		switch {
		case t.Depth == 1 && t.Kind == xmltok.StartTag && t.Empty:
			e.Fill(t, p.missing(prefix, next, afterLists))
		case t.Depth == 1 && t.Kind == xmltok.EndTag:
			e.Put(p.missing(prefix, next, afterLists))
			e.Keep(t)
		case depth == 2 && t.Kind == xmltok.StartTag && listOf(t) != notAList:
			list := listOf(t)
			e.Put(p.missing(prefix, next, list))
			next = max(next, min(list+1, afterLists))
			if list < afterLists {
				left[list]--
			}
			if list == afterLists || len(p.added[list]) == 0 || left[list] > 0 {
				e.Keep(t)
			} else if err := p.extend(e, t, list); err != nil {
				return err
			}
		default:
			e.Keep(t)
		}
	}
	return e.Finish()
}

// missing returns the lists from next up to, not including, before that get entries and
// that the part does not have.
func (p *stylePatch) missing(prefix string, next, before styleList) (lists string) {
	for list := next; list < before; list++ {
		if len(p.added[list]) == 0 || p.lists[list] > 0 {
			continue
		}
		name := prefix + listNames[list].list
		lists += "<" + name + ` count="` + strconv.Itoa(len(p.added[list])) + `">` + p.entries(list) + "</" + name + ">"
	}
	return lists
}

// extend copies the list whose start tag is t and adds the new entries.
func (p *stylePatch) extend(e *xmltok.Editor, t *xmltok.Token, list styleList) error {
	count := xmltok.WithAttr("count", strconv.Itoa(p.sums[list]))
	if t.Empty {
		e.Fill(t, p.entries(list), count)
		return nil
	}
	e.Change(t, count)
	end := t.Depth
	for {
		t, err := e.Tokens.Next()
		if err != nil {
			return e.Tokens.NoEOF(err)
		}
		if t.Kind == xmltok.EndTag && t.Depth == end {
			e.Put(p.entries(list))
			e.Keep(t)
			return nil
		}
		e.Keep(t)
	}
}

func (p *stylePatch) entries(list styleList) string { return strings.Join(p.added[list], "") }

// planStyles adds the formats of the new cells. A workbook without styles gets the part, under the name in its
// relationship if only the part is missing.
func (cp *Copier) planStyles() error {
	part := cp.book.Styles
	exists := part != "" && cp.File(part) != nil
	tz := xmltok.New(strings.NewReader(blankStyles(cp.spaces.main)), "styles")
	if exists {
		var err error
		if tz, err = cp.OpenXML(part); err != nil {
			return err
		}
	}
	content, err := scanStyles(tz)
	if err != nil {
		return err
	}
	if cp.styles, err = newStylePatch(content); err != nil {
		return err
	}
	rewrite := func(e *xmltok.Editor) error { return rewriteStyles(e, content.prefix, cp.styles) }
	switch {
	case exists:
		cp.edited(part, rewrite)
		return nil
	case part != "": // the relationship is there, and perhaps the type
		cp.typed(part, stylesType)
	default:
		dir := path.Dir(cp.book.Part)
		if part = path.Join(dir, "styles.xml"); !cp.reserve(part, stylesType) { // some programs look only for this name
			part = cp.newPart(dir, "styles", ".xml", stylesType)
		}
		cp.bookRels.add(cp.spaces.rel+"/styles", relTarget(cp.book.Part, part))
	}
	cp.addPart(part, func(w io.Writer) error {
		return rewrite(xmltok.NewEditor(xmltok.New(strings.NewReader(blankStyles(cp.spaces.main)), "styles"), w))
	})
	return nil
}
